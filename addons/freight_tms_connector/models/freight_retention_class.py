from odoo import _, api, fields, models
from odoo.exceptions import UserError, ValidationError

#: The class of what cannot be told; it is kept as long as the class that is kept longest.
UNCLEAR = "unclear"

DIRECTIONS = [("in", "Received"), ("out", "Sent"), ("document", "Document")]


class FreightRetentionClass(models.Model):
    """What messages and documents have in common as to how long their content is kept."""

    _name = "freight.retention.class"
    _description = "Retention Class"
    _order = "sequence, id"

    code = fields.Char(required=True, copy=False)
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(
        required=True,
        default=100,
        help="The stricter first: a message that speaks of several kinds is of the first class.",
    )
    description = fields.Text(
        translate=True, help="What is in it, and which rules say how long it is kept."
    )
    kind_ids = fields.One2many("freight.retention.kind", "class_id", string="What is in it")
    policy_ids = fields.One2many("freight.retention.policy", "class_id")
    policy_text = fields.Char(string="In force", compute="_compute_policy_text")

    _sql_constraints = [("code_unique", "unique(code)", "There is a class with this code.")]

    @api.depends("policy_ids.state")
    @api.depends_context("allowed_company_ids")
    def _compute_policy_text(self):
        for one in self:
            policy = one._policy_of(self.env.company)
            if one.code == UNCLEAR:
                one.policy_text = _("As long as the class that is kept longest")
            else:
                one.policy_text = policy.period_text if policy else _("Nothing is erased")

    def _policy_of(self, company, proposed=None):
        """Return the policy in force for ``company``: its own, else its parent's, else the shared.

        None of them: nothing is erased.

        :param proposed: see :meth:`.freight_retention.FreightRetention._due`
        """
        self.ensure_one()
        policies = self.sudo().policy_ids
        found = policies.filtered(lambda one: one.state == "active")
        if proposed is not None:
            drafts = proposed or policies.filtered(lambda one: one.state == "draft")
            found = (drafts & policies) | found
        for place in (*reversed(company.sudo().parent_ids), self.env["res.company"]):
            policy = found.filtered(lambda one, place=place: one.company_id == place)
            if policy:
                return policy[:1]
        return found.browse()

    @api.model
    def _unclear(self):
        """Return the class of what cannot be told."""
        return self.sudo().search([("code", "=", UNCLEAR)], limit=1)

    @api.constrains("sequence")
    def _check_unclear_first(self):
        unclear = self._unclear()
        others = self.sudo().search([("id", "!=", unclear.id)])
        if unclear and any(one.sequence <= unclear.sequence for one in others):
            raise ValidationError(
                _("%s stays the first: what cannot be told is kept longest.", unclear.name)
            )

    def write(self, vals):
        """Write; the code of the class of what cannot be told stays.

        :raise UserError: for a new code for it
        """
        if "code" in vals and vals["code"] != UNCLEAR and UNCLEAR in self.mapped("code"):
            raise UserError(_("The class of what cannot be told keeps its code."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_unused(self):
        """Refuse for the class of what cannot be told, and for those with policies."""
        if UNCLEAR in self.mapped("code") or self.sudo().policy_ids:
            raise UserError(
                _("A class that has policies stays, and so does that of what cannot be told.")
            )


class FreightRetentionKind(models.Model):
    """One kind of message or document, and the class that it is of."""

    _name = "freight.retention.kind"
    _description = "Kind in a Retention Class"
    _order = "direction, pattern"
    _rec_name = "pattern"

    class_id = fields.Many2one("freight.retention.class", required=True, ondelete="cascade")
    direction = fields.Selection(DIRECTIONS, required=True, default="in")
    pattern = fields.Char(
        string="Kind",
        required=True,
        help="Received: the kind of a canonical document, such as event or invoice. Sent: the"
        " type of the event, such as shipment.*. Document: its type, such as pod. * stands for"
        " anything.",
    )

    _sql_constraints = [
        ("pattern_unique", "unique(direction, pattern)", "This kind is in a class already."),
    ]
