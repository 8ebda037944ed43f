from odoo import fields, models


class FreightEndpoint(models.Model):
    _inherit = "freight.endpoint"

    delivery_way = fields.Selection(
        [("post", "We post it to their address"), ("pull", "They fetch it")],
        string="How it reaches them",
        required=True,
        default="post",
        help="Partners behind a firewall fetch their messages by our API and acknowledge them.",
    )
