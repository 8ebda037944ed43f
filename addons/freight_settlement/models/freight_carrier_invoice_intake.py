from datetime import date

from odoo import Command, _, api, models
from odoo.addons.freight_canonical import db
from odoo.addons.freight_canonical.documents import APPLIED, DUPLICATE, Outcome
from odoo.addons.freight_canonical.references import SUPPORTING, Wanted
from odoo.addons.freight_canonical.references import normalise as normalise_reference

from ..duplicates import normalise

#: Header fields that a canonical document may bring, as dates.
DATES = ("due_date", "ship_date")


class FreightCarrierInvoice(models.Model):
    _inherit = "freight.carrier.invoice"

    @api.model
    def _apply_freight_documents(self, documents):
        """Keep canonical ``invoice`` documents as sent and settle what they bill.

        Whatever is wrong with a bill is a verdict on the bill: the document counts as applied.
        See :mod:`odoo.addons.freight_canonical.documents` for the protocol.
        """
        invoices = self.browse(self._receive(documents).ids)
        invoices._settle()
        return [
            Outcome(
                DUPLICATE if invoice.state == "duplicate" else APPLIED,
                invoice.explanation or "",
                shipment_id=invoice.shipment_id.id or None,
            )
            for invoice in invoices
        ]

    @api.model
    def _receive(self, documents):
        """Create one bill for each document, as sent; nothing is judged yet."""
        companies = {self._document_company(document) for document in documents}
        codes = {
            company: self.env["freight.charge.code"]._by_code(company.id) for company in companies
        }
        currencies = {
            each.name: each
            for each in self.env["res.currency"].with_context(active_test=False).search([])
        }
        carriers = self._carriers(documents)
        return self.with_context(mail_create_nolog=True, tracking_disable=True).create(
            [
                self._document_values(document, carrier, codes, currencies)
                for document, carrier in zip(documents, carriers, strict=True)
            ]
        )

    @api.model
    def _carriers(self, documents):
        """Return the carrier of each document: by its SCAC, else who runs the sending system."""
        scacs = {document.data.get("scac") for document in documents} - {None}
        companies = self.env["res.company"].union(*map(self._document_company, documents))
        by_scac = self.env["res.partner"]._freight_carriers_by_scac(scacs, companies)
        nobody = self.env["res.partner"]
        return [
            by_scac.get((document.data["scac"], self._document_company(document).id), nobody)
            if document.data.get("scac")
            else document.system.partner_id
            for document in documents
        ]

    @api.model
    def _document_company(self, document):
        """Return the company that a document is for, as far as one knows before it is matched."""
        return document.company or document.system.company_id or self.env.company

    @api.model
    def _document_values(self, document, carrier, codes, currencies):
        data = document.data
        company = self._document_company(document)
        references = sorted({normalise_reference(each["value"]) for each in data["references"]})
        lines = [self._line_values(line, codes[company]) for line in data["lines"]]
        return {
            "company_id": company.id,
            "number": data["number"],
            "number_normalised": normalise(data["number"]),
            "document": data,
            "carrier_id": carrier.id,
            "scac": data.get("scac"),
            "date": date.fromisoformat(data["date"]),
            **{name: date.fromisoformat(data[name]) for name in DATES if data.get(name)},
            "correction": data.get("correction"),
            "freight_terms": data.get("terms"),
            "references": " ".join(filter(None, references)),
            "currency_code": data["currency"],
            "currency_id": (currencies.get(data["currency"]) or company.currency_id).id,
            "amount_total": float(data["total"]),
            "amount_tax": sum(line["amount"] for line in lines if line["is_tax"]),
            "line_ids": [Command.create(line) for line in lines],
            "system_id": document.system.id,
            "message_in_id": document.message_id,
            "received": document.received,
            "trace_id": document.trace_id,
        }

    @api.model
    def _line_values(self, line, codes):
        code = codes.get(line.get("code"))
        return {
            "sequence": line["sequence"],
            "code_id": code.id if code else False,
            "raw_code": line.get("raw_code") or line.get("code"),
            "description": line["description"],
            "quantity": float(line.get("quantity") or 0),
            "unit": line.get("unit"),
            "rate": float(line.get("rate") or 0),
            "amount": float(line["amount"]),
            "is_tax": bool(line.get("tax")) or bool(code and code.family == "tax"),
        }

    # The way of a bill ----------------------------------------------------------------------------

    def _settle(self):
        """Find the shipments of these bills, audit them, and let the clean ones through.

        Bills of one shipment are settled one after the other: each uses up expectation.
        """
        self._find_shipments()
        waiting = self
        while waiting:
            wave = waiting._one_for_each_shipment()
            waiting -= wave
            wave._audit()
            wave._decide()

    @api.model
    def _settle_earned(self, shipments):
        """Settle what was billed early for ``shipments``, is earned now and nobody touched."""
        waiting = self.search(
            [
                ("shipment_id", "in", shipments.ids),
                ("state", "=", "to_approve"),
                ("unearned", "=", True),
                ("handler_ids", "=", False),
            ],
            order="id",
        )
        waiting.filtered(lambda invoice: not invoice._is_unearned())._settle()

    def _one_for_each_shipment(self):
        """Return the first of these bills for each shipment and number, in order of arrival."""
        seen, wave = set(), self.browse()
        for invoice in self:
            places = {
                ("shipment", invoice.shipment_id.id or -invoice.id),
                ("number", invoice.carrier_id.id, invoice.number_normalised),
            }
            if not places & seen:
                wave |= invoice
            seen |= places
        return wave

    def _decide(self):
        """Give audited bills their state; clean ones within the limit approve themselves."""
        by_outcome = self.grouped(lambda invoice: invoice._outcome())
        for outcome, invoices in by_outcome.items():
            if outcome == "approve":
                invoices._announce("matched")
                invoices._approve()
                continue
            invoices.write({"state": outcome})
            announcement = {"to_approve": "matched", "exception": "exception"}
            invoices._announce(announcement.get(outcome, "rejected"))
        self._open_cases()

    def _outcome(self):
        """Return the state that follows from the verdict, or ``approve``."""
        self.ensure_one()
        if self.verdict in ("rejected", "duplicate"):
            return self.verdict
        if self.verdict in ("exception", "suspect"):
            return "exception"
        return "approve" if self._approves_itself() else "to_approve"

    def _open_cases(self):
        """Put bills that need a person on the list of exceptions; close the cases of the rest."""
        settled = self.browse()
        for invoice in self:
            if invoice.state != "exception":
                settled |= invoice
                continue
            code = "no_shipment" if not invoice.shipment_id else "invoice"
            self.env["freight.exception"]._raise_case(
                code,
                f"invoice:{invoice.id}",
                _(
                    "Bill %(number)s of %(carrier)s: %(why)s",
                    number=invoice.number,
                    carrier=invoice.carrier_id.name or invoice.scac or _("an unknown carrier"),
                    why=invoice.explanation,
                ),
                shipment=invoice.shipment_id,
                company=invoice.company_id,
            )
        keys = [f"invoice:{invoice.id}" for invoice in settled]
        for code in ("no_shipment", "invoice"):
            self.env["freight.exception"]._close_cases(code, keys, _("The bill was decided."))

    # Candidates -----------------------------------------------------------------------------------

    def _find_shipments(self):
        """Give each bill the one shipment that its references and circumstances leave over."""
        wanted = {invoice.id: invoice._wanted_references() for invoice in self}
        found = self.env["freight.reference"]._candidates(
            {key for keys in wanted.values() for key in keys}
        )
        fitting = {
            invoice: set().union(*(found.get(key, set()) for key in wanted[invoice.id]))
            for invoice in self
        }
        known = self.env["freight.shipment"].browse(sorted(set().union(*fitting.values())))
        by_id = {shipment.id: shipment for shipment in known}
        decided = {}
        for invoice, shipment_ids in fitting.items():
            left = [key for key in sorted(shipment_ids) if invoice._may_bill(by_id[key])]
            only = by_id[left[0]] if len(left) == 1 else known.browse()
            decided[invoice.id] = (only.id or None, (only.company_id or invoice.company_id).id)
            if len(left) > 1 or invoice.candidate_ids:
                invoice.candidate_ids = [Command.set(left if len(left) > 1 else [])]
        db.update_rows(self, ("shipment_id", "company_id"), decided)

    def _wanted_references(self):
        """Return the references of the document for the reference table."""
        return {
            Wanted(each["type"], each["value"])
            for each in self.document["references"]
            if each["type"] not in SUPPORTING
        }

    def _may_bill(self, shipment):
        """Return whether this bill may be one for ``shipment``: carrier, company, terms, dates."""
        self.ensure_one()
        system = self.system_id
        if system.company_id and system.company_id != shipment.company_id:
            return False
        return self._is_billed_by(shipment) and self._terms_agree(shipment)

    def _is_billed_by(self, shipment):
        """Return whether the bill comes from who may bill.

        That is the broker where one is named, else the contracted carrier. A bill of an unknown
        carrier is not ruled out by it.
        """
        biller = (shipment.broker_id or shipment.carrier_id).commercial_partner_id
        sender = self.carrier_id.commercial_partner_id
        return not biller or not sender or biller == sender

    def _terms_agree(self, shipment):
        """Compare who pays: prepaid in all its forms is one, collect is another."""
        payers = {"PP": "shipper", "PC": "shipper", "PE": "shipper", "CC": "consignee"}
        ours = payers.get(shipment.freight_terms)
        theirs = payers.get(self.freight_terms)
        return ours is None or theirs is None or ours == theirs
