import hashlib
import uuid
from collections import defaultdict

from odoo import _, api, fields, models
from odoo.exceptions import UserError
from psycopg2.sql import SQL, Identifier

from .. import db
from ..documents import iso_utc
from ..evidence import Event, standing

#: Columns of the ledger in the order of insertion; what an extension adds comes after them.
COLUMNS = (
    "uuid",
    "company_id",
    "shipment_id",
    "stop_id",
    "type_id",
    "type_code",
    "classifier",
    "occurred",
    "reported",
    "received",
    "recorded",
    "reason_id",
    "raw_code",
    "raw_reason",
    "source_id",
    "source_event_id",
    "quantity",
    "city",
    "state_code",
    "zip",
    "country_code",
    "locode",
    "equipment",
    "retracts",
    "corrects",
    "trace_id",
)


class FreightEvent(models.Model):
    """The append-only ledger of what happened. The identity of a row is (source, its event id).

    Three times: ``occurred`` decides state and cut-off; ``received`` and ``recorded`` tell how it
    came here. No personal data, no counter, no reference to users or partners, so that nothing
    ever needs to change a row; what changes lies beside it.
    """

    _name = "freight.event"
    _description = "Freight Event"
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
        """Guard the ledger in the database itself: not even SQL changes a row unnoticed."""
        self.env.cr.execute(
            """
            CREATE OR REPLACE FUNCTION freight_append_only() RETURNS trigger AS $$
            BEGIN
                RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
                    USING ERRCODE = 'restrict_violation';
            END $$ LANGUAGE plpgsql;
            """
        )
        self._guard_table(self._table)
        self._index_by_source()

    def _index_by_source(self):
        """Make the index by which the ledger is read for one system, newest first."""
        self.env.cr.execute(
            """
            CREATE INDEX IF NOT EXISTS freight_event_source_recorded
                ON freight_event (source_id, recorded, company_id, type_code)
            """
        )

    @api.model
    def _guard_table(self, table):
        """Let the database refuse to change, delete or truncate rows of ``table``."""
        query = SQL(
            """
            DROP TRIGGER IF EXISTS {trigger} ON {table};
            CREATE TRIGGER {trigger}
                BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION freight_append_only();
            """
        ).format(trigger=Identifier(f"{table}_append_only"), table=Identifier(table))
        self.env.cr.execute(query)

    def _compute_duplicate_count(self):
        tallies = self.env["freight.event.tally"].search([("event_id", "in", self.ids)])
        counts = {tally.event_id.id: tally.duplicates for tally in tallies}
        for event in self:
            event.duplicate_count = counts.get(event.id, 0)

    def _compute_counts(self):
        ledgers = self._ledgers(self.shipment_id.ids)
        counting = set().union(*map(standing, ledgers.values()))
        for event in self:
            event.counts = (event.source_id.id, event.source_event_id) in counting

    def write(self, vals):
        """Refuse: nothing in the ledger changes."""
        raise UserError(_("The event ledger is append-only: report a correction instead."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Refuse: nothing leaves the ledger."""
        raise UserError(_("The event ledger is append-only: report a retraction instead."))

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse: see :meth:`_append`."""
        raise UserError(_("Events join the ledger through a message or an action only."))

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
                   CASE e.type_code WHEN 'unknown' THEN concat('unknown:', e.raw_code)
                        ELSE e.type_code END,
                   e.classifier, e.occurred,
                   e.reported, e.stop_id, e.retracts, e.corrects, e.quantity,
                   nullif(concat_ws(', ', e.city, e.state_code, e.country_code), ''),
                   nullif(r.code, 'normal'), s.quantities = 'running'
              FROM freight_event e
              JOIN freight_system s ON s.id = e.source_id
              LEFT JOIN freight_exception_reason r ON r.id = e.reason_id
             WHERE e.shipment_id IN %s
            """,
            [tuple(shipment_ids)],
        )
        for shipment, event_id, *values in self.env.cr.fetchall():
            ledgers[shipment].append(Event(*values, goods.get(event_id, ())))
        return ledgers

    # Appending ----------------------------------------------------------------------------------

    @api.model
    def _append_columns(self):
        """Return the columns that :meth:`_append` writes. Extensions add their own."""
        return COLUMNS

    @api.model
    def _append(self, rows):
        """Add ``rows`` to the ledger as :meth:`_record` does, and fold each shipment once.

        :return: list of event ids in the order of ``rows``, None where it was a duplicate
        """
        result = self._record(rows)
        self._shipments_of(rows)._project()
        return result

    @api.model
    def _shipments_of(self, rows):
        """Return the shipments that ``rows`` are about, in the order of ids."""
        return self.env["freight.shipment"].browse(sorted({row["shipment_id"] for row in rows}))

    @api.model
    def _record(self, rows):
        """Add ``rows`` (values by column; ids for relations) to the ledger, once each.

        Locks the shipments, inserts, counts duplicates and puts the new events on the consumers'
        lists. Whoever calls it folds the shipments once it has kept what else came along.

        :return: list of event ids in the order of ``rows``, None where it was a duplicate
        """
        if not rows:
            return []
        shipments = self._shipments_of(rows)
        self._lock(shipments)
        columns = self._append_columns()
        types = self.env["freight.event.type"]
        now = fields.Datetime.now()
        for row in rows:
            kind = types._by_code(row["company_id"])[row["type_code"]]
            row["type_id"], row["type_code"] = kind.id, kind.counts_as
        self._recognise_expectations(rows)
        for row in rows:
            row.setdefault("uuid", uuid.uuid4().hex)
            row["reported"] = row.get("reported") or row["received"]
            row["recorded"] = now
            row["source_event_id"] = row.get("source_event_id") or self._own_identity(row)
        inserted = db.insert_rows(
            self.env.cr,
            self._table,
            columns,
            [tuple(row.get(column) for column in columns) for row in rows],
            conflict="(source_id, source_event_id) DO NOTHING",
            returning="id, source_id, source_event_id",
        )
        new = {(source, identity): key for key, source, identity in inserted}
        result = [new.pop((row["source_id"], row["source_event_id"]), None) for row in rows]
        self._count_duplicates([row for row, key in zip(rows, result, strict=True) if not key])
        event_ids = [key for key in result if key]
        self._append_goods(rows, result)
        self._append_proofs(rows, result)
        self._append_acceptances(rows, result)
        self.env["freight.consumer"]._fan_out(event_ids)
        self.invalidate_model()
        shipments.invalidate_recordset(["event_ids", "reconsignment_ids"])
        return result

    @api.model
    def _append_goods(self, rows, event_ids):
        """Keep what the new events among ``rows`` say of single goods lines."""
        self.env["freight.event.goods"]._append(
            [
                (event_id, row["shipment_id"], row["company_id"], number, quantity)
                for row, event_id in zip(rows, event_ids, strict=True)
                if event_id
                for number, quantity in row.get("goods") or ()
            ]
        )

    @api.model
    def _append_acceptances(self, rows, event_ids):
        """Keep what tenders were accepted for, beside the ledger."""
        self.env["freight.tender.acceptance"]._append(
            [
                (event_id, row["shipment_id"], row["company_id"], *row["acceptance"])
                for row, event_id in zip(rows, event_ids, strict=True)
                if event_id and row.get("acceptance")
            ]
        )

    def _identity(self):
        """Return what the source calls this event, as the fold knows it."""
        self.ensure_one()
        return (self.source_id.id, self.source_event_id)

    @api.model
    def _append_proofs(self, rows, event_ids):
        """Put who signed beside the ledger: that is personal and stays out of it."""
        self.env["freight.proof"]._append(
            [
                (
                    event_id,
                    row["shipment_id"],
                    row["company_id"],
                    row["proof"].get("signer"),
                    row["occurred"],
                    row["proof"].get("condition"),
                )
                for row, event_id in zip(rows, event_ids, strict=True)
                if event_id and row.get("proof")
            ]
        )

    @api.model
    def _lock(self, shipments):
        """Serialise writers of the same ledgers, in the order of ids."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT id FROM freight_shipment WHERE id IN %s ORDER BY id FOR UPDATE",
            [tuple(shipments.ids)],
        )

    @api.model
    def _recognise_expectations(self, rows):
        """Tell an estimate or plan that is only repeated from one that changes again.

        Where the source gives neither an id nor the time it said so, what equals its newest word
        is that word again. So a sender may push the same estimate as often as it likes, and an
        estimate that returns to an earlier one is news.
        """
        expected = [row for row in rows if _is_bare_expectation(row)]
        if not expected:
            return
        newest = self._newest_expectations({row["shipment_id"] for row in expected})
        for row in sorted(expected, key=lambda row: row["received"]):
            key = _expectation_key(row)
            occurred, identity = newest.get(key, (None, None))
            if occurred == row["occurred"]:
                row["source_event_id"] = identity
            else:
                row["source_event_id"] = self._own_identity({**row, "reported": row["received"]})
                newest[key] = (row["occurred"], row["source_event_id"])

    @api.model
    def _newest_expectations(self, shipment_ids):
        """Return {(source, shipment, stop, type, classifier): (occurred, identity)}."""
        self.env.cr.execute(
            """
            SELECT DISTINCT ON (source_id, shipment_id, stop_id, type_code, classifier)
                   source_id, shipment_id, stop_id, type_code, classifier,
                   occurred, source_event_id
              FROM freight_event
             WHERE shipment_id IN %s AND classifier != 'actual'
             ORDER BY source_id, shipment_id, stop_id, type_code, classifier,
                      reported DESC, id DESC
            """,
            [tuple(shipment_ids)],
        )
        return {tuple(row[:5]): tuple(row[5:]) for row in self.env.cr.fetchall()}

    @api.model
    def _own_identity(self, row):
        """Return an identity for an event that came without: what makes two reports twins."""
        parts = [
            row["shipment_id"],
            row.get("stop_id"),
            row["type_code"],
            row.get("raw_code") if row["type_code"] == "unknown" else None,
            row["classifier"],
            row["occurred"].isoformat(),
            row["reported"].isoformat() if row["classifier"] != "actual" else None,
            row.get("retracts"),
            row.get("corrects"),
            *(row.get("goods") or ()),
        ]
        return "auto:" + hashlib.sha256(repr(parts).encode()).hexdigest()[:40]

    @api.model
    def _count_duplicates(self, rows):
        """Count ``rows`` as repeats of what has their identity; on another shipment it is none."""
        known = self._known_identities(rows)
        found = [(known[_identity(row)], row) for row in rows]
        repeated = [event for (event, shipment), row in found if shipment == row["shipment_id"]]
        if repeated:
            self.env["freight.event.tally"]._count_duplicates(repeated)

    @api.model
    def _known_identities(self, rows):
        """Return {(source id, event id of the source): (event id, shipment id)} of the ledger."""
        if not rows:
            return {}
        self.env.cr.execute(
            "SELECT source_id, source_event_id, id, shipment_id FROM freight_event"
            " WHERE (source_id, source_event_id) IN %s",
            [tuple({_identity(row) for row in rows})],
        )
        return {(source, name): found for source, name, *found in self.env.cr.fetchall()}

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


def _is_bare_expectation(row):
    bare = not row.get("source_event_id") and not row.get("reported")
    return bare and row["classifier"] != "actual"


def _expectation_key(row):
    return (
        row["source_id"],
        row["shipment_id"],
        row.get("stop_id"),
        row["type_code"],
        row["classifier"],
    )


def _identity(row):
    return (row["source_id"], row["source_event_id"])
