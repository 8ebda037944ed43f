"""The setting that says whether this database is production."""

from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    freight_is_production = fields.Boolean(
        string="This is the production database",
        help="Only then anything is sent to, or fetched from, endpoints of the environment"
        " Production. The declaration does not hold in a copy of the database.",
    )
    freight_held_count = fields.Integer(
        string="Messages held back",
        readonly=True,
        help="They wait for production endpoints, and go out once it is declared.",
    )

    @api.model
    def get_values(self):
        """Read what is declared, and how much waits for it."""
        production = self.env["freight.environment"]._is_production()
        held = self.env["freight.message.out"].sudo()
        return {
            **super().get_values(),
            "freight_is_production": production,
            "freight_held_count": 0
            if production
            else held.search_count(
                [
                    ("state", "in", ("queued", "retry")),
                    ("endpoint_id.environment", "=", "production"),
                ]
            ),
        }

    def set_values(self):
        """Declare what changed."""
        result = super().set_values()
        environment = self.env["freight.environment"]
        if self.freight_is_production != environment._is_production():
            environment._declare(self.freight_is_production)
        return result
