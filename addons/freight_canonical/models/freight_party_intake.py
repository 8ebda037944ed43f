from collections import defaultdict

from odoo import api, models

from .. import masters


class FreightParty(models.AbstractModel):
    """Carriers, customers and locations that systems tell of."""

    _name = "freight.party"
    _description = "Intake of Parties"
    _inherit = "freight.master.intake"
    _kind = "party"
    _target = "res.partner"
    _link = "partner_id"

    @api.model
    def _may_speak_of(self, system, record):
        """A carrier speaks of itself alone; who plans or pays, of all."""
        if system.kind != "carrier":
            return True
        own = system.partner_id.commercial_partner_id
        return bool(own) and own == record.commercial_partner_id

    @api.model
    def _candidates(self, heard, company):
        """Find partners by numbers that mean one party in all the world, by one query each."""
        named = {one.number: masters.strong_numbers(one.values) for one in heard}
        wanted = defaultdict(set)
        for numbers in named.values():
            for kind, number in numbers.items():
                wanted[kind].add(number)
        found = defaultdict(set)
        for kind, numbers in wanted.items():
            for number, partner in self._partners_by(kind, numbers, company):
                found[kind, number].add(partner)
        return {number: masters.match(numbers, found) for number, numbers in named.items()}

    @api.model
    def _partners_by(self, kind, numbers, company):
        """Return [(number, partner id)] in sight of ``company``; archived ones where no other is.

        Contacts carry the VAT number of their company and are none of their own.
        """
        column = {
            "vat": "regexp_replace(upper(vat), '[^0-9A-Z]', '', 'g')",
            "scac": "freight_scac",
            "gln": "freight_gln",
            "duns": "freight_duns",
        }[kind]
        own = "id = commercial_partner_id" if kind == "vat" else "true"
        self.env["res.partner"].flush_model()
        self.env.cr.execute(
            f"""
            WITH named AS (
                SELECT {column} AS number, id, active FROM res_partner
                 WHERE {column} = ANY(%s) AND ({own})
                   AND (company_id IS NULL OR company_id = %s))
            SELECT number, id FROM named one
             WHERE active OR NOT EXISTS (
                SELECT FROM named other WHERE other.number = one.number AND other.active)
            """,
            [list(numbers), company.id],
        )
        return self.env.cr.fetchall()

    @api.model
    def _is_complete(self, values):
        return bool(values.get("name") and values.get("roles"))

    @api.model
    def _new_values(self, system, company, heard):
        """A new partner is shared by all companies, unless its system serves one alone."""
        return {
            **super()._new_values(system, company, heard),
            "is_company": True,
            "company_id": system.company_id.id,
        }

    @api.model
    def _log(self, bodies):
        if bodies:
            partners = self.env["res.partner"].browse([one.id for one in bodies])
            partners._message_log_batch({one.id: body for one, body in bodies.items()})

    @api.model
    def _note_changes(self, changes):
        if changes:
            self.env["freight.audit"]._note(
                "take_over",
                self.env[self._target].browse([record.id for record in changes]),
                before={record.id: before for record, (before, _after) in changes.items()},
                after={record.id: after for record, (_before, after) in changes.items()},
                stream="configuration",
                role="transformed",
            )

    @api.model
    def _take_further(self, system, company, documents, heard):
        """A bank account is never taken from a message: it waits for a person's approval."""
        accounts = [
            (heard[masters.statement(one.data, one.received).number], account)
            for one in documents
            for account in one.data.get("bank_accounts") or ()
        ]
        self.env["freight.master.proposal"]._ask_accounts(system, company, accounts)
