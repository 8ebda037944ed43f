"""Who offered a load to whom, what carriers answered, and who decided on it."""

from odoo import models


class FreightTender(models.Model):
    _inherit = "freight.tender"

    def _send(self):
        result = super()._send()
        self._note_money("send")
        return result

    def action_confirm(self):
        """Agree to what the carrier asks for, and record who did."""
        result = super().action_confirm()
        self._note_money("confirm", role="approved")
        return result

    def action_refuse(self):
        """Refuse what the carrier asks for, and record who did."""
        result = super().action_refuse()
        self._note_money("refuse", role="approved")
        return result

    def action_honour(self):
        """Book who accepted late, and record who decided it."""
        result = super().action_honour()
        self._note_money("honour", role="approved")
        return result

    def action_withdraw(self):
        """Take tenders back, and record who did."""
        before = {tender.id: tender.state for tender in self.sudo()}
        result = super().action_withdraw()
        moved = self.sudo().filtered(lambda one: one.state != before[one.id])
        moved._note_money("withdraw")
        return result

    def _note_money(self, action, why=None, role="initiated"):
        """Record ``action`` on these tenders: to whom, for what, and what came of it."""
        tenders = self.sudo()
        after = {
            tender.id: {
                "carrier_id": [tender.carrier_id.id, tender.carrier_id.display_name],
                "state": tender.state,
                "offered_charges": tender.offered_text or None,
                "countered_charges": tender.countered_text or None,
            }
            for tender in tenders
        }
        self.env["freight.audit"]._note(
            action, tenders, why=why, after=after, stream="money", role=role
        )
