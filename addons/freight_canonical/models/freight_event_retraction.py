"""What people reported by hand they can take back; other reports are their sources' to retract."""

from odoo import Command, _, api, fields, models
from odoo.exceptions import UserError

BY_HAND = "manual:"


class FreightEvent(models.Model):
    _inherit = "freight.event"

    by_hand = fields.Boolean(compute="_compute_by_hand")

    def _compute_by_hand(self):
        for event in self:
            event.by_hand = (event.source_event_id or "").startswith(BY_HAND)

    def action_retract(self):
        """Take back what was reported by hand, and say in the shipment's log who did.

        :raise AccessError: for who may not write the shipment
        :raise UserError: for what a message brought, or what does not count any more
        """
        for event in self:
            shipment = event.shipment_id
            shipment._check_may_write()
            if not event.by_hand or not event.counts:
                raise UserError(
                    _(
                        "Only what was reported by hand and still counts can be taken back here. "
                        "Ask %s to retract or correct its report.",
                        event.source_id.name,
                    )
                )
            shipment._note_reporter()
            shipment._record_own("retraction", event.source_event_id, event.source_event_id)
            shipment.message_post(body=_("Taken back: %s, reported by hand.", event.type_id.name))


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    reporter_ids = fields.Many2many(
        "res.users",
        "freight_shipment_reporter_rel",
        string="Reported by hand by",
        readonly=True,
        copy=False,
        help="Who reported by hand what happened, or took it back. Somebody else approves the "
        "bills that rest on it.",
    )

    @api.model
    def _guarded(self):
        return super()._guarded() | {"reporter_ids"}

    def _note_reporter(self):
        """Keep beside the ledger, which names no person, who reports here."""
        self.sudo().reporter_ids = [Command.link(self.env.uid)]
