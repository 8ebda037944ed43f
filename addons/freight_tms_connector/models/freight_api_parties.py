"""Parties and charge codes by the API: taken in as events are, and validated on demand."""

from odoo import api, fields, models
from odoo.addons.freight_canonical import masters

from ..api_operation import Reply
from .freight_api_intake import _key_of

#: Operation -> the schema of one item of its batches.
SCHEMAS = {"sendParties": "Party", "sendChargeCodes": "ChargeCode"}


class FreightApiIntake(models.AbstractModel):
    _inherit = "freight.api.intake"

    @api.model
    def _api_parties(self, call):
        """Take in a party, or a batch of them."""
        return self._take_in_masters(call)

    @api.model
    def _api_charge_codes(self, call):
        """Take in a charge code, or a batch of them."""
        return self._take_in_masters(call)

    @api.model
    def _take_in_masters(self, call):
        if isinstance(call.document, list):
            return self._take_in_batch(call)
        key = _key_of(call)
        return self._take_in_one(call, key and f"key:{key}")

    @api.model
    def _check_item(self, call, item):
        name = SCHEMAS.get(call.operation.id)
        if not name:
            return super()._check_item(call, item)
        return self.env["freight.api"]._check({"$ref": f"#/definitions/{name}"}, item)


class FreightApiParties(models.AbstractModel):
    """Tells partners what is wrong with their parties before they send them."""

    _name = "freight.api.parties"
    _description = "API Parties"

    @api.model
    def _api_validate(self, call):
        """Tell of each party whose number is known, what is wrong, and what we have otherwise.

        Which fields differ is told, not what we have in them.
        """
        system = self.env["freight.system"].browse(call.caller.system_id)
        company = self.env["res.company"].browse(call.caller.company_id)
        statements = [masters.statement(one, fields.Datetime.now()) for one in call.document]
        known = self.env["freight.master.identity"]._known(
            system, company, "partner_id", {one.number for one in statements}
        )
        found = self.env["freight.party"]._candidates(
            [one for one in statements if one.number not in known], company
        )
        return Reply(200, {"results": [self._verdict(one, known, found) for one in statements]})

    @api.model
    def _verdict(self, statement, known, found):
        identity = known.get(statement.number)
        ours = identity.partner_id._master_values() if identity else {}
        problems = self.env["freight.party.check"]._findings_of({**ours, **statement.values})
        differing = masters.differences(statement.values, ours) if identity else {}
        return {
            "number": statement.number,
            "status": "known" if identity else _STATUS[min(len(found[statement.number]), 2)],
            "problems": [{"code": code, "detail": detail} for code, detail in problems],
            "differences": sorted(differing),
        }


#: How many of ours a party may be -> what is said of it.
_STATUS = ("unknown", "matched", "doubtful")
