"""Settings of what customers are told."""

from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    freight_notify_customers = fields.Boolean(
        related="company_id.freight_notify_customers", readonly=False
    )
    freight_notice_to = fields.Selection(related="company_id.freight_notice_to", readonly=False)
    freight_notice_dispatched = fields.Boolean(
        related="company_id.freight_notice_dispatched", readonly=False
    )
    freight_notice_delayed = fields.Boolean(
        related="company_id.freight_notice_delayed", readonly=False
    )
    freight_notice_delivered = fields.Boolean(
        related="company_id.freight_notice_delivered", readonly=False
    )
    freight_notice_damaged = fields.Boolean(
        related="company_id.freight_notice_damaged", readonly=False
    )
    freight_notice_hours = fields.Integer(related="company_id.freight_notice_hours", readonly=False)
