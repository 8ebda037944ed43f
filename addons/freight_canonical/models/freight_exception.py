from odoo import _, api, fields, models
from odoo.exceptions import UserError


class FreightException(models.Model):
    """A case that somebody must look at, opened by an event or by a control."""

    _name = "freight.exception"
    _description = "Freight Exception"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "state, opened desc, id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name", store=True)
    code = fields.Selection(
        [
            ("unknown_code", "Unknown code"),
            ("no_shipment", "Shipment not found"),
            ("ambiguous_reference", "Ambiguous reference"),
            ("not_theirs", "Not the sender's shipment"),
            ("identity", "Event id used before"),
            ("ownership", "Change of another system's data"),
            ("delay", "Delay"),
            ("damage", "Damage"),
            ("shortage", "Shortage"),
            ("refusal", "Refusal"),
            ("consumer_failed", "Consumer failed"),
            ("message_failed", "Message failed"),
            ("delivery_failed", "Partner not reached"),
            ("no_rate", "No rate"),
            ("invoice", "Carrier invoice"),
        ],
        required=True,
        index=True,
    )
    dedup_key = fields.Char(required=True, index=True, readonly=True)
    severity = fields.Selection(
        [("info", "Information"), ("warning", "Warning"), ("critical", "Critical")],
        required=True,
        default="warning",
    )
    state = fields.Selection(
        [("open", "Open"), ("resolved", "Resolved")], required=True, default="open", index=True
    )
    shipment_id = fields.Many2one("freight.shipment", ondelete="cascade", index=True)
    company_id = fields.Many2one("res.company", required=True, ondelete="restrict")
    description = fields.Text(required=True)
    reason_id = fields.Many2one("freight.exception.reason", ondelete="restrict")
    occurrences = fields.Integer(default=1, readonly=True)
    opened = fields.Datetime(default=fields.Datetime.now, required=True, readonly=True)
    resolved = fields.Datetime(readonly=True)
    resolver_id = fields.Many2one("res.users", readonly=True)
    resolution = fields.Text(tracking=True)

    def init(self):
        """Make the index that the ORM cannot declare."""
        self.env.cr.execute(
            """
            CREATE UNIQUE INDEX IF NOT EXISTS freight_exception_one_open
                ON freight_exception (company_id, code, dedup_key) WHERE state = 'open'
            """
        )

    @api.depends("code", "shipment_id.name", "dedup_key")
    def _compute_name(self):
        labels = dict(self._fields["code"]._description_selection(self.env))
        for case in self:
            about = case.shipment_id.name or case.dedup_key
            case.name = f"{labels.get(case.code, '')}: {about}"

    @api.model
    def _raise_case(self, code, key, description, shipment=None, company=None, severity="warning"):
        """Open a case, or count one more occurrence of the open one with the same key.

        :return: the ``freight.exception``
        """
        company = company or (shipment and shipment.company_id) or self.env.company
        case = self.search(
            [
                ("company_id", "=", company.id),
                ("code", "=", code),
                ("dedup_key", "=", key),
                ("state", "=", "open"),
            ],
            limit=1,
        )
        if case:
            case.occurrences += 1
            return case
        return self.create(
            {
                "code": code,
                "dedup_key": key,
                "description": description,
                "shipment_id": shipment.id if shipment else False,
                "company_id": company.id,
                "severity": severity,
            }
        )

    def action_resolve(self):
        """Close the case; a resolution says what was done."""
        for case in self:
            if not (case.resolution or "").strip():
                raise UserError(_("Say how %s was resolved before you close it.", case.name))
        self.write(
            {
                "state": "resolved",
                "resolved": fields.Datetime.now(),
                "resolver_id": self.env.uid,
            }
        )

    @api.model
    def _close_cases(self, code, keys, resolution, company=None):
        """Close open cases, of one company if it is given, whose cause has gone."""
        cases = self.search(
            [
                ("code", "=", code),
                ("dedup_key", "in", list(keys)),
                ("state", "=", "open"),
                *([("company_id", "=", company.id)] if company else []),
            ]
        )
        cases.write(
            {"state": "resolved", "resolved": fields.Datetime.now(), "resolution": resolution}
        )
        return cases
