"""What people do with a shipment: each action is an event of which Odoo is the source."""

from datetime import timedelta

from odoo import _, api, fields, models
from odoo.exceptions import UserError

from ..lifecycle import DEVIATIONS

#: Finished shipments that one run of the closing cron takes.
CLOSE_AT_ONCE = 500


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    def action_release(self):
        """Price the shipments and hand them to the TMS.

        :raise AccessError: for who may not write shipments
        :raise UserError: when a shipment is not a draft or lacks a pickup or a delivery stop
        """
        self._check_may_write()
        for shipment in self:
            shipment._check_releasable()
        self._estimate_charges()
        self._record_own("released")
        self.env["freight.emitter"]._emit("shipment.released", self, type(self)._release_body)

    def action_cancel(self):
        """Cancel what has not left its pickup yet, and tell the TMS.

        After dispatch the vehicle was ordered and is not used, and the carrier may charge that.

        :raise AccessError: for who may not write shipments
        :raise UserError: when goods are already on their way
        """
        self._check_may_write()
        cancellable = DEVIATIONS["cancelled"]
        late = self.filtered(lambda shipment: shipment.transport_state not in cancellable)
        if late:
            raise UserError(
                _(
                    "%s left its pickup or is finished: a shipment can be cancelled only before. "
                    "Ask the carrier to bring the goods back, or to reconsign them.",
                    ", ".join(late.mapped("name")),
                )
            )
        known = self.filtered(lambda shipment: shipment.transport_state != "draft")
        self._record_own("cancelled", fields.Datetime.now().isoformat())
        self.env["freight.emitter"]._emit("shipment.cancelled", known, type(self)._release_body)

    def action_close(self):
        """Close what is delivered, refused or returned: nothing more is expected of it.

        :raise AccessError: for who may not write shipments
        :raise UserError: while goods are still to be moved
        """
        self._check_may_write()
        self._record_closing()

    def _record_closing(self):
        unfinished = self.filtered(
            lambda shipment: shipment.transport_state not in DEVIATIONS["closed"]
        )
        if unfinished:
            raise UserError(
                _(
                    "%s is not finished: a shipment is closed when its goods are delivered, "
                    "refused or returned. Cancel it if it is not to happen.",
                    ", ".join(unfinished.mapped("name")),
                )
            )
        self._record_own("closed", fields.Datetime.now().isoformat())

    def action_reopen(self):
        """Take the closing back; the shipment is again where its events left it.

        :raise AccessError: for who may not write shipments
        :raise UserError: when it is not closed, or was closed by a carrier's cancellation
        """
        self._check_may_write()
        for shipment in self:
            closing = shipment._closing_of_ours()
            if not closing:
                raise UserError(
                    _(
                        "%s was not closed here. Only who reported the cancellation that ended it "
                        "can take it back.",
                        shipment.name,
                    )
                )
            shipment._record_own("retraction", closing.source_event_id, closing.source_event_id)

    def _closing_of_ours(self):
        """Return the event by which Odoo closed this shipment, none if it did not."""
        self.ensure_one()
        if self.transport_state != "closed":
            return self.env["freight.event"]
        return self.env["freight.event"].search(
            [
                ("shipment_id", "=", self.id),
                ("source_id", "=", self.env.ref("freight_canonical.system_odoo").id),
                ("type_code", "=", "cancelled" if self.vehicle_not_used else "closed"),
            ],
            limit=1,
        )

    @api.model
    def _cron_close(self):
        """Close delivered shipments that have been quiet for as long as their company says."""
        for company in self.env["res.company"].search([("freight_close_after", ">", 0)]):
            finished = self.search(self._finished_domain(company), limit=CLOSE_AT_ONCE, order="id")
            if finished:
                finished._record_closing()
            if len(finished) == CLOSE_AT_ONCE:
                self.env.ref("freight_canonical.cron_close_shipments")._trigger()

    @api.model
    def _finished_domain(self, company):
        """Return the domain of shipments of ``company`` that nobody needs to look at any more."""
        quiet = fields.Datetime.now() - timedelta(days=company.freight_close_after)
        return [
            ("company_id", "=", company.id),
            ("transport_state", "=", "delivered"),
            ("actual_delivery", "<", quiet),
            ("exception_ids", "not any", [("state", "=", "open")]),
        ]

    def _check_may_write(self):
        """The ledger is appended past the ORM, which would ask this."""
        self.check_access_rights("write")
        self.check_access_rule("write")

    def _check_releasable(self):
        self.ensure_one()
        if self.transport_state != "draft":
            raise UserError(_("%s was released already.", self.name))
        roles = set(self.stop_ids.mapped("role"))
        if not {"pickup", "delivery"} <= roles:
            raise UserError(
                _("%s needs a pickup and a delivery stop before it can be released.", self.name)
            )

    def _record_own(self, event_type, occasion=None, retracts=None):
        """Append an event of ``event_type`` that Odoo itself is the source of.

        :param occasion: what tells it from others of its type, if a shipment may have several
        :param retracts: the id of the event of Odoo's own that it takes back
        """
        now = fields.Datetime.now()
        system = self.env.ref("freight_canonical.system_odoo")
        suffix = f":{occasion}" if occasion else ""
        self.env["freight.event"]._append(
            [
                {
                    "shipment_id": shipment.id,
                    "company_id": shipment.company_id.id,
                    "type_code": event_type,
                    "classifier": "actual",
                    "occurred": now,
                    "received": now,
                    "source_id": system.id,
                    "source_event_id": f"{event_type}:{shipment.id}{suffix}",
                    "retracts": retracts,
                    "trace_id": shipment.trace_id,
                }
                for shipment in self
            ]
        )
