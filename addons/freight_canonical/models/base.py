from odoo import models


class Base(models.AbstractModel):
    _inherit = "base"

    def export_data(self, fields_to_export):
        """Export; of the suite's records it is recorded who took what."""
        result = super().export_data(fields_to_export)
        if self._name.startswith("freight."):
            self.env["freight.audit"]._note_set(
                "export", self, after={"fields": list(fields_to_export)}, stream="access"
            )
        return result
