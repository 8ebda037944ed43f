"""Which shipment an event speaks of: found by its references, and never guessed."""

from odoo import _, api, models

from ..documents import REFUSED, UNMATCHED, Ambiguous, Outcome
from ..references import SUPPORTING, Wanted, resolve


class FreightEvent(models.Model):
    _inherit = "freight.event"

    @api.model
    def _match_shipments(self, documents):
        """Return for each document its ``freight.shipment``, or the Outcome that says why not."""
        documents = list(documents)
        issuers = self._issuers(documents)
        wanted = [
            self._wanted(document, issuer)
            for document, issuer in zip(documents, issuers, strict=True)
        ]
        candidates = self.env["freight.reference"]._candidates(set().union(*wanted))
        resolved = [
            self._resolve(document, keys, candidates)
            for document, keys in zip(documents, wanted, strict=True)
        ]
        shipments = self.env["freight.shipment"].browse(
            {found for found, _all in resolved if found}
        )
        by_id = {shipment.id: shipment for shipment in shipments}
        return [
            self._judge_match(document, by_id.get(found, shipments.browse()), several)
            for document, (found, several) in zip(documents, resolved, strict=True)
        ]

    @api.model
    def _issuers(self, documents):
        """Return for each document the id of the partner whose own numbers it speaks in, or None.

        That is the carrier itself, or the one whose SCAC somebody else names.
        """
        scacs = {document.data["shipment"].get("scac") for document in documents} - {None}
        companies = self.env["res.company"].union(*(document.company for document in documents))
        carriers = self.env["res.partner"]
        known = carriers._freight_carriers_by_scac(scacs, companies) if scacs else {}
        issuers = []
        for document in documents:
            named = (document.data["shipment"].get("scac"), document.company.id)
            carrier = known.get(named, carriers)
            if document.system.kind == "carrier":
                carrier = document.system.partner_id
            issuers.append(carrier.commercial_partner_id.id or None)
        return issuers

    @api.model
    def _wanted(self, document, issuer):
        company = document.company.id or None
        return {
            Wanted(reference["type"], reference["value"], company, issuer)
            for reference in document.data["shipment"]["references"]
        }

    @api.model
    def _resolve(self, document, keys, candidates):
        """Return (shipment id or None, candidates) of one document."""
        shipments = self.env["freight.shipment"]

        def own(ids):
            return {
                shipment.id
                for shipment in shipments.browse(ids)
                if self._may_apply(document, shipment)
            }

        naming = [candidates.get(key, set()) for key in keys if key.type not in SUPPORTING]
        supporting = [candidates.get(key, set()) for key in keys if key.type in SUPPORTING]
        return resolve(naming, supporting, own)

    @api.model
    def _may_apply(self, document, shipment):
        """Return whether the sender of ``document`` may say this of ``shipment``."""
        return document.system._may_act_on(shipment)

    @api.model
    def _judge_match(self, document, shipment, several):
        said = ", ".join(
            f"{reference['type']} {reference['value']}"
            for reference in document.data["shipment"]["references"]
        )
        if not shipment and several:
            names = shipment.browse(several)._named_in(document.company)
            return Ambiguous(UNMATCHED, _("%(said)s may mean %(names)s.", said=said, names=names))
        if not shipment:
            return Outcome(UNMATCHED, _("No shipment is known as %s.", said))
        if not self._may_apply(document, shipment):
            return Outcome(
                REFUSED,
                _(
                    "%(system)s may not report on %(shipment)s: it is not one of its own.",
                    system=document.system.name,
                    shipment=shipment._named_in(document.company),
                ),
                shipment_id=shipment.id,
            )
        return shipment

    @api.model
    def _refuse_taken_identities(self, rows):
        """Refuse and report repeats (by position) whose identity stands on another shipment.

        :return: {position: Outcome}
        """
        known = self._known_identities(rows.values())
        refused = {}
        for position, row in rows.items():
            _event, taken = known[row["source_id"], row["source_event_id"]]
            if taken != row["shipment_id"]:
                refused[position] = self._report_taken_identity(row, taken)
        return refused

    @api.model
    def _report_taken_identity(self, row, taken):
        shipments = self.env["freight.shipment"]
        shipment = shipments.browse(row["shipment_id"])
        system = self.env["freight.system"].browse(row["source_id"])
        sentence = _(
            "%(system)s used event id %(event)s before, on %(other)s: nothing was recorded for"
            " %(shipment)s. It must give each event an id of its own.",
            system=system.name,
            event=row["source_event_id"],
            other=shipments.browse(taken)._named_in(shipment.company_id),
            shipment=shipment.name,
        )
        key = f"{system.code}:{row['source_event_id']}:{shipment.id}"
        self.env["freight.exception"]._raise_case("identity", key, sentence, shipment=shipment)
        return Outcome(REFUSED, sentence, shipment_id=shipment.id)
