from odoo import _, api, fields, models


class FreightMessageResend(models.Model):
    """Who had which messages sent again, when and why. They keep their ids."""

    _name = "freight.message.resend"
    _description = "Messages Sent Again"
    _inherit = "freight.message.rerunning"
    _rec_name = "resent"

    resent = fields.Datetime(
        string="Sent again", required=True, readonly=True, default=fields.Datetime.now
    )
    client_id = fields.Many2one(
        "freight.api.client", string="Asked for by", readonly=True, ondelete="set null"
    )
    message_ids = fields.Many2many(
        "freight.message.out",
        relation="freight_message_resend_message",
        column1="resend_id",
        column2="message_id",
        readonly=True,
    )

    def init(self):
        """Make the index that the ORM cannot declare: when a message was sent again."""
        self.env.cr.execute(
            """
            CREATE INDEX IF NOT EXISTS freight_message_resend_message_message
                ON freight_message_resend_message (message_id)
            """
        )

    @api.model
    def _note(self, messages, reason=None, chosen=None, client=None):
        """Write down that the current user has ``messages`` sent again.

        :param chosen: the filter in words, None for what was picked by hand
        :param client: the ``freight.api.client`` that asked for it, None for a person
        """
        return self.sudo().create(
            {
                "user_id": self.env.uid,
                "client_id": client and client.id,
                "reason": reason,
                "chosen": chosen,
                "message_count": len(messages),
                "company_ids": [(6, 0, messages.company_id.ids)],
                "message_ids": [(6, 0, messages.ids)],
            }
        )

    def action_open_messages(self):
        """Open the messages that were sent again then."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": _("Sent again"),
            "res_model": "freight.message.out",
            "view_mode": "tree,form",
            "domain": [("id", "in", self.message_ids.ids)],
        }
