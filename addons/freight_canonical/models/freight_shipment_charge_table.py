"""A shipment's charges by stage, side by side."""

from decimal import Decimal

from odoo import api, fields, models

from ..charge_table import Figure, tables


class FreightShipment(models.Model):
    _inherit = "freight.shipment"

    charge_comparison = fields.Json(compute="_compute_charge_comparison")

    @api.depends(*(f"charge_ids.{name}" for name in ("amount", "currency_id", "stage", "code_id")))
    def _compute_charge_comparison(self):
        for shipment in self:
            shipment.charge_comparison = shipment._compare_charges()

    @api.model
    def _charge_stages(self):
        """Return (stage, label) in the order of time. An upper addon adds what it knows."""
        return self.env["freight.charge"]._fields["stage"]._description_selection(self.env)

    def _charge_figures(self):
        """Return a :class:`~..charge_table.Figure` for each amount, codes and currencies as ids."""
        self.ensure_one()
        return [
            Figure(
                charge.currency_id.id,
                charge.code_id.id,
                charge.stage,
                Decimal(f"{charge.amount:.{charge.currency_id.decimal_places}f}"),
            )
            for charge in self.charge_ids.sorted(lambda charge: (charge.code_id.sequence,
                                                                 charge.code_id.code or ""))
            if charge.currency_id
        ]  # fmt: skip

    def _compare_charges(self):
        """Return what the comparison widget shows: amounts are floats, for its formatters.

        ``{stages: [{name, label}], tables: [{currency_id, compared, rows, total}]}``; a row has
        ``label``, ``amounts`` by stage and ``difference``, which is None where nothing compares.
        """
        labels = dict(self._charge_stages())
        found = tables(self._charge_figures(), list(labels))
        shown = {stage for table in found for stage in table.total.amounts}
        return {
            "stages": [
                {"name": name, "label": label} for name, label in labels.items() if name in shown
            ],
            "tables": [
                {
                    "currency_id": table.currency,
                    "compared": table.compared and [labels[name] for name in table.compared],
                    "rows": [self._comparison_row(row) for row in table.rows],
                    "total": self._comparison_row(table.total),
                }
                for table in found
            ],
        }

    def _comparison_row(self, row):
        code = self.env["freight.charge.code"].browse(row.code or [])
        return {
            "code_id": code.id,
            "label": code.display_name or "",
            "amounts": {stage: float(amount) for stage, amount in row.amounts.items()},
            "difference": None if row.difference is None else float(row.difference),
        }
