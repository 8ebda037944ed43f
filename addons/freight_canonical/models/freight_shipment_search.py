"""Shipments found by any of their numbers, as people write them."""

from odoo import _, api, fields, models
from odoo.osv.expression import AND

from ..references import normalise

#: Operators by which people look for a number.
POSITIVE = ("=", "like", "ilike", "=like", "=ilike")


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    any_number = fields.Char(
        string="Number or reference", compute="_compute_any_number", search="_search_any_number"
    )

    @api.depends("name")
    def _compute_any_number(self):
        for shipment in self:
            shipment.any_number = shipment.name

    @api.model
    def _search_any_number(self, operator, value):
        """Search by any number; the exact one alone where there is one."""
        if operator not in POSITIVE or not isinstance(value, str):
            return [("reference_ids.value", operator, value)]
        return self._number_domains(value)[0]

    @api.model
    def _number_domains(self, text):
        """Return the domains that find ``text`` among the references: best first, none empty.

        The exact number, numbers that begin so, and only where there is neither a part of our
        own number: that one cannot use an index.
        """
        number = normalise(text)
        if not number:
            return [[("name", "ilike", text)]]
        references = self.env["freight.reference"]
        domains = [("value_normalised", "=", number)], [("value_normalised", "=like", f"{number}%")]
        found = [domain for domain in domains if references.search(domain, limit=1)]
        return [[("reference_ids", "any", domain)] for domain in found] or [
            [("name", "ilike", text)]
        ]

    @api.model
    def _name_search(self, name, domain=None, operator="ilike", limit=None, order=None):
        """Find shipments by any of their numbers: the exact one first, then what begins so."""
        if not name or operator not in POSITIVE:
            return super()._name_search(name, domain, operator, limit, order)
        domains = self._number_domains(name)
        if not limit:
            return self._search(AND([domain or [], domains[0]]), order=order)
        found = []
        for wanted in domains:
            if len(found) < limit:
                rest = AND([domain or [], wanted, [("id", "not in", found)]])
                found += self._search(rest, limit=limit - len(found), order=order)
        return found

    def _named_in(self, company):
        """Return the numbers of these shipments, for people of ``company``: none of another's."""
        own = self.filtered(lambda shipment: shipment.company_id == company).sorted("id")
        names = own.mapped("name")
        if own != self.sorted("id"):
            names.append(_("a shipment of another company"))
        return ", ".join(names)
