"""The codes that documents may name: listed, and checked before they are sent."""

from difflib import get_close_matches

from odoo import api, models

from ..api_operation import Reply

#: List -> (model, field that groups it).
CODE_LISTS = {
    "charge-codes": ("freight.charge.code", "family"),
    "equipment": ("freight.equipment.type", None),
    "reasons": ("freight.exception.reason", None),
    "event-types": ("freight.event.type", "kind"),
}
CARRIERS = "carriers"
#: Codes suggested for one that is not known.
SUGGESTED = 3


class FreightApiMasters(models.AbstractModel):
    """What partners may know of our code lists: those of the shipper's company."""

    _name = "freight.api.masters"
    _description = "API Masters"

    @api.model
    def _api_list(self, call):
        kind, api_model = call.path["kind"], self.env["freight.api"]
        after = (api_model._position(call) or [""])[0]
        limit = api_model._limit_of(call) + 1
        entries = (
            self._carriers(call.caller, after, limit)
            if kind == CARRIERS
            else self._codes(kind, call.caller, after, limit)
        )
        page = api_model._page(call, entries, view=list, position_of=lambda entry: [entry["code"]])
        return Reply(page.status, page.body, revalidate=True)

    @api.model
    def _codes(self, kind, caller, after, limit):
        model, group = CODE_LISTS[kind]
        rows = self._known(model, caller)
        return [
            {
                "code": code,
                "name": rows[code].name,
                "group": rows[code][group] if group else None,
                "equivalents": _equivalents(rows[code]),
            }
            for code in sorted(rows)
            if code > after
        ][:limit]

    @api.model
    def _known(self, model, caller):
        """Return {code: row in use}; a company's own goes before a shared one."""
        rows = self.env[model]._known_to(caller.company_id)
        return {row.code: row for row in rows if row.active}

    @api.model
    def _carriers(self, caller, after, limit):
        """Return carriers by SCAC, each SCAC once."""
        carriers = self.env["res.partner"]._read_group(
            [*self._carrier_domain(caller), ("freight_scac", ">", after)],
            ["freight_scac"],
            ["name:array_agg"],
            order="freight_scac",
            limit=limit,
        )
        return [
            {"code": scac, "name": sorted(names)[0], "group": None, "equivalents": {}}
            for scac, names in carriers
        ]

    @api.model
    def _carrier_domain(self, caller):
        return [
            ("freight_is_carrier", "=", True),
            ("freight_scac", "!=", False),
            ("company_id", "in", (False, caller.company_id)),
        ]

    # Validation ---------------------------------------------------------------------------------

    @api.model
    def _api_validate(self, call):
        """Tell of each code whether it is known, and which may be meant."""
        wanted = call.document
        lists = {
            kind: self._lookup(kind, {one["code"] for one in wanted if one["kind"] == kind}, call)
            for kind in {one["kind"] for one in wanted}
        }
        return Reply(
            200,
            {"results": [{**one, **_verdict(one["code"], *lists[one["kind"]])} for one in wanted]},
        )

    @api.model
    def _lookup(self, kind, codes, call):
        """Return (known codes, {code of a standard: our codes}) to check ``codes`` against."""
        if kind == CARRIERS:
            domain = [*self._carrier_domain(call.caller), ("freight_scac", "in", [*codes])]
            known = self.env["res.partner"].search(domain).mapped("freight_scac")
            return set(known), {}
        rows = self._known(CODE_LISTS[kind][0], call.caller)
        standards = {}
        for code, row in rows.items():
            for theirs in _equivalents(row).values():
                for equivalent in theirs:
                    standards.setdefault(equivalent.upper(), []).append(code)
        return set(rows), standards


def _equivalents(row):
    """Return {standard: its codes} of a row of a code list."""
    return {name: row[name].split() for name in row._equivalents if row[name]}


def _verdict(code, known, standards):
    """Return whether ``code`` is known, else what may be meant: a standard's code first."""
    if code in known:
        return {"known": True, "suggestions": []}
    meant = standards.get(code.upper(), [])
    folded = {one.lower(): one for one in known}
    similar = [folded[one] for one in get_close_matches(code.lower(), sorted(folded), SUGGESTED)]
    suggestions = list(dict.fromkeys([*meant, *similar]))
    return {"known": False, "suggestions": suggestions[:SUGGESTED]}
