"""Reading events again whose codes were mapped, or mapped otherwise, after they were recorded."""

from collections import defaultdict

from odoo import _, api, models

from ..documents import APPLIED, Outcome
from .freight_event_intake import Codes
from .freight_event_reading import READ


class FreightEvent(models.Model):
    _inherit = "freight.event"

    @api.model
    def _reread(self, told):
        """Let events mean what their messages say today, and fold the shipments whose do.

        An event whose type and reason are the same as before is left alone, whatever else has
        changed around it. Consumers of the old and of the new type get the event to work on.

        :param told: {event id: the :class:`~..documents.Document` it came from, as it is now}
        :return: {event id: Outcome}; its detail says why an event keeps its meaning
        """
        events = self.browse(sorted(told))
        matches = self._match_shipments([told[event.id] for event in events])
        outcomes, rows, codes = {}, {}, Codes(self.env)
        for event, match in zip(events, matches, strict=True):
            found = event._read_as(told[event.id], match, codes)
            detail = found.detail if isinstance(found, Outcome) else ""
            outcomes[event.id] = Outcome(APPLIED, detail, event.shipment_id.id, event.id)
            if isinstance(found, dict):
                rows[event.id] = found
        if rows:
            self._change_meaning({event: told[event] for event in rows}, rows)
            self._judge_unknown_codes(told, rows, outcomes)
        return outcomes

    def _read_as(self, document, match, codes):
        """Return the ledger row that ``document`` would make, None for no news, else an Outcome."""
        self.ensure_one()
        data, shipment = document.data, self.shipment_id
        elsewhere = not isinstance(match, Outcome) and match != shipment
        if elsewhere or not self._is_told_by(data):
            return Outcome(
                APPLIED,
                _("Its message is translated into other events by now: nothing is re-read."),
            )
        kinds = codes.types(shipment.company_id.id)
        kind = kinds[self._type_code(data, kinds)]
        reasons = codes.reasons(shipment.company_id.id)
        if (kind.id, reasons.get(data.get("reason"))) == (
            self.type_id.id,
            self.reason_id.id or None,
        ):
            return None
        return self._row_or_outcome(document, shipment, codes)

    def _is_told_by(self, data):
        """Return whether ``data`` is still the document that this event was recorded from."""
        said = self._said_identity(data)
        return (self.raw_code or "", self.classifier) == (
            data.get("raw_code") or "",
            data["classifier"],
        ) and said in (None, self.source_event_id)

    @api.model
    def _change_meaning(self, documents, rows):
        """Keep the readings of ``rows`` with all that follows; both are by event id."""
        events = self.browse(rows)
        self._lock(events.shipment_id.sorted("id"))
        kinds = self.env["freight.event.type"]._by_code
        for row in rows.values():
            kind = kinds(row["company_id"])[row["type_code"]]
            row["type_id"], row["type_code"] = kind.id, kind.counts_as
        consumers = self.env["freight.consumer"]
        consumers._fan_out(events.ids)
        self.env["freight.event.reading"]._keep(
            {event: tuple(row[name] or None for name in READ) for event, row in rows.items()}
        )
        consumers._fan_out(events.ids)
        self._append_missing_acceptances(rows)
        by_system = defaultdict(list)
        for event, row in rows.items():
            by_system[row["source_id"]].append((documents[event], row))
        for system, pairs in by_system.items():
            self.with_context(freight_origin_system_id=system)._reroute(pairs)
        self._project_told(documents, rows)

    @api.model
    def _append_missing_acceptances(self, rows):
        accepted = {event: row for event, row in rows.items() if row.get("acceptance")}
        known = self.env["freight.tender.acceptance"].search([("event_id", "in", list(accepted))])
        missing = accepted.keys() - set(known.event_id.ids)
        self._append_acceptances([(event, accepted[event]) for event in sorted(missing)])

    @api.model
    def _judge_unknown_codes(self, documents, rows, outcomes):
        """Close the cases of codes that are known by now, and open those of codes that are not."""
        changed = [(documents[event], row) for event, row in rows.items()]
        self._report_unknown_codes(changed)
        kept = {
            _case_key(documents[event]) for event, outcome in outcomes.items() if outcome.detail
        }
        by_company = defaultdict(set)
        for document, row in changed:
            if row["type_code"] != "unknown":
                by_company[row["company_id"]].add(_case_key(document))
        for company, keys in by_company.items():
            self.env["freight.exception"]._close_cases(
                "unknown_code",
                keys - kept,
                _("The code is mapped: what waited for it was read again."),
                self.env["res.company"].browse(company),
            )


def _case_key(document):
    return f"{document.system.code}:{document.data.get('raw_code')}"
