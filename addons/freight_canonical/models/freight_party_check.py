"""Partners validated on demand: numbers, place, duplicates; the result in words."""

from odoo import _, api, fields, models
from odoo.tools.translate import _lt

from ..party_checks import check

#: What is wrong -> in words, and what to do.
WORDS = {
    "scac": _lt("The SCAC has not 2 to 4 letters: ask the carrier for it."),
    "vat": _lt("The VAT number does not pass its country's check: compare it with an invoice."),
    "gln": _lt("The GLN does not pass its check digit: compare it with the party's own papers."),
    "duns": _lt("The D-U-N-S number has not 9 digits."),
    "locode": _lt("The UN/LOCODE is none: one looks like USCHI."),
    "locode_abroad": _lt("The UN/LOCODE lies in another country than the address."),
    "zip": _lt("The ZIP does not look like one of its country."),
    "no_country": _lt("The country is missing: enter it."),
    "no_role": _lt("Nobody said whether it is a carrier, a customer or a location: choose."),
    "no_scac": _lt("A carrier without SCAC is not found by what it sends: enter it."),
    "insurance": _lt("The cargo insurance has ended: ask for a new certificate."),
    "duplicate": _lt("It may be the same as another one: see Partners to merge."),
}


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _freight_findings(self):
        """Return {partner id: list of codes of :data:`WORDS`}, by one query for duplicates."""
        today = fields.Date.today().isoformat()
        found = {one.id: check(one._master_values(), today) for one in self}
        for key in self._freight_duplicated():
            found[key].append("duplicate")
        return found

    def _freight_duplicated(self):
        """Return the ids of those of these that share a number or a name with others."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT DISTINCT member FROM freight_partner_duplicate, unnest(members) AS member
             WHERE member = ANY(%s) AND (company_id IS NULL OR company_id = ANY(%s))
            """,
            [self.ids, self.env.companies.ids],
        )
        return [row[0] for row in self.env.cr.fetchall()]

    def action_freight_validate(self):
        """Check these partners and say in words what is wrong."""
        self.check_access_rights("read")
        self.check_access_rule("read")
        found = self._freight_findings()
        sentences = [
            f"{partner.display_name}: {WORDS[code]}"
            for partner in self
            for code in found[partner.id]
        ]
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": _("Validated"),
                "message": "\n".join(sentences) or _("Nothing is wrong."),
                "type": "warning" if sentences else "success",
                "sticky": bool(sentences),
            },
        }


class FreightPartyCheck(models.AbstractModel):
    """Checks parties that are no partners yet, as others ask before they send."""

    _name = "freight.party.check"
    _description = "Check of Parties"

    @api.model
    def _findings_of(self, values):
        """Return [(code, in words)] of what is wrong with {path: value}."""
        return [(code, str(WORDS[code])) for code in check(values, fields.Date.today().isoformat())]
