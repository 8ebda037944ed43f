from functools import lru_cache

from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

from ..expressions import ExpressionError, compile_expression, is_true
from .freight_translation import IGNORED, INVALID

_compiled = lru_cache(maxsize=1024)(compile_expression)


class Route:
    """Where something decoded goes: to a mapping ``version``, for a ``company``, or nowhere.

    ``fault`` is (status, detail) of what goes nowhere.
    """

    __slots__ = ("version", "company", "fault")

    def __init__(self, version=None, company=None, fault=None):
        self.version = version
        self.company = company
        self.fault = fault


class FreightRoutingRule(models.Model):
    """What an endpoint does with messages of a certain content. The first rule that fits counts."""

    _name = "freight.routing.rule"
    _description = "Routing Rule"
    _inherit = "freight.guarded"
    _order = "endpoint_id, sequence, id"
    _rec_name = "condition"

    endpoint_id = fields.Many2one("freight.endpoint", required=True, ondelete="cascade", index=True)
    sequence = fields.Integer(default=10)
    kind = fields.Char(
        string="Message", help="Transaction set or message type, such as 214. Empty: any."
    )
    condition = fields.Char(
        help="JMESPath over {doc: the message as decoded, kind: its type}. Empty: always.",
    )
    action = fields.Selection(
        [("route", "Send on"), ("ignore", "Ignore")], required=True, default="route"
    )
    mapping_id = fields.Many2one(
        "freight.mapping",
        ondelete="restrict",
        help="Empty: the endpoint's mapping for such messages.",
    )
    company_id = fields.Many2one(
        "res.company", string="For company", help="Empty: the endpoint's own."
    )
    reason = fields.Char(help="Why such messages are ignored.")
    active = fields.Boolean(default=True)

    @api.constrains("condition")
    def _check_condition(self):
        for rule in self.filtered("condition"):
            try:
                compile_expression(rule.condition)
            except ExpressionError as error:
                raise ValidationError(_("This condition cannot be used: %s", error)) from error

    @api.constrains("action", "mapping_id", "company_id", "reason")
    def _check_effect(self):
        for rule in self:
            if rule.action == "ignore" and not (rule.reason or "").strip():
                raise ValidationError(_("Say why such messages are ignored."))
            if rule.action == "route" and not rule._goes_to():
                raise ValidationError(_("Name the mapping or the company that messages go to."))

    @api.constrains("company_id", "endpoint_id")
    def _check_company_allowed(self):
        for rule in self.filtered("company_id"):
            own = rule.endpoint_id.system_id.company_id
            if own and rule.company_id != own:
                raise ValidationError(
                    _(
                        "%(system)s serves %(own)s alone: its messages cannot go to %(company)s.",
                        system=rule.endpoint_id.system_id.name,
                        own=own.sudo().name,
                        company=rule.company_id.sudo().name,
                    )
                )
            if not self.env.su and rule.company_id not in self.env.user.company_ids:
                raise ValidationError(
                    _(
                        "You have no access to %s: choose another company.",
                        rule.company_id.sudo().name,
                    )
                )

    def _goes_to(self):
        """Return where this rule sends messages, empty where it names nothing."""
        self.ensure_one()
        return self.mapping_id or self.company_id

    def _fits(self, item):
        """Return whether this rule is about ``item``, which a codec decoded.

        :raise ExpressionError: when the condition cannot be applied to it
        """
        if self.kind and self.kind != item.kind:
            return False
        if not self.condition:
            return True
        return is_true(_compiled(self.condition)({"doc": item.tree, "kind": item.kind}))


class FreightEndpoint(models.Model):
    _inherit = "freight.endpoint"

    routing_rule_ids = fields.One2many("freight.routing.rule", "endpoint_id", string="Routing")


class FreightTranslation(models.AbstractModel):
    _inherit = "freight.translation"

    @api.model
    def _rule_for(self, endpoint, item):
        """Return the first routing rule of ``endpoint`` that is about ``item``, or None.

        :raise ExpressionError: when a condition cannot be applied to it
        """
        return next((rule for rule in endpoint.routing_rule_ids if rule._fits(item)), None)

    @api.model
    def _route(self, message, item, lookups):
        """Return the :class:`Route` of something decoded from ``message``.

        A rule that cannot be applied stops it: it may be the one that sends it elsewhere.
        """
        endpoint = message.endpoint_id
        try:
            rule = self._rule_for(endpoint, item)
        except ExpressionError as error:
            return Route(fault=(INVALID, _("A routing rule here cannot be applied: %s", error)))
        if rule and rule.action == "ignore":
            return Route(fault=(IGNORED, rule.reason))
        if rule and rule.mapping_id:
            version = rule.mapping_id.active_version_id
        else:
            version = lookups.version(endpoint, message.codec, item.kind)
        if not version:
            return Route(fault=self._no_reader(item.kind))
        return Route(version, rule and rule.company_id or message.company_id)
