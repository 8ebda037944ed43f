"""How events join the ledger: once each, with what they bring along put beside it."""

import hashlib
import uuid

from odoo import api, fields, models

from .. import db

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
    _inherit = "freight.event"

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
        companies = {row["company_id"] for row in rows}
        types = {one: self.env["freight.event.type"]._by_code(one) for one in companies}
        now = fields.Datetime.now()
        for row in rows:
            kind = types[row["company_id"]][row["type_code"]]
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
        added = [(key, row) for key, row in zip(result, rows, strict=True) if key]
        self._append_goods(added)
        self._append_proofs(added)
        self._append_acceptances(added)
        self.env["freight.consumer"]._fan_out([key for key, _row in added])
        self.invalidate_model()
        shipments.invalidate_recordset(["event_ids", "reconsignment_ids"])
        return result

    @api.model
    def _append_goods(self, added):
        """Keep what new events, as (id, row) pairs, say of single goods lines."""
        self.env["freight.event.goods"]._append(
            [
                (event_id, row["shipment_id"], row["company_id"], number, quantity)
                for event_id, row in added
                for number, quantity in row.get("goods") or ()
            ]
        )

    @api.model
    def _append_proofs(self, added):
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
                for event_id, row in added
                if row.get("proof")
            ]
        )

    @api.model
    def _append_acceptances(self, added):
        """Keep what tenders were accepted for, beside the ledger."""
        self.env["freight.tender.acceptance"]._append(
            [
                (event_id, row["shipment_id"], row["company_id"], *row["acceptance"])
                for event_id, row in added
                if row.get("acceptance")
            ]
        )

    def _identity(self):
        """Return what the source calls this event, as the fold knows it."""
        self.ensure_one()
        return (self.source_id.id, self.source_event_id)

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
