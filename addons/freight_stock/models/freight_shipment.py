from odoo import _, api, fields, models
from odoo.addons.freight_canonical import db
from odoo.addons.freight_canonical.documents import iso_utc
from odoo.addons.freight_canonical.models.freight_shipment_release import CHANGEABLE

#: Shipments that one run of the releasing cron takes.
RELEASE_AT_ONCE = 500


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    picking_ids = fields.One2many(
        "stock.picking", "freight_shipment_id", string="Transfers", readonly=True
    )
    picking_count = fields.Integer(compute="_compute_picking_count")
    release_due = fields.Datetime(
        string="Release on",
        copy=False,
        index="btree_not_null",
        help="Until then further orders may join this draft. Empty: a person releases it.",
    )
    consolidation_key = fields.Char(readonly=True, copy=False, index="btree_not_null")
    order_basis = fields.Json(readonly=True, copy=False)
    release_warning = fields.Text(compute="_compute_release_warning")

    @api.model
    def _guarded(self):
        return super()._guarded() | {"consolidation_key", "order_basis"}

    @api.depends("picking_ids")
    def _compute_picking_count(self):
        for shipment in self:
            shipment.picking_count = len(shipment.picking_ids)

    @api.depends("transport_state", "picking_ids")
    def _compute_release_warning(self):
        """Say what of the transfers' goods and places the carrier will ask for."""
        for shipment in self:
            pickings = shipment.sudo().picking_ids.filtered(lambda one: one.state != "cancel")
            asked = shipment._is_changeable() and pickings
            shipment.release_warning = "\n".join(pickings._freight_warnings()) if asked else False

    def _is_changeable(self):
        """Return whether orders still change this shipment: it has not left its pickup."""
        self.ensure_one()
        return self.transport_state in ("draft", *CHANGEABLE)

    def _is_cancelled(self):
        """Return whether this shipment came to nothing: cancelled, with or without a charge."""
        self.ensure_one()
        return self.transport_state == "cancelled" or self.vehicle_not_used

    @api.model
    def _cron_release(self):
        """Release the drafts whose time has come; what fails is a case and holds up nobody."""
        due = self.search(
            [("transport_state", "=", "draft"), ("release_due", "<=", fields.Datetime.now())],
            limit=RELEASE_AT_ONCE,
            order="release_due, id",
        )
        due._release_or_report()
        if len(due) == RELEASE_AT_ONCE:
            self.env.ref("freight_stock.cron_release_shipments")._trigger()

    def _release_what_is_due(self):
        """Release those of these drafts that wait for nothing."""
        now = fields.Datetime.now()
        self.filtered(lambda one: one.release_due and one.release_due <= now)._release_or_report()

    def _release_or_report(self):
        """Release these shipments together; where that fails, find the one that fails."""
        if not self:
            return
        try:
            with self.env.cr.savepoint():
                self.action_release()
        except Exception as error:
            if db.is_conflict(error):
                raise
            if len(self) > 1:
                half = len(self) // 2
                self[:half]._release_or_report()
                self[half:]._release_or_report()
                return
            self.release_due = False
            self.picking_ids._freight_case_of_failure(self, error)

    def _trace_nodes(self):
        """Add the transfers that the shipment moves."""
        pickings = self._trace_records("stock.picking", [("freight_shipment_id", "=", self.id)])
        states = dict(pickings._fields["state"]._description_selection(self.env))
        return super()._trace_nodes() + [
            {
                "stage": "transfer",
                "model": picking._name,
                "res_id": picking.id,
                "title": picking.name,
                "subtitle": picking.partner_id.name,
                "time": iso_utc((picking.date_done or picking.create_date).replace(microsecond=0)),
                "amount": None,
                "state": states.get(picking.state),
                "trace_id": None,
                "parent": None,
            }
            for picking in pickings
        ]

    def action_open_pickings(self):
        """Open the transfers of this shipment."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": _("Transfers"),
            "res_model": "stock.picking",
            "view_mode": "tree,form",
            "domain": [("freight_shipment_id", "=", self.id)],
        }
