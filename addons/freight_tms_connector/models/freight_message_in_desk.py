"""What people look at: what a message concerns, how often it came, who decided what about it."""

from odoo import _, api, fields, models
from odoo.exceptions import UserError
from odoo.osv.expression import AND, NEGATIVE_TERM_OPERATORS, OR

#: Shipments whose messages one search looks for.
MOST_SHIPMENTS = 1000


class FreightMessageIn(models.Model):
    _inherit = "freight.message.in"

    mapping_id = fields.Many2one(related="version_id.mapping_id", string="Kind")
    system_id = fields.Many2one(
        "freight.system", compute="_compute_system_id", search="_search_system_id"
    )
    team_id = fields.Many2one(related="endpoint_id.team_id")
    shipment_ids = fields.Many2many(
        "freight.shipment",
        string="Shipments",
        compute="_compute_shipment_ids",
        search="_search_shipment_ids",
    )
    duplicate_ids = fields.One2many("freight.message.duplicate", "message_id", readonly=True)
    duplicate_count = fields.Integer(
        string="Repeats", compute="_compute_repeats", help="How often it came once more."
    )
    last_repeat = fields.Datetime(compute="_compute_repeats")
    filtered_count = fields.Integer(
        string="Filtered pings",
        compute="_compute_filtered_count",
        help="Positions in it that the sender's filter kept out of the ledger.",
    )
    replayed = fields.Boolean(readonly=True)
    replay_ids = fields.Many2many(
        "freight.message.replay",
        relation="freight_message_replay_message",
        column1="message_id",
        column2="replay_id",
        string="Replays",
        readonly=True,
    )
    resolution = fields.Text(help="Why a dead letter was dismissed.")
    dismissed = fields.Datetime(readonly=True)
    dismissed_by_id = fields.Many2one("res.users", readonly=True, ondelete="restrict")
    corrected_from_id = fields.Many2one(
        "freight.message.in",
        string="Corrected copy of",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
    )
    correction_ids = fields.One2many(
        "freight.message.in", "corrected_from_id", string="Corrected copies", readonly=True
    )

    def init(self):
        """Make the indexes that the lists and filters of people use; see also the queue's own.

        What every message costs is kept low: those for rare states and ways are partial.
        """
        self.env.cr.execute(
            """
            CREATE INDEX IF NOT EXISTS freight_message_in_by_endpoint
                ON freight_message_in (endpoint_id, id DESC);
            CREATE INDEX IF NOT EXISTS freight_message_in_arrivals
                ON freight_message_in (received, endpoint_id);
            CREATE INDEX IF NOT EXISTS freight_message_in_given_up
                ON freight_message_in (endpoint_id, state)
                WHERE state IN ('dead', 'quarantined');
            CREATE INDEX IF NOT EXISTS freight_message_in_exceptional
                ON freight_message_in (state, id) WHERE state NOT IN ('received', 'applied');
            CREATE INDEX IF NOT EXISTS freight_message_in_trouble
                ON freight_message_in (id) WHERE state IN ('dead', 'quarantined');
            CREATE INDEX IF NOT EXISTS freight_message_in_rare_channel
                ON freight_message_in (channel, id) WHERE channel <> 'hook';
            CREATE INDEX IF NOT EXISTS freight_message_in_uuid
                ON freight_message_in USING hash (uuid);
            """
        )
        return super().init()

    def _compute_shipment_ids(self):
        documents = self.env["freight.message.document"].search_fetch(
            [("message_id", "in", self.ids), ("shipment_id", "!=", False)],
            ["message_id", "shipment_id"],
        )
        readable = documents.shipment_id._filter_access_rules_python("read")
        by_message = documents.grouped("message_id")
        nothing = self.env["freight.message.document"]
        for message in self:
            message.shipment_ids = by_message.get(message, nothing).shipment_id & readable

    @api.model
    def _search_shipment_ids(self, operator, value):
        """Search by shipments, looked up first: few, and their messages are an index away."""
        if operator in NEGATIVE_TERM_OPERATORS or value is False:
            raise UserError(_("Search messages by the shipments that they speak of."))
        shipments = self.env["freight.shipment"]
        if isinstance(value, str):
            found = shipments.search([("any_number", operator, value)], limit=MOST_SHIPMENTS)
        else:
            found = shipments.search([("id", operator, value)], limit=MOST_SHIPMENTS)
        documents = self.env["freight.message.document"].sudo()
        groups = documents._read_group([("shipment_id", "in", found.ids)], ["message_id"])
        return [("id", "in", [message.id for (message,) in groups])]

    @api.depends("endpoint_id")
    def _compute_system_id(self):
        for message in self:
            message.system_id = message.endpoint_id.system_id

    @api.model
    def _search_system_id(self, operator, value):
        """Search by the sender's system or who runs it; the few endpoints are looked up first."""
        domain = [("system_id", operator, value)]
        if isinstance(value, str):
            join = AND if operator in NEGATIVE_TERM_OPERATORS else OR
            domain = join([domain, [("system_id.partner_id", operator, value)]])
        return [("endpoint_id", "in", self.env["freight.endpoint"].search(domain).ids)]

    def _compute_repeats(self):
        groups = (
            self.env["freight.message.duplicate"]
            .sudo()
            ._read_group(
                [("message_id", "in", self.ids)], ["message_id"], ["__count", "received:max"]
            )
        )
        repeats = {message.id: figures for message, *figures in groups}
        for message in self:
            message.duplicate_count, message.last_repeat = repeats.get(message.id, (0, False))

    def _compute_filtered_count(self):
        groups = self.env["freight.message.document"]._read_group(
            [("message_id", "in", self.ids), ("status", "=", "filtered")],
            ["message_id"],
            ["__count"],
        )
        filtered = {message.id: count for message, count in groups}
        for message in self:
            message.filtered_count = filtered.get(message.id, 0)

    def action_open_trace(self):
        """Open the trace page of the shipment that this message speaks of, or the list of them."""
        self.ensure_one()
        shipments = self.shipment_ids
        if len(shipments) == 1:
            return shipments.action_open_trace()
        return {
            "type": "ir.actions.act_window",
            "name": _("Shipments in this message"),
            "res_model": "freight.shipment",
            "view_mode": "tree,form",
            "domain": [("id", "in", shipments.ids)],
        }

    @api.depends("uuid", "mapping_id", "endpoint_id")
    def _compute_display_name(self):
        for message in self:
            kind = message.mapping_id.name or message.media_type or _("Message")
            message.display_name = _(
                "%(kind)s from %(endpoint)s (%(id)s)",
                kind=kind,
                endpoint=message.endpoint_id.name,
                id=message.uuid[:8],
            )
