from decimal import Decimal

from odoo import _, models
from odoo.addons.freight_canonical.charge_table import Figure

from ..accruing import charge_key

#: Bills in these states ask for nothing.
VOID = ("rejected", "duplicate")


class FreightShipment(models.Model):
    """What carriers billed, beside what was expected."""

    _inherit = "freight.shipment"

    def _charge_stages(self):
        return [*super()._charge_stages(), ("billed", _("Billed"))]

    def _charge_figures(self):
        """Add what was billed, and let codes that name the same charge meet in one row."""
        figures = super()._charge_figures() + self._billed_figures()
        codes = self.env["freight.charge.code"].browse({figure.code for figure in figures})
        by_code = {code.code: code.id for code in codes}
        rows = {code.id: by_code.get(charge_key(code.code), code.id) for code in codes}
        return [
            Figure(figure.currency, rows[figure.code], figure.stage, figure.amount)
            for figure in figures
        ]

    def _billed_figures(self):
        """Return the lines of this shipment's bills, for those who may see bills."""
        bills = self._trace_records(
            "freight.carrier.invoice",
            [("shipment_id", "=", self.id), ("state", "not in", VOID)],
        )
        return [
            Figure(
                line.currency_id.id,
                line.code_id.id,
                "billed",
                Decimal(f"{line.amount:.{line.currency_id.decimal_places}f}"),
            )
            for line in bills.line_ids
            if line.code_id
        ]
