from odoo import _, api, fields, models
from odoo.exceptions import UserError
from odoo.osv.expression import AND
from odoo.tools import format_datetime

#: Messages that a choice shows of its two ends.
SHOWN = 3


class FreightMessageChoice(models.AbstractModel):
    """Messages that a person picks, or finds by a filter, with what they are before it happens."""

    _name = "freight.message.choice"
    _description = "Choice of Messages"

    picked = fields.Boolean(help="Picked by hand in a list.")
    message_ids = fields.Many2many("freight.message.in", string="Messages", readonly=True)
    endpoint_ids = fields.Many2many("freight.endpoint", string="Endpoints")
    system_id = fields.Many2one("freight.system", string="Partner's system")
    received_from = fields.Datetime(string="Received from")
    received_to = fields.Datetime(string="Received before")
    shipment_id = fields.Many2one("freight.shipment")
    channel = fields.Selection(
        lambda self: self.env["freight.message.in"]._fields["channel"].selection,
        string="Came by",
    )
    error_contains = fields.Char(
        string="Error contains", help="A part of the error, as it stands on the messages."
    )
    dead = fields.Boolean(string="Dead letters", default=True)
    quarantined = fields.Boolean(default=True)
    reason = fields.Text(string="Why", required=True)
    message_count = fields.Integer(string="Chosen messages", compute="_compute_preview")
    oldest_ids = fields.Many2many("freight.message.in", compute="_compute_preview")
    newest_ids = fields.Many2many("freight.message.in", compute="_compute_preview")

    @api.model
    def _state_choices(self):
        """Return the fields that each choose the state of their name."""
        return ("dead", "quarantined")

    def _preview_fields(self):
        return (
            "picked",
            "message_ids",
            "endpoint_ids",
            "system_id",
            "received_from",
            "received_to",
            "shipment_id",
            "channel",
            "error_contains",
            *self._state_choices(),
        )

    @api.depends(lambda self: self._preview_fields())
    def _compute_preview(self):
        messages = self.env["freight.message.in"]
        for wizard in self:
            domain = wizard._domain()
            wizard.message_count = messages.search_count(domain)
            wizard.oldest_ids = messages.search(domain, order="id", limit=SHOWN)
            wizard.newest_ids = messages.search(domain, order="id desc", limit=SHOWN)

    def _states(self):
        return [name for name in self._state_choices() if self[name]]

    def _domain(self):
        """Return the domain of what is chosen; rules of access come on top."""
        self.ensure_one()
        if self.picked:
            return [("id", "in", self.message_ids.ids)]
        found = [[("state", "in", self._states())]]
        for name, operator, value in (
            ("endpoint_id", "in", self.endpoint_ids.ids),
            ("system_id", "=", self.system_id.id),
            ("received", ">=", self.received_from),
            ("received", "<", self.received_to),
            ("shipment_ids", "in", self.shipment_id.ids),
            ("channel", "=", self.channel),
            ("error", "ilike", self.error_contains),
        ):
            if value:
                found.append([(name, operator, value)])
        return AND(found)

    def _in_words(self):
        """Return the filter as a person reads it later; nothing for what was picked by hand."""
        if self.picked:
            return False
        fields_shown = {
            "endpoint_ids": ", ".join(self.endpoint_ids.mapped("name")),
            "system_id": self.system_id.name,
            "received_from": self.received_from and format_datetime(self.env, self.received_from),
            "received_to": self.received_to and format_datetime(self.env, self.received_to),
            "shipment_id": self.shipment_id.name,
            "channel": self.channel,
            "error_contains": self.error_contains,
        }
        lines = [
            f"{self._fields[name]._description_string(self.env)}: {value}"
            for name, value in fields_shown.items()
            if value
        ]
        return "\n".join([_("States: %s", ", ".join(self._states())), *lines])

    def _chosen(self):
        """Return the messages chosen, those of other companies and nobody's left out.

        :raise UserError: where there is none, or nobody said why
        """
        self.ensure_one()
        if not (self.reason or "").strip():
            raise UserError(_("Say why: whoever looks at these messages later wants to know."))
        messages = self.env["freight.message.in"]
        messages.check_access_rights("write")
        chosen = messages.search(self._domain(), order="id")
        if not chosen:
            raise UserError(_("Nothing is chosen: change the filter."))
        return chosen

    def _told(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": message,
                "type": "success",
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
