"""Numbers of shipments, drawn for many at once."""

from odoo import api, models


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    @api.model
    def _number_new(self, vals_list):
        """Give those of ``vals_list`` a number that have none, from their company's sequence."""
        new = {}
        for vals in vals_list:
            if vals.get("name", "/") == "/":
                new.setdefault(vals.get("company_id") or self.env.company.id, []).append(vals)
        for company, of_company in new.items():
            numbers = self._draw_numbers(company, len(of_company))
            for vals, number in zip(of_company, numbers, strict=True):
                vals["name"] = number

    @api.model
    def _draw_numbers(self, company_id, count):
        """Return ``count`` numbers; those of a plain sequence by one query."""
        sequences = self.env["ir.sequence"].with_company(company_id).sudo()
        sequence = sequences.search(
            [("code", "=", "freight.shipment"), ("company_id", "in", (company_id, False))],
            order="company_id",
            limit=1,
        )
        if sequence.implementation != "standard" or sequence.use_date_range:
            return [sequences.next_by_code("freight.shipment") for _number in range(count)]
        self.env.cr.execute(
            "SELECT nextval(%s) FROM generate_series(1, %s)",
            [f"ir_sequence_{sequence.id:03d}", count],
        )
        return [sequence.get_next_char(number) for (number,) in self.env.cr.fetchall()]
