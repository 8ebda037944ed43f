"""Bills whose charge codes were mapped after they had come."""

from collections import defaultdict

from odoo import api, models


class FreightCarrierInvoice(models.Model):
    _inherit = "freight.carrier.invoice"

    @api.model
    def _reread(self, documents):
        """Give the lines of waiting bills the codes that are known by now, and audit those again.

        Only lines without a code get one, of bills that nobody decided on: what was approved or
        posted under a code stays there.

        :param documents: canonical ``invoice`` documents as their messages are translated today
        """
        told = {(document.message_id, document.data["number"]): document for document in documents}
        if not told:
            return
        bills = self.search(
            [
                ("message_in_id", "in", [message for message, _number in told]),
                ("state", "=", "exception"),
                ("line_ids.code_id", "=", False),
            ]
        )
        by_code, changed = defaultdict(self.line_ids.browse), self.browse()
        for bill in bills:
            document = told.get((bill.message_in_id.id, bill.number))
            for line, code in bill._codes_known_by_now(document).items():
                by_code[code] |= line
                changed |= bill
        for code, lines in by_code.items():
            lines.write({"code_id": code.id})
        changed._settle()

    def _codes_known_by_now(self, document):
        """Return {line without a code: its charge code} as ``document`` has them."""
        self.ensure_one()
        codes = self.env["freight.charge.code"]._by_code(self.company_id.id)
        said = {line["sequence"]: line for line in (document.data["lines"] if document else ())}
        return {
            line: codes[said[line.sequence]["code"]]
            for line in self.line_ids
            if not line.code_id
            and line.sequence in said
            and said[line.sequence].get("code") in codes
            and float(said[line.sequence]["amount"]) == line.amount
        }
