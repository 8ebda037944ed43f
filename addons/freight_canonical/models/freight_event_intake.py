"""From canonical ``event`` documents to rows of the ledger."""

from collections import Counter, defaultdict
from functools import cache

from odoo import _, api, models

from .. import time_zones
from ..documents import APPLIED, DUPLICATE, REFUSED, UNMATCHED, Outcome
from ..references import CARRIER_SIDE


class Codes:
    """What documents may name, by the id of their company; asked once and let go with the batch."""

    def __init__(self, env):
        self.types = cache(env["freight.event.type"]._by_code)
        self.reasons = cache(env["freight.exception.reason"]._by_code)


class FreightEvent(models.Model):
    _inherit = "freight.event"

    @api.model
    def _apply_freight_documents(self, documents):
        """Append canonical ``event`` documents. See :mod:`..documents` for the protocol.

        A document may bring the number by which another one of the same set is known, in whatever
        order they came, and a tender acceptance makes a shipment its carrier's: what could not be
        applied is looked at again as long as something new was learned.
        """
        outcomes = {}
        waiting = dict(enumerate(documents))
        while waiting:
            learned = self._apply_pass(waiting, outcomes)
            waiting = {
                position: document
                for position, document in waiting.items()
                if learned and outcomes[position].status in (UNMATCHED, REFUSED)
            }
        found = [outcomes[position] for position in range(len(documents))]
        self.env["freight.exception"]._judge_ambiguities(
            [(document, document.data["shipment"]["references"]) for document in documents], found
        )
        return found

    @api.model
    def _apply_pass(self, documents, outcomes):
        """Apply ``documents`` (by position), fill ``outcomes``, return how much was learned."""
        rows, codes = {}, Codes(self.env)
        matches = self._match_shipments(documents.values())
        for (position, document), found in zip(documents.items(), matches, strict=True):
            if not isinstance(found, Outcome):
                found = self._row_or_outcome(document, found, codes)
            if isinstance(found, Outcome):
                outcomes[position] = found
            else:
                rows[position] = found
        self._filter_pings(documents, rows, outcomes)
        applied, repeated = [], {}
        for (position, row), event_id in zip(
            rows.items(), self._record(list(rows.values())), strict=True
        ):
            status = APPLIED if event_id else DUPLICATE
            outcomes[position] = Outcome(
                status, shipment_id=row["shipment_id"], event_id=event_id or None
            )
            if event_id:
                applied.append((documents[position], row))
            else:
                repeated[position] = row
        outcomes.update(self._refuse_taken_identities(repeated))
        learned = self._learn_references(applied)
        for system, of_system in _by_system(applied).items():
            told = self.with_context(freight_origin_system_id=system)
            learned += told._reroute(of_system)
        self._project_told(documents, rows)
        self._report_unknown_codes(applied)
        # An acceptance makes a shipment its carrier's, who may have reported already.
        taken = ("tender_accepted", "tender_answered")
        return learned + sum(row["type_code"] in taken for _document, row in applied)

    @api.model
    def _row_or_outcome(self, document, shipment, codes):
        """Return the ledger row of ``document``, or the Outcome that says which stop is unclear."""
        data, company = document.data, shipment.company_id.id
        kinds = codes.types(company)
        code = self._type_code(data, kinds)
        stop = self._stop(shipment, document, kinds[code])
        if not stop and self._stop_is_meant(document, shipment, kinds[code]):
            return Outcome(
                UNMATCHED,
                _(
                    "It is not clear which stop of %(shipment)s is meant: %(stop)s.",
                    shipment=shipment.name,
                    stop=data.get("stop") or data.get("place") or _("nothing is said of it"),
                ),
                shipment_id=shipment.id,
            )
        row = self._row(document, shipment, code, stop)
        return {**row, "reason_id": codes.reasons(company).get(data.get("reason"))}

    @api.model
    def _stop_is_meant(self, document, shipment, kind):
        """Return whether an event without a stop of ours must not stand for the whole shipment.

        So it is where the sender names a stop, and where a carrier - which knows stops, not
        shipments - reports from one of several.
        """
        if (document.data.get("stop") or {}).get("sequence") is not None:
            return True
        of_role = shipment.stop_ids._of_role(kind.stop_role, document.system.partner_id)
        return document.system.kind == "carrier" and len(of_role) > 1

    @api.model
    def _row(self, document, shipment, code, stop):
        """Return the ledger row of an event of ``shipment`` at ``stop``, its reason aside."""
        data = document.data
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
            "reported": self._utc(reported, stop, shipment) if reported else None,
            "received": document.received,
            "raw_code": data.get("raw_code"),
            "raw_reason": data.get("raw_reason"),
            "source_id": document.system.id,
            "source_event_id": self._said_identity(data),
            "quantity": self._quantity(data),
            "city": place.get("city"),
            "state_code": place.get("state"),
            "zip": place.get("zip"),
            "country_code": place.get("country"),
            "locode": place.get("locode"),
            "equipment": data.get("equipment"),
            "retracts": data.get("retracts"),
            "corrects": data.get("corrects"),
            "goods": self._goods(shipment, data),
            "proof": data.get("proof"),
            "acceptance": self._acceptance(data) if code == "tender_accepted" else None,
            "trace_id": document.trace_id,
        }

    @api.model
    def _said_identity(self, data):
        """Return the id that the source gives, None for none.

        What takes back or replaces the report of its own id is another report than that one.
        """
        said = data.get("id")
        for name in ("retracts", "corrects"):
            if said and said == data.get(name):
                return f"{said}:{name}"
        return said

    @api.model
    def _acceptance(self, data):
        """Return (SCAC, charges) that a tender acceptance names."""
        return ((data.get("carrier") or {}).get("scac"), data.get("charges") or [])

    @api.model
    def _quantity(self, data):
        """Return the pieces an event speaks of: as said, else those of its goods, else None."""
        if data.get("quantity"):
            return float(data["quantity"])
        return sum(float(goods["quantity"]) for goods in data.get("goods") or ()) or None

    @api.model
    def _goods(self, shipment, data):
        """Return the pairs (line number, pieces) that an event speaks of.

        A line is named by its number, or by the product's code or barcode where one line has it.
        Goods that no line is known for count for the stop and are not guessed at.
        """
        pieces = Counter()
        for goods in data.get("goods") or ():
            line = self._goods_line(shipment, goods)
            if line:
                pieces[line.number] += float(goods["quantity"])
        return tuple(sorted(pieces.items()))

    @api.model
    def _goods_line(self, shipment, goods):
        if goods.get("line") is not None:
            return shipment.line_ids.filtered(lambda line: line.number == goods["line"])
        codes = ("default_code", "barcode")
        found = shipment.line_ids.filtered(
            lambda line: goods.get("sku") in [line.product_id[code] for code in codes]
        )
        return found if len(found) == 1 else found.browse()

    @api.model
    def _type_code(self, data, kinds):
        code = data.get("type")
        if code in kinds:
            return code
        return "retraction" if data.get("retracts") else "unknown"

    @api.model
    def _stop(self, shipment, document, kind):
        """Return the stop an event speaks of: by sequence, else the only one of its role.

        Who carries one leg of several picks up where that leg begins and delivers where it ends.
        """
        data = document.data
        said = data.get("stop") or {}
        stops = shipment.stop_ids
        if said.get("sequence") is not None:
            return stops.filtered(lambda stop: stop.sequence == said["sequence"])[:1]
        role = said.get("role") or kind.stop_role
        if not role:
            return self.env["freight.stop"]
        of_role = stops._of_role(role, document.system.partner_id)
        if len(of_role) > 1:
            place = data.get("place") or {}
            of_role = of_role.filtered(lambda stop: stop._family()._at(place))
        return of_role if len(of_role) == 1 else self.env["freight.stop"]

    @api.model
    def _utc(self, text, stop, shipment):
        """Return ``text`` (ISO 8601) as naive UTC; without an offset it is local to the place."""
        return time_zones.read(text, stop.tz or shipment.company_id._freight_tz())

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
    def _project_told(self, documents, rows):
        """Fold the shipments that ``rows`` are about; who told of one is not told of it again."""
        tellers = defaultdict(set)
        for position, row in rows.items():
            tellers[row["shipment_id"]].add(documents[position].system.id)
        together = defaultdict(list)
        for shipment, systems in sorted(tellers.items()):
            together[systems.pop() if len(systems) == 1 else None].append(shipment)
        for system, shipments in together.items():
            told = self.with_context(freight_origin_system_id=system)
            told.env["freight.shipment"].browse(shipments)._project()

    @api.model
    def _report_unknown_codes(self, applied):
        """Open a case for each source and code that no code map knows."""
        shipments = self.env["freight.shipment"]
        self.env["freight.exception"]._raise_cases(
            [
                {
                    "code": "unknown_code",
                    "key": f"{document.system.code}:{row['raw_code']}",
                    "description": _(
                        "%(system)s sends status code %(code)s, which no code map knows.",
                        system=document.system.name,
                        code=row["raw_code"],
                    ),
                    "company": shipments.browse(row["shipment_id"]).company_id,
                }
                for document, row in applied
                if row["type_code"] == "unknown"
            ]
        )


def _by_system(applied):
    """Return {system id: its (document, row) pairs}: nobody is told again what they told us."""
    grouped = defaultdict(list)
    for document, row in applied:
        grouped[document.system.id].append((document, row))
    return grouped


def same_place(stop, place):
    """Return whether ``place`` (of a document) is that of ``stop``, by the most exact of both."""
    for ours, theirs in (
        (stop.locode, place.get("locode")),
        (stop.zip, place.get("zip")),
        (stop.city, place.get("city")),
    ):
        if ours and theirs:
            return ours.strip().upper() == theirs.strip().upper()
    return False
