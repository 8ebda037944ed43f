from odoo import Command, models


class FreightException(models.Model):
    _inherit = "freight.exception"

    def action_resolve(self):
        """Close the cases; who resolves the case of a bill does not approve the bill."""
        result = super().action_resolve()
        keys = [case.dedup_key for case in self if case.code in ("no_shipment", "invoice")]
        ids = [int(key.removeprefix("invoice:")) for key in keys if key.startswith("invoice:")]
        bills = self.env["freight.carrier.invoice"].sudo().browse(ids).exists()
        bills.write({"handler_ids": [Command.link(uid) for uid in bills._person().ids]})
        return result
