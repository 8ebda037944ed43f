from odoo import _, api, fields, models
from odoo.addons.freight_canonical import db
from odoo.exceptions import UserError

#: Records that one transaction puts into the outbox.
BATCH = 200
#: What is sent -> (model, name of the announcement)
KINDS = {
    "party": ("res.partner", "party.created"),
    "charge_code": ("freight.charge.code", "charge_code.created"),
}


class FreightMasterLoad(models.Model):
    """Sends all master data that Odoo owns to one partner, through the outbox, in batches.

    What the partner was told of already, in that very state, is not told again.
    """

    _name = "freight.master.load"
    _description = "Master Data Sent"
    _inherit = "freight.guarded"
    _order = "id desc"
    _rec_name = "endpoint_id"

    endpoint_id = fields.Many2one(
        "freight.endpoint", string="To", required=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="endpoint_id.company_id", store=True)
    kind = fields.Selection(
        [("party", "Parties"), ("charge_code", "Charge codes")],
        string="What",
        required=True,
        default="party",
    )
    state = fields.Selection(
        [("draft", "Not begun"), ("running", "Running"), ("done", "Done")],
        required=True,
        readonly=True,
        default="draft",
    )
    seen = fields.Integer(string="Looked at", readonly=True)
    position = fields.Integer(readonly=True, help="The last record that was looked at.")

    @api.model
    def _guarded(self):
        return super()._guarded() | {"state", "seen", "position"}

    def action_send(self):
        """Begin; a job goes on with it from here.

        :raise UserError: when the partner takes nothing of that
        """
        self.check_access_rights("write")
        self.check_access_rule("write")
        for load in self.filtered(lambda one: one.state == "draft"):
            name = KINDS[load.kind][1]
            wishes = self.env["freight.subscription"]._naming(name, load.company_id)
            listening = load.endpoint_id.id in {wish.endpoint for wish in wishes}
            if not (listening and load.endpoint_id._takes_messages()):
                raise UserError(
                    _(
                        "%(endpoint)s takes no %(name)s: activate it, and subscribe it to"
                        " %(pattern)s first.",
                        endpoint=load.endpoint_id.display_name,
                        name=name,
                        pattern=name.replace("created", "*"),
                    )
                )
            load.sudo().state = "running"
        self.env.ref("freight_tms_connector.cron_master_load")._trigger()
        return True

    @api.model
    def _work(self):
        """Send what is to be sent, each batch in a transaction of its own."""
        ids = self.search([("state", "=", "running")], order="id").ids
        for key in ids:
            more = True
            while more:
                with db.transaction(self.pool) as env:
                    more = env[self._name].browse(key)._send_batch()

    def _send_batch(self):
        """Put the next batch into the outbox; return whether there may be more."""
        self.ensure_one()
        model, name = KINDS[self.kind]
        records = self.env[model].search(
            [
                ("id", ">", self.position),
                ("company_id", "in", (False, self.company_id.id)),
                *self._concerned(),
            ],
            order="id",
            limit=BATCH,
        )
        records._count_states()
        announcements = [
            record._announcement(name, self.company_id)
            for record in records
            if record._companies_to_tell(self.company_id)
        ]
        self.env["freight.emitter"]._announce_to(self.endpoint_id, announcements)
        more = len(records) == BATCH
        self.write(
            {
                "seen": self.seen + len(records),
                "position": records[-1:].id or self.position,
                "state": "running" if more else "done",
            }
        )
        return more

    def _concerned(self):
        """Return the domain of what is sent of a kind."""
        if self.kind == "charge_code":
            return []
        return [
            "|", "|",
            ("freight_is_carrier", "=", True),
            ("freight_is_customer", "=", True),
            ("freight_is_location", "=", True),
        ]  # fmt: skip
