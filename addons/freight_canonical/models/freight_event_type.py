from odoo import api, fields, models, tools


class FreightEventType(models.Model):
    """What can happen to a shipment, with its codes in the standards."""

    _name = "freight.event.type"
    _description = "Freight Event Type"
    _inherit = "freight.cached"
    _order = "sequence, code"
    _rec_names_search = ["code", "name"]

    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
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
        default="milestone",
    )
    stop_role = fields.Selection(
        [("pickup", "Pickup"), ("delivery", "Delivery")],
        help="Where it happens, for senders that do not name the stop.",
    )
    x12_1650 = fields.Char(string="X12 element 1650")
    unece_24 = fields.Char(string="UNECE Recommendation 24")
    dcsa = fields.Char(string="DCSA event")
    active = fields.Boolean(default=True)

    _sql_constraints = [("code_unique", "unique(code)", "This event type exists already.")]

    @api.model
    @tools.ormcache()
    def _by_code(self):
        """Return {code: (id, kind, stop role)} of all types."""
        every = self.with_context(active_test=False)
        types = every.search_fetch([], ["code", "kind", "stop_role"])
        return {kind.code: (kind.id, kind.kind, kind.stop_role) for kind in types}
