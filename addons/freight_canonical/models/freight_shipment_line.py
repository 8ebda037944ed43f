from collections import defaultdict

from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

from ..quantities import variance

#: Columns that the fold of the ledger writes: pieces by what became of them.
PROJECTED = ("loaded", "delivered", "refused", "damaged", "short", "returned")


class FreightShipmentLine(models.Model):
    """Goods of a shipment: what was planned, and what became of its pieces as reported."""

    _name = "freight.shipment.line"
    _description = "Shipment Goods Line"
    _inherit = ["freight.guarded", "freight.owned"]
    _order = "shipment_id, sequence, id"
    _check_company_auto = True

    shipment_id = fields.Many2one(
        "freight.shipment", required=True, ondelete="cascade", index=True, check_company=True
    )
    company_id = fields.Many2one(related="shipment_id.company_id", store=True)
    sequence = fields.Integer(default=10)
    number = fields.Integer(
        string="Line", readonly=True, copy=False, help="By which messages speak of these goods."
    )
    product_id = fields.Many2one("product.product", ondelete="restrict")
    name = fields.Char(string="Description", required=True)
    quantity = fields.Float(digits="Product Unit of Measure", default=1.0)
    uom_id = fields.Many2one("uom.uom", string="Unit")
    weight = fields.Float(string="Weight (kg)", digits="Stock Weight")
    volume = fields.Float(string="Volume (m³)", digits="Volume")
    value = fields.Monetary()
    currency_id = fields.Many2one(
        "res.currency",
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        precompute=True,
        help="Of the value; the shipment's unless another one is said.",
    )
    handling_units = fields.Integer(help="Pallets, crates and the like that are handled as one.")
    freight_class = fields.Char(help="NMFC class")
    hazmat = fields.Boolean(string="Hazardous")
    un_number = fields.Char(string="UN number")
    pickup_stop_id = fields.Many2one(
        "freight.stop",
        domain="[('shipment_id', '=', shipment_id), ('role', '=', 'pickup')]",
        ondelete="set null",
        copy=False,
        check_company=True,
    )
    delivery_stop_id = fields.Many2one(
        "freight.stop",
        domain="[('shipment_id', '=', shipment_id), ('role', '=', 'delivery')]",
        ondelete="set null",
        copy=False,
        check_company=True,
    )
    loaded = fields.Float(readonly=True, copy=False, digits="Product Unit of Measure")
    delivered = fields.Float(readonly=True, copy=False, digits="Product Unit of Measure")
    refused = fields.Float(readonly=True, copy=False, digits="Product Unit of Measure")
    damaged = fields.Float(readonly=True, copy=False, digits="Product Unit of Measure")
    short = fields.Float(readonly=True, copy=False, digits="Product Unit of Measure")
    returned = fields.Float(readonly=True, copy=False, digits="Product Unit of Measure")
    over_delivered = fields.Float(compute="_compute_variance", digits="Product Unit of Measure")
    under_delivered = fields.Float(compute="_compute_variance", digits="Product Unit of Measure")

    _sql_constraints = [
        ("number_unique", "unique(shipment_id, number)", "Goods lines are numbered once each."),
        ("quantity_positive", "CHECK(quantity >= 0)", "Goods cannot be fewer than none."),
        ("weight_positive", "CHECK(weight >= 0)", "Goods cannot weigh less than nothing."),
    ]

    @api.model
    def _guarded(self):
        return super()._guarded() | {"number", *PROJECTED}

    @api.depends("shipment_id.currency_id")
    def _compute_currency_id(self):
        for line in self:
            line.currency_id = line.currency_id or line.shipment_id.currency_id

    @api.depends("quantity", *PROJECTED)
    def _compute_variance(self):
        """Compare what came with what was planned. Refused pieces came."""
        for line in self:
            told = {kind: line[kind] for kind in PROJECTED}
            line.over_delivered, line.under_delivered = variance(line.quantity, told)

    @api.constrains("shipment_id", "pickup_stop_id", "delivery_stop_id")
    def _check_stops(self):
        for line in self:
            if (line.pickup_stop_id | line.delivery_stop_id).shipment_id - line.shipment_id:
                raise ValidationError(
                    _("%s is loaded and unloaded at stops of its own shipment.", line.name)
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Number the goods lines of each shipment."""
        lines = super().create(vals_list)
        lines._number()
        return lines

    def _number(self):
        """Give these lines the numbers that follow the last of their shipment."""
        last = defaultdict(int)
        groups = self.sudo()._read_group(
            [("shipment_id", "in", self.shipment_id.ids)], ["shipment_id"], ["number:max"]
        )
        last.update({shipment.id: number for shipment, number in groups})
        for line in self.sudo():
            last[line.shipment_id.id] += 1
            line.number = last[line.shipment_id.id]
