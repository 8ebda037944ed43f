from collections import Counter

from odoo import _, api, fields, models
from odoo.exceptions import UserError

from .. import db

#: A case opened by the suite is no news to anybody's inbox: it stands on the list.
QUIET = {"mail_create_nolog": True, "mail_create_nosubscribe": True, "tracking_disable": True}

#: What only opening, closing and the clock write.
GUARDED = (
    "type_id",
    "dedup_key",
    "state",
    "shipment_id",
    "stop_id",
    "lane_id",
    "company_id",
    "description",
    "occurrences",
    "opened",
    "clock_start",
    "deadline",
    "escalated",
    "resolved",
    "resolver_id",
    "closed_by",
    "by_control",
    "cause",
)


class FreightException(models.Model):
    """A case that somebody must look at, opened by an event or by a control."""

    _name = "freight.exception"
    _description = "Freight Exception"
    _inherit = ["mail.thread", "mail.activity.mixin", "freight.guarded"]
    _order = "state, opened desc, id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name", store=True, precompute=True)
    type_id = fields.Many2one(
        "freight.exception.type",
        string="Kind",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
    )
    code = fields.Char(related="type_id.code", store=True, precompute=True, index=True)
    dedup_key = fields.Char(required=True, index=True, readonly=True)
    severity = fields.Selection(
        [("info", "Information"), ("warning", "Warning"), ("critical", "Critical")],
        required=True,
        default="warning",
        tracking=True,
    )
    state = fields.Selection(
        [("open", "Open"), ("resolved", "Resolved")],
        required=True,
        readonly=True,
        default="open",
        index=True,
        tracking=True,
    )
    shipment_id = fields.Many2one("freight.shipment", ondelete="cascade", index=True, readonly=True)
    stop_id = fields.Many2one("freight.stop", ondelete="set null", readonly=True)
    carrier_id = fields.Many2one(
        related="shipment_id.carrier_id", store=True, precompute=True, index=True
    )
    lane_id = fields.Many2one(
        "freight.lane",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
        help="The shipment's lane when the case opened.",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")
    description = fields.Text(required=True, readonly=True)
    reason_id = fields.Many2one("freight.exception.reason", ondelete="restrict")
    service_failure = fields.Boolean(
        compute="_compute_service_failure",
        store=True,
        precompute=True,
        help="Counts against the carrier.",
    )
    occurrences = fields.Integer(default=1, readonly=True)
    opened = fields.Datetime(default=fields.Datetime.now, required=True, readonly=True)
    by_control = fields.Boolean(
        readonly=True, help="Opened by a control, which closes it when its cause goes."
    )
    cause = fields.Text(readonly=True, help="What a control opened this case for.")

    def init(self):
        """Make the index that the ORM cannot declare."""
        self.env.cr.execute(
            """
            CREATE UNIQUE INDEX IF NOT EXISTS freight_exception_one_open
                ON freight_exception (company_id, code, dedup_key) WHERE state = 'open'
            """
        )

    @api.model
    def _guarded(self):
        return super()._guarded() | {*GUARDED}

    @api.depends("type_id.name", "shipment_id.name", "dedup_key")
    def _compute_name(self):
        for case in self:
            about = case.shipment_id.name or case.dedup_key
            case.name = f"{case.type_id.name}: {about}"

    @api.depends("type_id.service_failure", "reason_id.service_failure")
    def _compute_service_failure(self):
        for case in self:
            excused = case.reason_id and not case.reason_id.service_failure
            case.service_failure = case.type_id.service_failure and not excused

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Refuse: who resolved what, and how, stays."""
        if not self.env.su:
            raise UserError(_("Exceptions are kept: resolve them instead of deleting them."))

    def action_open_shipment(self):
        """Open the shipment that this case is about."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "freight.shipment",
            "res_id": self.shipment_id.id,
            "view_mode": "form",
        }

    def action_open_trace(self):
        """Open the page that walks from message to journal entry."""
        return self.shipment_id.action_open_trace()

    # Opening ------------------------------------------------------------------------------------

    @api.model
    def _raise_case(self, code, key, description, shipment=None, company=None, severity=None):
        """Open a case, or count one more occurrence of the open one with the same key.

        :return: the ``freight.exception``
        """
        return self._raise_cases(
            [
                {
                    "code": code,
                    "key": key,
                    "description": description,
                    "shipment": shipment,
                    "company": company,
                    "severity": severity,
                }
            ]
        )

    @api.model
    def _raise_cases(self, wanted):
        """Open cases, or count the occurrences of those that are open with the same key.

        :param wanted: dicts with ``code`` (of a ``freight.exception.type``), ``key`` and
            ``description``, and maybe ``shipment``, ``company``, ``severity`` (else the kind's
            own) and ``values`` (further fields)
        :return: the ``freight.exception`` of each of ``wanted``, in order
        :raise KeyError: for a code that no kind has
        """
        if not wanted:
            return self.browse()
        cases = self.sudo()
        places = [(self._company_of(one).id, one["code"], one["key"]) for one in wanted]
        found = cases._open_by_place(places)
        seen = Counter(place for place in places if place in found)
        cases._count_occurrences({found[place]: count for place, count in seen.items()})
        new = {}
        for place, one in zip(places, wanted, strict=True):
            if place in found:
                continue
            values = new.setdefault(place, self._opening_values(place, one))
            values["occurrences"] += 1
        opened = cases._open(list(new.values()))
        found.update(zip(new, opened, strict=True))
        return self.browse([found[place].id for place in places])

    @api.model
    def _company_of(self, wanted):
        shipment = wanted.get("shipment")
        return wanted.get("company") or (shipment and shipment.company_id) or self.env.company

    @api.model
    def _open_by_place(self, places):
        """Return {(company id, code, key): open case} for those of ``places`` that have one."""
        if not places:
            return {}
        companies, codes, keys = (list(set(part)) for part in zip(*places, strict=True))
        cases = self.search(
            [
                ("company_id", "in", companies),
                ("code", "in", codes),
                ("dedup_key", "in", keys),
                ("state", "=", "open"),
            ]
        )
        return {(case.company_id.id, case.code, case.dedup_key): case for case in cases}

    @api.model
    def _count_occurrences(self, counts):
        """Add ``counts`` (by case) to the occurrences of cases."""
        db.update_rows(
            self,
            ["occurrences"],
            {case.id: (case.occurrences + count,) for case, count in counts.items()},
        )

    @api.model
    def _opening_values(self, place, wanted):
        company, code, key = place
        kind = self.env["freight.exception.type"].sudo()
        kind = kind.browse(kind._by_code()[code])
        shipment = wanted.get("shipment")
        return {
            "type_id": kind.id,
            "dedup_key": key,
            "description": wanted["description"],
            "shipment_id": shipment.id if shipment else False,
            "lane_id": shipment.lane_id.id if shipment else False,
            "company_id": company,
            "severity": wanted.get("severity") or kind.severity,
            "occurrences": 0,
            **wanted.get("values", {}),
        }

    @api.model
    def _open(self, values):
        """Create cases from ``values``; in a batch, and without a word to anybody's inbox."""
        return self.browse(self.with_context(**QUIET).create(values).ids)
