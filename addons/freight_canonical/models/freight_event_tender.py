"""Answers to our own tenders: kept as the carrier said them, and judged before the fold."""

from odoo import _, api, models

from ..tendering import KINDS


class FreightEvent(models.Model):
    _inherit = "freight.event"

    @api.model
    def _may_apply(self, document, shipment):
        """Let a carrier that we asked answer, though it may report on nothing else."""
        if super()._may_apply(document, shipment):
            return True
        return document.data.get("type") in KINDS and bool(self._tender_of(document, shipment))

    @api.model
    def _tender_of(self, document, shipment):
        """Return the tender of ours that ``document`` answers: as named, else the newest sent."""
        system, named = document.system, document.data.get("tender")
        if system.company_id and system.company_id != shipment.company_id:
            return self.env["freight.tender"]
        sent = shipment.sudo().tender_ids.filtered("sent")
        if system.kind == "carrier":
            own = system.partner_id.commercial_partner_id
            sent = sent.filtered(lambda one: own and one.carrier_id.commercial_partner_id == own)
        elif system.kind not in ("odoo", "platform"):
            return sent.browse()
        elif not named:
            scac = (document.data.get("carrier") or {}).get("scac")
            sent = sent.filtered(lambda one: scac and one.carrier_id.freight_scac == scac)
        if named:
            sent = sent.filtered(lambda one: one.number == named)
        return sent.sorted("position")[-1:]

    @api.model
    def _row_or_outcome(self, document, shipment, codes):
        row = super()._row_or_outcome(document, shipment, codes)
        code = isinstance(row, dict) and row["type_code"]
        tender = code in KINDS and self._tender_of(document, shipment)
        if not tender:
            return row
        return {
            **row,
            "type_code": "tender_answered",
            "acceptance": None,
            "answer": {
                "tender_id": tender.id,
                "kind": KINDS[code],
                "charges": document.data.get("charges") or False,
                "remarks": document.data.get("raw_description"),
                "reason_id": row["reason_id"],
            },
        }

    @api.model
    def _append_acceptances(self, added):
        """Keep answers to tenders, too."""
        result = super()._append_acceptances(added)
        answers = [
            {
                **row["answer"],
                "event_id": event_id,
                "shipment_id": row["shipment_id"],
                "company_id": row["company_id"],
                "received": row["received"],
            }
            for event_id, row in added
            if row.get("answer")
        ]
        if answers:
            self.env["freight.tender.answer"].sudo().create(answers)
        return result

    @api.model
    def _project_told(self, documents, rows):
        """Judge the answers among ``rows`` before their shipments are folded."""
        asked = {row["shipment_id"] for row in rows.values() if row.get("answer")}
        if asked:
            shipments = self.env["freight.shipment"].sudo().browse(sorted(asked))
            self.env["freight.tender.answer"].sudo()._judge(shipments)
        result = super()._project_told(documents, rows)
        foreign = [row for row in rows.values() if not row.get("answer")]
        self._report_undecided(foreign)
        self._report_accepted_elsewhere(foreign)
        return result

    @api.model
    def _report_accepted_elsewhere(self, rows):
        """Call a person where an acceptance that is not in force meets an open tender of ours.

        One that is in force has ended our tenders already.
        """
        accepted = {row["shipment_id"] for row in rows if row["type_code"] == "tender_accepted"}
        if not accepted:
            return
        asked = self.env["freight.tender"].search(
            [("shipment_id", "in", sorted(accepted)), ("state", "=", "sent")]
        )
        self.env["freight.exception"]._raise_cases(
            [
                {
                    "code": "tender",
                    "key": f"foreign:{shipment.id}",
                    "description": _(
                        "Another system says that a carrier accepted %s before Odoo tendered it,"
                        " and Odoo's tender is open. Withdraw that tender, or correct the other"
                        " system.",
                        shipment.name,
                    ),
                    "shipment": shipment,
                }
                for shipment in asked.filtered(lambda one: one.purpose == "original").shipment_id
            ]
        )

    @api.model
    def _report_undecided(self, rows):
        """Call a person for conditions and counter-offers to tenders that are not ours."""
        shipments = self.env["freight.shipment"]
        self.env["freight.exception"]._raise_cases(
            [
                {
                    "code": "tender",
                    "key": f"foreign:{row['shipment_id']}",
                    "description": _(
                        "A carrier answers a tender of %s with conditions or another price. Odoo"
                        " did not send it: decide in the system that did.",
                        shipments.browse(row["shipment_id"]).name,
                    ),
                    "shipment": shipments.browse(row["shipment_id"]),
                }
                for row in rows
                if row["type_code"] in ("tender_conditional", "tender_countered")
            ]
        )
