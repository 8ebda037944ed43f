from odoo import _, api, fields, models


class FreightMessageReplay(models.Model):
    """Who had which messages worked off again, when and why."""

    _name = "freight.message.replay"
    _description = "Replay of Messages"
    _inherit = "freight.message.rerunning"
    _rec_name = "replayed"

    replayed = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    user_id = fields.Many2one(string="Replayed by")
    message_ids = fields.Many2many(
        "freight.message.in",
        relation="freight_message_replay_message",
        column1="replay_id",
        column2="message_id",
        readonly=True,
    )

    def init(self):
        """Make the index that the ORM cannot declare: the replays of a message."""
        self.env.cr.execute(
            """
            CREATE INDEX IF NOT EXISTS freight_message_replay_message_message
                ON freight_message_replay_message (message_id)
            """
        )

    @api.model
    def _note(self, user, companies, reason, chosen=False):
        """Write down that ``user`` is about to replay messages of ``companies``."""
        return self.sudo().create(
            {
                "user_id": user.id,
                "company_ids": [(6, 0, companies.ids)],
                "reason": reason,
                "chosen": chosen,
            }
        )

    def action_open_messages(self):
        """Open the messages that were replayed then."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": _("Replayed messages"),
            "res_model": "freight.message.in",
            "view_mode": "tree,form",
            "domain": [("replay_ids", "in", self.ids)],
        }
