import hashlib
import uuid
from collections import defaultdict
from datetime import datetime

import pytz
from odoo import _, api, fields, models
from odoo.exceptions import UserError

from .. import db, lifecycle
from ..documents import APPLIED, DUPLICATE, REFUSED, UNMATCHED, Outcome, iso_utc
from ..references import CARRIER_SIDE, resolve

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
            DROP TRIGGER IF EXISTS freight_event_append_only ON freight_event;
            CREATE TRIGGER freight_event_append_only
                BEFORE UPDATE OR DELETE OR TRUNCATE ON freight_event
                FOR EACH STATEMENT EXECUTE FUNCTION freight_append_only();
            """
        )

    def _compute_duplicate_count(self):
        tallies = self.env["freight.event.tally"].search([("event_id", "in", self.ids)])
        counts = {tally.event_id.id: tally.duplicates for tally in tallies}
        for event in self:
            event.duplicate_count = counts.get(event.id, 0)

    def _compute_counts(self):
        ledgers = self._ledgers(self.shipment_id.ids)
        counting = {
            (event.source, event.source_event_id)
            for ledger in ledgers.values()
            for event in lifecycle.effective(ledger)
        }
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
        """Return {shipment id: [lifecycle.Event]} by one query."""
        ledgers = defaultdict(list)
        if not shipment_ids:
            return ledgers
        self.env.cr.execute(
            """
            SELECT shipment_id, source_id, source_event_id,
                   CASE type_code WHEN 'unknown' THEN concat('unknown:', raw_code)
                        ELSE type_code END,
                   classifier, occurred,
                   reported, stop_id, retracts, corrects, quantity,
                   nullif(concat_ws(', ', city, state_code, country_code), '')
              FROM freight_event WHERE shipment_id IN %s
            """,
            [tuple(shipment_ids)],
        )
        for shipment, *values in self.env.cr.fetchall():
            ledgers[shipment].append(lifecycle.Event(*values))
        return ledgers

    # Appending ----------------------------------------------------------------------------------

    @api.model
    def _append_columns(self):
        """Return the columns that :meth:`_append` writes. Extensions add their own."""
        return COLUMNS

    @api.model
    def _append(self, rows):
        """Add ``rows`` (values by column; ids for relations) to the ledger, once each.

        Locks the shipments, inserts, counts duplicates, puts the new events on the consumers'
        lists and folds each shipment once.

        :return: list of event ids in the order of ``rows``, None where it was a duplicate
        """
        if not rows:
            return []
        shipments = self.env["freight.shipment"].browse(
            sorted({row["shipment_id"] for row in rows})
        )
        self._lock(shipments)
        columns = self._append_columns()
        types = self.env["freight.event.type"]._by_code()
        now = fields.Datetime.now()
        for row in rows:
            row.setdefault("uuid", uuid.uuid4().hex)
            row.setdefault("reported", row["received"])
            row["recorded"] = now
            row["type_id"] = types[row["type_code"]][0]
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
        self.env["freight.consumer"]._fan_out(event_ids)
        self.invalidate_model()
        shipments.invalidate_recordset(["event_ids"])
        shipments._project()
        return result

    @api.model
    def _lock(self, shipments):
        """Serialise writers of the same ledgers, in the order of ids."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT id FROM freight_shipment WHERE id IN %s ORDER BY id FOR UPDATE",
            [tuple(shipments.ids)],
        )

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
            row["reported"].isoformat() if row["classifier"] == "estimated" else None,
            row.get("retracts"),
            row.get("corrects"),
        ]
        return "auto:" + hashlib.sha256(repr(parts).encode()).hexdigest()[:40]

    @api.model
    def _count_duplicates(self, rows):
        if not rows:
            return
        keys = {(row["source_id"], row["source_event_id"]) for row in rows}
        self.env.cr.execute(
            "SELECT id, source_id, source_event_id FROM freight_event"
            " WHERE (source_id, source_event_id) IN %s",
            [tuple(keys)],
        )
        known = {(source, identity): key for key, source, identity in self.env.cr.fetchall()}
        self.env["freight.event.tally"]._count_duplicates(
            [known[row["source_id"], row["source_event_id"]] for row in rows]
        )

    # Canonical documents ------------------------------------------------------------------------

    @api.model
    def _apply_freight_documents(self, documents):
        """Append canonical ``event`` documents. See :mod:`..documents` for the protocol.

        A document may bring the number by which another one of the same set is known, in whatever
        order they came: what found no shipment is looked up again as long as numbers are learned.
        """
        outcomes = {}
        waiting = dict(enumerate(documents))
        while waiting:
            learned = self._apply_pass(waiting, outcomes)
            waiting = {
                position: document
                for position, document in waiting.items()
                if learned and outcomes[position].status == UNMATCHED
            }
        return [outcomes[position] for position in range(len(documents))]

    @api.model
    def _apply_pass(self, documents, outcomes):
        """Apply ``documents`` (by position), fill ``outcomes``, return how many numbers are new."""
        rows = {}
        matches = self._match_shipments(documents.values())
        for (position, document), match in zip(documents.items(), matches, strict=True):
            if isinstance(match, Outcome):
                outcomes[position] = match
            else:
                rows[position] = self._row(document, match)
        applied = []
        for (position, row), event_id in zip(
            rows.items(), self._append(list(rows.values())), strict=True
        ):
            status = APPLIED if event_id else DUPLICATE
            outcomes[position] = Outcome(status, shipment_id=row["shipment_id"])
            if event_id:
                applied.append((documents[position], row))
        learned = self._learn_references(applied)
        self._keep_proofs(applied)
        self._keep_tenders(applied)
        self._raise_exceptions(applied)
        return learned

    @api.model
    def _match_shipments(self, documents):
        """Return for each document its ``freight.shipment``, or the Outcome that says why not."""
        wanted = [self._wanted(document) for document in documents]
        candidates = self.env["freight.reference"]._candidates(set().union(*wanted))
        resolved = [resolve(candidates.get(key, set()) for key in keys) for keys in wanted]
        shipments = self.env["freight.shipment"].browse(
            {found for found, _all in resolved if found}
        )
        by_id = {shipment.id: shipment for shipment in shipments}
        return [
            self._judge_match(document, by_id.get(found, shipments.browse()), several)
            for document, (found, several) in zip(documents, resolved, strict=True)
        ]

    @api.model
    def _wanted(self, document):
        company = document.company.id or None
        return {
            (reference["type"], reference["value"], company)
            for reference in document.data["shipment"]["references"]
        }

    @api.model
    def _judge_match(self, document, shipment, several):
        said = ", ".join(
            f"{reference['type']} {reference['value']}"
            for reference in document.data["shipment"]["references"]
        )
        if not shipment and several:
            names = ", ".join(shipment.browse(sorted(several)).mapped("name"))
            return Outcome(UNMATCHED, _("%(said)s may mean %(names)s.", said=said, names=names))
        if not shipment:
            return Outcome(UNMATCHED, _("No shipment is known as %s.", said))
        if not document.system._may_act_on(shipment):
            return Outcome(
                REFUSED,
                _(
                    "%(system)s may not report on %(shipment)s: it is not one of its own.",
                    system=document.system.name,
                    shipment=shipment.name,
                ),
                shipment_id=shipment.id,
            )
        return shipment

    @api.model
    def _row(self, document, shipment):
        """Return the ledger row of an event ``document`` of ``shipment``."""
        data = document.data
        code = self._type_code(data)
        stop = self._stop(shipment, data, code)
        place = data.get("place") or {}
        occurred = self._utc(data["occurred"], stop, shipment)
        reported = data.get("reported")
        return {
            "company_id": shipment.company_id.id,
            "shipment_id": shipment.id,
            "stop_id": stop.id or None,
            "type_code": code,
            "classifier": data["classifier"],
            "occurred": occurred,
            "reported": self._utc(reported, stop, shipment) if reported else document.received,
            "received": document.received,
            "reason_id": self.env["freight.exception.reason"]._by_code().get(data.get("reason")),
            "raw_code": data.get("raw_code"),
            "raw_reason": data.get("raw_reason"),
            "source_id": document.system.id,
            "source_event_id": data.get("id"),
            "quantity": float(data["quantity"]) if data.get("quantity") else None,
            "city": place.get("city"),
            "state_code": place.get("state"),
            "zip": place.get("zip"),
            "country_code": place.get("country"),
            "locode": place.get("locode"),
            "equipment": data.get("equipment"),
            "retracts": data.get("retracts"),
            "corrects": data.get("corrects"),
            "trace_id": document.trace_id,
        }

    @api.model
    def _type_code(self, data):
        code = data.get("type")
        if code in self.env["freight.event.type"]._by_code():
            return code
        return "retraction" if data.get("retracts") else "unknown"

    @api.model
    def _stop(self, shipment, data, code):
        """Return the stop an event speaks of: by sequence, else the only one of its role."""
        said = data.get("stop") or {}
        stops = shipment.stop_ids
        if said.get("sequence") is not None:
            return stops.filtered(lambda stop: stop.sequence == said["sequence"])[:1]
        role = said.get("role") or self.env["freight.event.type"]._by_code()[code][2]
        if not role:
            return self.env["freight.stop"]
        of_role = stops.filtered(lambda stop: stop.role == role)
        if len(of_role) > 1:
            place = data.get("place") or {}
            of_role = of_role.filtered(lambda stop: _same_place(stop, place))
        return of_role if len(of_role) == 1 else self.env["freight.stop"]

    @api.model
    def _utc(self, text, stop, shipment):
        """Return ``text`` (ISO 8601) as naive UTC; without an offset it is local to the place."""
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        if moment.tzinfo is None:
            zone = pytz.timezone(stop.tz or shipment.company_id.partner_id.tz or "UTC")
            moment = zone.localize(moment)
        return moment.astimezone(pytz.utc).replace(tzinfo=None, microsecond=0)

    # What an event brings along -----------------------------------------------------------------

    @api.model
    def _learn_references(self, applied):
        """Keep the numbers given to a shipment it was matched with; return how many are new."""
        return self.env["freight.reference"]._learn(
            {
                (
                    row["shipment_id"],
                    row["company_id"],
                    reference["type"],
                    reference["value"],
                    document.system.partner_id.id or None,
                )
                for document, row in applied
                for reference in document.data["shipment"]["references"]
                if reference["type"] in CARRIER_SIDE
            }
        )

    @api.model
    def _keep_proofs(self, applied):
        """Put a signer's name on the stop: it is personal and stays out of the ledger.

        The proof of the latest delivery stands, whichever came first.
        """
        for document, row in applied:
            proof = document.data.get("proof")
            stop = self.env["freight.stop"].browse(row["stop_id"])
            if proof and stop and (stop.pod_time or row["occurred"]) <= row["occurred"]:
                stop.write(
                    {
                        "pod_signer": proof.get("signer"),
                        "pod_condition": proof.get("condition"),
                        "pod_time": row["occurred"],
                    }
                )

    @api.model
    def _keep_tenders(self, applied):
        """Take over carrier and charges of the tender acceptance that is in force."""
        accepted = [(doc, row) for doc, row in applied if row["type_code"] == "tender_accepted"]
        if not accepted:
            return
        shipments = self.env["freight.shipment"].browse(
            {row["shipment_id"] for _d, row in accepted}
        )
        ledgers = self._ledgers(shipments.ids)
        scacs = {(doc.data.get("carrier") or {}).get("scac") for doc, _row in accepted} - {None}
        carriers = self.env["res.partner"]._freight_carriers_by_scac(scacs)
        codes = {code.code: code for code in self.env["freight.charge.code"].search([])}
        for document, row in accepted:
            state = lifecycle.fold(ledgers[row["shipment_id"]])
            if state.acceptance != (row["source_id"], row["source_event_id"]):
                continue
            shipment = shipments.browse(row["shipment_id"])
            carrier = carriers.get((document.data.get("carrier") or {}).get("scac"))
            if carrier:
                shipment.carrier_id = carrier
            shipment._take_tendered_charges(document, codes)
        shipments._carrier_known()

    @api.model
    def _raise_exceptions(self, applied):
        """Open cases for what went wrong; unknown codes once for each source and code."""
        cases = {
            "delayed": ("delay", "warning", _("Delay reported.")),
            "damaged": ("damage", "critical", _("Damage reported.")),
            "short": ("shortage", "critical", _("Shortage reported.")),
            "refused": ("refusal", "critical", _("The consignee refused the goods.")),
        }
        for document, row in applied:
            shipment = self.env["freight.shipment"].browse(row["shipment_id"])
            if row["type_code"] in cases:
                code, severity, text = cases[row["type_code"]]
                case = self.env["freight.exception"]._raise_case(
                    code, f"shipment:{shipment.id}", text, shipment=shipment, severity=severity
                )
                if row["reason_id"]:
                    case.reason_id = row["reason_id"]
            elif row["type_code"] == "unknown":
                self.env["freight.exception"]._raise_case(
                    "unknown_code",
                    f"{document.system.code}:{row['raw_code']}",
                    _(
                        "%(system)s sends status code %(code)s, which no code map knows.",
                        system=document.system.name,
                        code=row["raw_code"],
                    ),
                    company=shipment.company_id,
                )

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


def _same_place(stop, place):
    """Compare by the most exact thing both sides name."""
    for ours, theirs in (
        (stop.locode, place.get("locode")),
        (stop.zip, place.get("zip")),
        (stop.city, place.get("city")),
    ):
        if ours and theirs:
            return ours.strip().upper() == theirs.strip().upper()
    return False
