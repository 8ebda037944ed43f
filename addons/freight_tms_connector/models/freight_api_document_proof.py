"""A proof of delivery that comes as a file is a report too: that the proof came."""

from odoo import api, models
from odoo.addons.freight_canonical.documents import Document, iso_utc


class FreightApiDocument(models.Model):
    _inherit = "freight.api.document"

    def write(self, vals):
        """Write; a proof of delivery that got its shipment is reported."""
        result = super().write(vals)
        if vals.get("shipment_id"):
            self._report_proofs()
        return result

    def _attach(self, body):
        result = super()._attach(body)
        self._report_proofs()
        return result

    @api.model
    def _link(self, shipments):
        result = super()._link(shipments)
        self.union(*shipments)._report_proofs()
        return result

    def _report_proofs(self):
        """Let the ledger know of proofs of delivery, once each, and put them with their proofs.

        A shipment of several deliveries does not tell which of them it proves: there the paper
        stays with the shipment, until a person reports it for a stop.
        """
        papers = self.sudo().filtered(lambda one: one.type == "pod" and one.shipment_id)
        if not papers:
            return
        outcomes = papers.env["freight.event"]._apply_freight_documents(
            [paper._proof_report() for paper in papers]
        )
        by_event = {
            outcome.event_id: paper
            for outcome, paper in zip(outcomes, papers, strict=True)
            if outcome.event_id
        }
        proofs = papers.env["freight.proof"].search([("event_id", "in", list(by_event))])
        for proof in proofs:
            proof.document_ids += by_event[proof.event_id.id].attachment_id

    def _proof_report(self):
        """Return the canonical event that says that this paper came."""
        self.ensure_one()
        return Document(
            data={
                "kind": "event",
                "id": f"document:{self.uuid}",
                "shipment": {"references": [{"type": "shipment", "value": self.shipment_id.name}]},
                "type": "pod_received",
                "raw_code": "pod_received",
                "classifier": "actual",
                "occurred": iso_utc(self.received),
                "proof": {"signer": None, "condition": None},
            },
            system=self.system_id,
            company=self.company_id,
            received=self.received,
            trace_id=self.trace_id,
        )
