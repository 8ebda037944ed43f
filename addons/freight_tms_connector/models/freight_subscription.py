import uuid

from odoo import _, api, fields, models, tools
from odoo.exceptions import UserError, ValidationError

from .. import subscribing
from ..subscribing import Wish

#: States in which what happens is written down for a subscriber.
TOLD = ("active", "paused")


class FreightSubscription(models.Model):
    """What an endpoint wants to be told, of which carriers and lanes.

    A subscriber with an address of its own is an endpoint of its own, so that it has its own
    secret, its own breaker and its own page, and holds up nobody else.
    """

    _name = "freight.subscription"
    _description = "Subscription"
    _inherit = ["freight.cached", "freight.guarded"]
    _order = "endpoint_id, id"
    _rec_names_search = ["endpoint_id", "pattern", "type_ids"]
    _check_company_auto = True

    name = fields.Char(compute="_compute_name")
    endpoint_id = fields.Many2one("freight.endpoint", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="endpoint_id.company_id", store=True, index=True)
    system_id = fields.Many2one(related="endpoint_id.system_id", store=True, index=True)
    url = fields.Char(related="endpoint_id.url", string="Address")
    type_ids = fields.Many2many(
        "freight.announcement.type", string="Events", help="What the subscriber is told of."
    )
    pattern = fields.Char(
        string="Patterns",
        help="More events by their names; * stands for anything, such as shipment.* or *. Several"
        " between spaces.",
    )
    unknown_patterns = fields.Char(compute="_compute_unknown_patterns")
    carrier_ids = fields.Many2many(
        "res.partner",
        string="Carriers",
        domain="[('freight_is_carrier', '=', True)]",
        check_company=True,
        help="Only of shipments that one of them moves. Empty: of all.",
    )
    lane_ids = fields.Many2many(
        "freight.lane",
        string="Lanes",
        check_company=True,
        help="Only of shipments on one of them. Empty: of all.",
    )
    mode = fields.Selection(
        selection=lambda self: self.env["freight.shipment"]._fields["mode"].selection,
        help="Only of shipments of this mode. Empty: of all.",
    )
    state = fields.Selection(
        [("draft", "Not yet"), ("active", "Active"), ("paused", "Paused")],
        required=True,
        readonly=True,
        default=lambda self: "draft" if self.env.context.get("freight_draft") else "active",
        copy=False,
        help="What happens while it is paused is written down, and sent when it goes on.",
    )
    standing = fields.Selection(
        [
            ("draft", "Not yet"),
            ("active", "Active"),
            ("paused", "Paused"),
            ("stopped", "Stopped"),
        ],
        compute="_compute_standing",
        help="Stopped: the address answered that it is gone (HTTP 410).",
    )
    health = fields.Selection(related="endpoint_id.health")
    health_reason = fields.Text(related="endpoint_id.health_reason")
    active = fields.Boolean(default=True)
    uuid = fields.Char(
        required=True, readonly=True, copy=False, default=lambda self: uuid.uuid4().hex
    )

    _sql_constraints = [("uuid_unique", "unique(uuid)", "This id is taken.")]

    def _init_column(self, column_name):
        """Give each subscription of a version before an id of its own."""
        if column_name != "uuid":
            return super()._init_column(column_name)
        self.env.cr.execute(
            "UPDATE freight_subscription SET uuid = replace(gen_random_uuid()::text, '-', '')"
            " WHERE uuid IS NULL"
        )
        return None

    @api.model
    def _guarded(self):
        return super()._guarded() | {"state", "uuid"}

    @api.depends("type_ids.code", "pattern", "endpoint_id.name")
    def _compute_name(self):
        for one in self:
            wanted = [*one.type_ids.mapped("code"), *(one.pattern or "").split()]
            more = _(" and %s more", len(wanted) - 2) if len(wanted) > 2 else ""
            one.name = f"{one.endpoint_id.name}: {', '.join(wanted[:2])}{more}"

    @api.depends("state", "endpoint_id.deliveries_stopped")
    def _compute_standing(self):
        for one in self:
            stopped = one.state != "draft" and one.endpoint_id.deliveries_stopped
            one.standing = "stopped" if stopped else one.state

    @api.depends("pattern")
    def _compute_unknown_patterns(self):
        known = self.env["freight.announcement.type"]._known()
        for one in self:
            wanted = tuple((one.pattern or "").replace(",", " ").split())
            one.unknown_patterns = " ".join(subscribing.strangers(wanted, known)) or False

    @api.constrains("pattern", "type_ids")
    def _check_pattern(self):
        for one in self:
            try:
                subscribing.patterns(one.pattern)
            except ValueError as error:
                raise ValidationError(
                    _(
                        "%s is no pattern of events: write names as they stand in the catalogue,"
                        " with * for anything.",
                        error,
                    )
                ) from error
            if not one._patterns():
                raise ValidationError(
                    _("Choose the events that %s is told of.", one.endpoint_id.name)
                )

    # Matching ------------------------------------------------------------------------------------

    def _patterns(self):
        """Return all names and patterns of this subscription."""
        return (*self.type_ids.mapped("code"), *subscribing.patterns(self.pattern))

    @api.model
    @tools.ormcache("company_id")
    def _wishes(self, company_id):
        """Return the :class:`~..subscribing.Wish` of each subscription in a company, by id.

        Kept in memory, so that what nobody wants to hear of costs nothing.
        """
        found = self.sudo().search(
            [("company_id", "=", company_id), ("state", "in", TOLD)], order="id"
        )
        return tuple(one._wish() for one in found)

    def _wish(self):
        return Wish(
            subscription=self.id,
            endpoint=self.endpoint_id.id,
            patterns=self._patterns(),
            carriers=frozenset(self.carrier_ids.commercial_partner_id.ids),
            lanes=frozenset(self.lane_ids.ids),
            mode=self.mode or None,
            held=self.state == "paused",
        )

    @api.model
    def _naming(self, event_type, company):
        """Return the wishes of ``company`` that ask for ``event_type``."""
        return [wish for wish in self._wishes(company.id) if subscribing.names(wish, event_type)]

    # Life ----------------------------------------------------------------------------------------

    def action_activate(self):
        """Let the subscriber be told, and what was held back meanwhile go out, in its order.

        :raise AccessError: for who may not change subscriptions
        :raise UserError: for one whose address is gone
        """
        subscriptions = self._for_action()
        gone = subscriptions.filtered(lambda one: one.endpoint_id.deliveries_stopped)
        if gone:
            raise UserError(
                _(
                    "%s answered that its address is gone: correct the address, then enable"
                    " deliveries again there.",
                    gone[0].endpoint_id.name,
                )
            )
        subscriptions.write({"state": "active"})
        self.env["freight.message.out"].sudo()._release_held(subscriptions)

    def action_pause(self):
        """Write down what happens from now on, and send it when the subscription goes on."""
        self._for_action().filtered(lambda one: one.state == "active").write({"state": "paused"})
