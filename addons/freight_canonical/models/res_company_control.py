from datetime import timedelta

from odoo import fields, models

from .. import controls
from ..lifecycle import RANK

#: Changing one of these changes what controls find.
POLICY = frozenset(
    {
        "freight_pickup_grace",
        "freight_delivery_grace",
        "freight_pod_hours",
        "freight_reference_hours",
    }
)

#: States in which somebody is awaited.
AWAITED = tuple(
    state for state, rank in RANK.items() if RANK["released"] <= rank < RANK["delivered"]
)


class ResCompany(models.Model):
    _inherit = "res.company"

    freight_team_id = fields.Many2one(
        "freight.team",
        string="Exception team",
        help="Works on exceptions whose kind names no team.",
    )
    freight_pickup_grace = fields.Float(
        string="Grace at pickup (hours)",
        default=0.5,
        help="How long after the appointment a pickup is not yet late.",
    )
    freight_delivery_grace = fields.Float(
        string="Grace at delivery (hours)",
        default=0.5,
        help="How long after the appointment a delivery is not yet late.",
    )
    freight_pod_hours = fields.Float(
        string="Proof of delivery within (hours)",
        default=48.0,
        help="After a delivery. 0: nobody is asked for it.",
    )
    freight_reference_hours = fields.Float(
        string="Carrier's number within (hours)",
        default=24.0,
        help="After dispatch. 0: nobody is asked for it.",
    )

    _sql_constraints = [
        (
            "freight_hours_not_negative",
            "CHECK(freight_pickup_grace >= 0 AND freight_delivery_grace >= 0"
            " AND freight_pod_hours >= 0 AND freight_reference_hours >= 0)",
            "Hours cannot be negative.",
        ),
    ]

    def write(self, vals):
        """Write, and let the clock look again at what a changed policy may concern."""
        result = super().write(vals)
        if POLICY & set(vals):
            self._look_at_shipments_again()
        return result

    def _look_at_shipments_again(self):
        """By one statement: there may be many. What was delivered long ago stays as it is."""
        self.env["freight.shipment"].flush_model(["control_due", "transport_state"])
        self.env.cr.execute(
            """
            UPDATE freight_shipment SET control_due = %s
             WHERE company_id = ANY(%s) AND (control_due IS NOT NULL OR transport_state = ANY(%s))
            """,
            [fields.Datetime.now(), self.ids, list(AWAITED)],
        )
        self.env["freight.shipment"].invalidate_model(["control_due"])

    def _freight_control_policy(self):
        """Return the :class:`~..controls.Policy` of this company."""
        self.ensure_one()

        def hours(number):
            return timedelta(hours=number)

        return controls.Policy(
            pickup_grace=hours(self.freight_pickup_grace),
            delivery_grace=hours(self.freight_delivery_grace),
            pod_after=hours(self.freight_pod_hours) if self.freight_pod_hours else None,
            reference_after=hours(self.freight_reference_hours)
            if self.freight_reference_hours
            else None,
            blameless=self.env["freight.exception.reason"]._blameless(self.id),
        )
