from odoo import fields, models


class FreightEndpoint(models.Model):
    _inherit = "freight.endpoint"

    retention_class_id = fields.Many2one(
        "freight.retention.class",
        string="Retention of the rest",
        ondelete="restrict",
        help="The class of those of its messages whose kind nothing tells, such as what was refused"
        " at the door. Empty: they are kept as long as the class that is kept longest.",
    )
