from odoo import api, models


class FreightCached(models.AbstractModel):
    """Configuration that workers keep in memory: whoever changes it empties their caches."""

    _name = "freight.cached"
    _description = "Cached Freight Configuration"

    @api.model_create_multi
    def create(self, vals_list):
        """Create, and let every worker forget what it knew."""
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        """Write, and let every worker forget what it knew."""
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        """Delete, and let every worker forget what it knew."""
        self.env.registry.clear_cache()
        return super().unlink()
