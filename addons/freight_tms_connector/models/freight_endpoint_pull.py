from odoo import api, fields, models


class FreightEndpoint(models.Model):
    """Endpoints whose partner fetches its messages, see freight_message_out_pull.py."""

    _inherit = "freight.endpoint"

    delivery_way = fields.Selection(
        selection_add=[("pull", "They fetch it")],
        ondelete={"pull": "set default"},
        help="Partners behind a firewall fetch their messages by our API and acknowledge them.",
    )

    @api.model
    def _sending_sql(self):
        """Leave alone what is fetched: no lane takes it."""
        return f"{super()._sending_sql()} AND e.delivery_way <> 'pull'"
