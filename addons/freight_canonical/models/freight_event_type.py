from typing import NamedTuple

from odoo import _, api, fields, models, tools
from odoo.exceptions import ValidationError

#: Kinds that move nothing: an own type of such a kind may count as nothing.
SILENT = ("control", "ping")


class EventKind(NamedTuple):
    """An event type as the ledger needs it.

    ``counts_as`` is the code that the fold, the consumers and the controls know it by.
    """

    id: int
    kind: str
    stop_role: str | bool
    counts_as: str


class FreightEventType(models.Model):
    """What can happen to a shipment, with its codes in the standards.

    A company adds its own beside the shared ones and says which of those each counts as.
    """

    _name = "freight.event.type"
    _description = "Freight Event Type"
    _inherit = ["freight.code.list", "freight.cached"]
    _order = "sequence, code"
    _equivalents = ("x12_1650", "unece_24", "dcsa")

    sequence = fields.Integer(default=10)
    standard_id = fields.Many2one(
        "freight.event.type",
        string="Counts as",
        domain="[('company_id', '=', False), ('standard_id', '=', False)]",
        ondelete="restrict",
        help="The shared type that an event of this one counts as: for the shipment's state, for "
        "the consumers and for the controls. Empty: it is kept and changes nothing.",
    )
    kind = fields.Selection(
        [
            ("milestone", "Milestone"),
            ("exception", "Exception"),
            ("ping", "Ping"),
            ("appointment", "Appointment"),
            ("estimate", "Estimate"),
            ("control", "Control"),
        ],
        required=True,
        compute="_compute_from_standard",
        store=True,
        readonly=False,
        precompute=True,
        recursive=True,
    )
    stop_role = fields.Selection(
        [("pickup", "Pickup"), ("delivery", "Delivery")],
        compute="_compute_from_standard",
        store=True,
        readonly=False,
        precompute=True,
        recursive=True,
        help="Where it happens, for senders that do not name the stop.",
    )
    x12_1650 = fields.Char(string="X12 elements 1650 and 1652")
    unece_24 = fields.Char(string="UNECE Recommendation 24")
    dcsa = fields.Char(string="DCSA event")

    @api.depends("standard_id.kind", "standard_id.stop_role")
    def _compute_from_standard(self):
        """What counts as another type is of its kind, and happens where that does."""
        for own in self:
            own.kind = own.standard_id.kind or own.kind or "milestone"
            own.stop_role = own.stop_role or own.standard_id.stop_role

    @api.constrains("company_id", "standard_id", "kind")
    def _check_standard(self):
        for own in self:
            standard = own.standard_id
            if standard and (standard.company_id or standard.standard_id or not own.company_id):
                raise ValidationError(
                    _("%s: a company's own type counts as a shared one.", own.display_name)
                )
            if standard and standard.kind != own.kind:
                raise ValidationError(
                    _(
                        "%(own)s counts as %(standard)s and is of the same kind.",
                        own=own.display_name,
                        standard=standard.display_name,
                    )
                )
            if own.company_id and not standard and own.kind not in SILENT:
                raise ValidationError(
                    _(
                        "Say which shared type %s counts as. Only pings and controls may count "
                        "as nothing.",
                        own.display_name,
                    )
                )

    def _counts_as(self):
        """Return the code that an event of this type bears in the ledger."""
        own = self.code if not self.company_id else f"own:{self.code}"
        return self.standard_id.code or own

    @api.model
    @tools.ormcache("company_id")
    def _by_code(self, company_id=None):
        """Return {code: EventKind} of the types that documents of a company may name."""
        return {
            one.code: EventKind(one.id, one.kind, one.stop_role, one._counts_as())
            for one in self._known_to(company_id)
        }

    @api.model
    @tools.ormcache()
    def _wanted_as(self):
        """Return {id: (kind, ids of the types a consumer may name to get it)} of all types."""
        every = self.sudo().with_context(active_test=False)
        every = every.search_fetch([], ["kind", "standard_id"])
        return {one.id: (one.kind, {one.id, one.standard_id.id}) for one in every}

    @api.model
    def _code_example(self):
        return "gate_check"
