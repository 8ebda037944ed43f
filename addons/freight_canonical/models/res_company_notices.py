"""What a company tells its customers of their shipments."""

from datetime import timedelta

from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    freight_notify_customers = fields.Boolean(
        string="Tell customers", help="By mail, once for each milestone, in their language."
    )
    freight_notice_to = fields.Selection(
        [("consignee", "Consignee")], string="Who is told", default="consignee", required=True
    )
    freight_notice_dispatched = fields.Boolean(string="When dispatched", default=True)
    freight_notice_delayed = fields.Boolean(string="When delayed", default=True)
    freight_notice_delivered = fields.Boolean(string="When delivered", default=True)
    freight_notice_damaged = fields.Boolean(string="When damaged")
    freight_notice_hours = fields.Integer(
        string="Not later than (hours)",
        default=72,
        help="What happened longer ago is no news: late imports and replays tell nobody.",
    )

    def _freight_tells(self, milestone, occurred):
        """Return whether customers are told now of ``milestone`` that ``occurred`` (UTC)."""
        self.ensure_one()
        age = fields.Datetime.now() - occurred
        return (
            self.freight_notify_customers
            and self[f"freight_notice_{milestone}"]
            and age <= timedelta(hours=self.freight_notice_hours)
        )
