"""What an event of the ledger means by now, where its code was mapped after it was recorded."""

from odoo import api, fields, models
from odoo.tools import SQL

from .. import db

#: Columns of the ledger that a reading stands in for.
READ = ("type_id", "type_code", "reason_id", "stop_id", "occurred")
#: Those that may be empty: there an empty reading counts too.
_NULLABLE = ("reason_id", "stop_id")


class FreightEventReading(models.Model):
    """The meaning that stands for the one recorded: it lies beside the event, which never changes.

    A reading exists only where it differs from what the ledger says. ``occurred`` is in it since a
    time without an offset is local to the stop, which follows from the type.
    """

    _name = "freight.event.reading"
    _description = "Reading of a Freight Event"
    _inherit = "freight.guarded"
    _rec_name = "event_id"
    _log_access = False

    event_id = fields.Many2one("freight.event", required=True, readonly=True, ondelete="restrict")
    type_id = fields.Many2one(
        "freight.event.type", required=True, readonly=True, ondelete="restrict"
    )
    type_code = fields.Char(required=True, readonly=True)
    reason_id = fields.Many2one("freight.exception.reason", readonly=True, ondelete="restrict")
    stop_id = fields.Many2one("freight.stop", readonly=True, ondelete="restrict")
    occurred = fields.Datetime(required=True, readonly=True)
    since = fields.Datetime(required=True, readonly=True, help="When it was read like this.")

    _sql_constraints = [("event_unique", "unique(event_id)", "One reading for each event.")]

    @api.model
    def _guarded(self):
        return {*self._fields}

    @api.model
    def _keep(self, rows):
        """Let events mean what ``rows`` say; what the ledger says by itself needs no reading.

        :param rows: {event id: tuple in the order of :data:`READ`}
        """
        now = fields.Datetime.now()
        columns = ("event_id", *READ, "since")
        db.insert_rows(
            self.env.cr,
            self._table,
            columns,
            [(event, *rows[event], now) for event in sorted(rows)],
            conflict="(event_id) DO UPDATE SET "
            + ", ".join(f"{name} = excluded.{name}" for name in columns[1:]),
        )
        self.env.cr.execute(
            """
            DELETE FROM freight_event_reading m USING freight_event e
             WHERE m.event_id = e.id AND e.id = ANY(%s)
               AND (m.type_id, m.type_code) = (e.type_id, e.type_code)
               AND m.reason_id IS NOT DISTINCT FROM e.reason_id
            """,
            [list(rows)],
        )
        self.invalidate_model()
        self.env["freight.event"].invalidate_model()
        self.env["freight.shipment"].invalidate_model(["event_ids", "reconsignment_ids"])


class FreightEvent(models.Model):
    """Whoever reads an event gets what it means by now; the columns keep what was recorded.

    A search or group by type, reason or stop goes by the meaning as well. By ``occurred`` it goes
    by the ledger's own column, which has the index.
    """

    _inherit = "freight.event"

    reading_ids = fields.One2many("freight.event.reading", "event_id", string="Read again as")

    def _field_to_sql(self, alias, fname, query=None):
        told = super()._field_to_sql(alias, fname, query)
        if fname not in READ or fname == "occurred" and not self.env.context.get("freight_fetch"):
            return told
        reading = query.left_join(alias, "id", "freight_event_reading", "event_id", "reading")
        meant = SQL.identifier(reading, fname)
        if fname in _NULLABLE:
            unread = SQL("%s IS NULL", SQL.identifier(reading, "id"))
            return SQL("(CASE WHEN %s THEN %s ELSE %s END)", unread, told, meant)
        return SQL("COALESCE(%s, %s)", meant, told)

    def _fetch_query(self, query, fields):
        reader = self.with_context(freight_fetch=True)
        return super(FreightEvent, reader)._fetch_query(query, fields).with_env(self.env)
