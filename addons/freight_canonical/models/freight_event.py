from collections import defaultdict

from odoo import _, api, fields, models

from ..documents import iso_utc
from ..evidence import Event, standing


class FreightEvent(models.Model):
    """The append-only ledger of what happened. The identity of a row is (source, its event id).

    Three times: ``occurred`` decides state and cut-off; ``received`` and ``recorded`` tell how it
    came here. No personal data, no counter, no reference to users or partners, so that nothing
    ever needs to change a row; what changes lies beside it.
    """

    _name = "freight.event"
    _description = "Freight Event"
    _inherit = "freight.append.only"
    _order = "occurred desc, id desc"
    _rec_name = "type_id"
    _log_access = False

    uuid = fields.Char(required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, ondelete="restrict", index=True)
    shipment_id = fields.Many2one(
        "freight.shipment", required=True, ondelete="restrict", index=True
    )
    stop_id = fields.Many2one("freight.stop", ondelete="restrict")
    type_id = fields.Many2one("freight.event.type", required=True, ondelete="restrict")
    type_code = fields.Char(required=True, readonly=True)
    kind = fields.Selection(related="type_id.kind")
    classifier = fields.Selection(
        [("planned", "Planned"), ("estimated", "Estimated"), ("actual", "Actual")], required=True
    )
    occurred = fields.Datetime(required=True, index=True)
    reported = fields.Datetime(required=True, help="When the source said so.")
    received = fields.Datetime(required=True)
    recorded = fields.Datetime(required=True)
    reason_id = fields.Many2one("freight.exception.reason", ondelete="restrict")
    raw_code = fields.Char(string="Code as sent")
    raw_reason = fields.Char(string="Reason as sent")
    source_id = fields.Many2one("freight.system", required=True, ondelete="restrict")
    source_event_id = fields.Char(required=True)
    quantity = fields.Float()
    city = fields.Char()
    state_code = fields.Char(string="State")
    zip = fields.Char(string="ZIP")
    country_code = fields.Char(string="Country")
    locode = fields.Char(string="UN/LOCODE")
    equipment = fields.Char()
    retracts = fields.Char(help="Event id, of the same source, that this one takes back.")
    corrects = fields.Char(help="Event id, of the same source, that this one replaces.")
    trace_id = fields.Char(index=True)
    goods_ids = fields.One2many("freight.event.goods", "event_id")
    duplicate_count = fields.Integer(compute="_compute_duplicate_count")
    counts = fields.Boolean(compute="_compute_counts", help="Neither retracted nor a repeat.")

    _sql_constraints = [
        ("identity", "unique(source_id, source_event_id)", "This source sent this event before."),
    ]

    def init(self):
        """Make the index that the ORM cannot declare, and guard the ledger."""
        self._index_by_source()
        return super().init()

    def _index_by_source(self):
        """Make the index by which the ledger is read for one system, newest first."""
        self.env.cr.execute(
            """
            CREATE INDEX IF NOT EXISTS freight_event_source_recorded
                ON freight_event (source_id, recorded, company_id, type_code)
            """
        )

    def _compute_duplicate_count(self):
        tallies = self.env["freight.event.tally"].search([("event_id", "in", self.ids)])
        counts = {tally.event_id.id: tally.duplicates for tally in tallies}
        for event in self:
            event.duplicate_count = counts.get(event.id, 0)

    def _compute_counts(self):
        ledgers = self._ledgers(self.shipment_id.ids)
        counting = set().union(*map(standing, ledgers.values()))
        for event in self:
            event.counts = event._identity() in counting

    # Reading ------------------------------------------------------------------------------------

    @api.model
    def _ledgers(self, shipment_ids):
        """Return {shipment id: [evidence.Event]} by two queries.

        Reason NS of X12, "normal", is no reason.
        """
        ledgers = defaultdict(list)
        if not shipment_ids:
            return ledgers
        goods = self.env["freight.event.goods"]._by_event(shipment_ids)
        self.env.cr.execute(
            """
            SELECT e.shipment_id, e.id, e.source_id, e.source_event_id,
                   CASE coalesce(m.type_code, e.type_code)
                        WHEN 'unknown' THEN concat('unknown:', e.raw_code)
                        ELSE coalesce(m.type_code, e.type_code) END,
                   e.classifier, coalesce(m.occurred, e.occurred), e.reported,
                   CASE WHEN m.id IS NULL THEN e.stop_id ELSE m.stop_id END,
                   e.retracts, e.corrects, e.quantity,
                   nullif(concat_ws(', ', e.city, e.state_code, e.country_code), ''),
                   nullif(r.code, 'normal'), s.quantities = 'running'
              FROM freight_event e
              JOIN freight_system s ON s.id = e.source_id
              LEFT JOIN freight_event_reading m ON m.event_id = e.id
              LEFT JOIN freight_exception_reason r
                ON r.id = CASE WHEN m.id IS NULL THEN e.reason_id ELSE m.reason_id END
             WHERE e.shipment_id IN %s
            """,
            [tuple(shipment_ids)],
        )
        for shipment, event_id, *values in self.env.cr.fetchall():
            ledgers[shipment].append(Event(*values, goods.get(event_id, ())))
        return ledgers

    def _trace_node(self):
        """Return this event as a node of the trace page."""
        self.ensure_one()
        classifier = dict(self._fields["classifier"]._description_selection(self.env))
        place = ", ".join(filter(None, (self.city, self.state_code, self.country_code)))
        return {
            "stage": "event",
            "model": self._name,
            "res_id": self.id,
            "title": self.type_id.name,
            "subtitle": " · ".join(
                filter(None, (classifier[self.classifier], place, self.source_id.name))
            ),
            "time": iso_utc(self.occurred),
            "amount": None,
            "state": None if self.counts else _("does not count"),
            "trace_id": self.trace_id,
            "parent": None,
        }
