from markupsafe import Markup
from odoo import _, api, fields, models
from odoo.exceptions import UserError

MAX_MESSAGES = 500
#: Bodies that are opened for one trial, in bytes.
MAX_BYTES = 32 * 1024 * 1024
#: Messages whose differences are shown one by one.
MAX_SHOWN = 100


class FreightMappingTry(models.TransientModel):
    """Runs a version of a mapping over stored messages and shows what it would change.

    The result is worked out when it is looked at and kept nowhere, as it says what sealed messages
    say.
    """

    _name = "freight.mapping.try"
    _description = "Try a Mapping"

    version_id = fields.Many2one("freight.mapping.version", required=True, ondelete="cascade")
    against = fields.Selection(
        [("active", "The active version"), ("applied", "The version that translated it")],
        string="Compare with",
        required=True,
        default="active",
    )
    endpoint_id = fields.Many2one("freight.endpoint", help="Empty: all that use the mapping.")
    date_from = fields.Datetime(string="Received from")
    date_to = fields.Datetime(string="Received until")
    limit = fields.Integer(string="Newest messages", default=50)
    message_ids = fields.Many2many("freight.message.in", string="Only these messages")
    ran = fields.Boolean()
    result = fields.Html(compute="_compute_result", sanitize=False)

    def action_run(self):
        """Show what this version makes of the messages.

        :raise UserError: for a number of messages out of bounds
        """
        self.ensure_one()
        if not 0 < self.limit <= MAX_MESSAGES:
            raise UserError(_("Choose between 1 and %s messages.", MAX_MESSAGES))
        self.ran = True
        return {
            "type": "ir.actions.act_window",
            "name": _("Try %s", self.version_id.display_name),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
        }

    def _messages(self):
        """Return the messages to try, as far as they fit into memory together."""
        if self.message_ids:
            messages = self.env["freight.message.in"].search(
                [("id", "in", self.message_ids.ids), ("state", "!=", "refused")], limit=self.limit
            )
        else:
            messages = self.version_id._messages_read(
                [
                    *([("endpoint_id", "=", self.endpoint_id.id)] if self.endpoint_id else []),
                    *([("received", ">=", self.date_from)] if self.date_from else []),
                    *([("received", "<=", self.date_to)] if self.date_to else []),
                ],
                self.limit,
            )
        room, taken = MAX_BYTES, messages.browse()
        for message in messages:
            room -= message.size
            if room < 0 and taken:
                break
            taken |= message
        return taken

    @api.depends("ran", "version_id", "against")
    def _compute_result(self):
        for wizard in self:
            wizard.result = wizard._tried() if wizard.ran else False

    def _tried(self):
        version = self.version_id
        trial = self.env["freight.mapping.trial"]
        active = version.mapping_id.active_version_id
        base_for = (
            (lambda _message: active)
            if self.against == "active"
            else (lambda message: message.version_id)
        )
        messages = self._messages()
        if not messages:
            trial._check_may_read()
            return Markup("<p>%s</p>") % _(
                "No stored message is read by this mapping there. Choose another endpoint or"
                " period, or paste a message in the editor."
            )
        same, rows, failed = 0, [], 0
        for message, made, differences in trial._compare(version, messages, base_for):
            failed += made.fails
            if not differences and not made.fails:
                same += 1
            else:
                rows.append((message, made, differences))
        return self._page(len(messages), same, failed, rows)

    def _page(self, total, same, failed, rows):
        """Return the totals and what differs, message by message; all that is theirs is escaped."""
        totals = _(
            "%(same)s of %(total)s the same, %(changed)s changed, %(failed)s fail.",
            same=same,
            total=total,
            changed=sum(bool(differences) for _message, _made, differences in rows),
            failed=failed,
        )
        page = [Markup('<h3 class="o_freight_trial_totals">%s</h3>') % totals]
        for message, made, differences in rows[:MAX_SHOWN]:
            faults = [one for one in (made.error, *made.errors) if one]
            page.append(
                Markup("<details open='open'><summary>%s</summary>%s%s</details>")
                % (
                    _(
                        "%(received)s, %(endpoint)s, message %(id)s",
                        received=message.received,
                        endpoint=message.endpoint_id.name,
                        id=message.uuid,
                    ),
                    Markup().join(
                        Markup('<div class="text-danger">%s</div>') % one for one in faults
                    ),
                    self.version_id._difference_table(differences) if differences else "",
                )
            )
        if len(rows) > MAX_SHOWN:
            page.append(Markup("<p>%s</p>") % _("%s more messages differ.", len(rows) - MAX_SHOWN))
        return Markup().join(page)
