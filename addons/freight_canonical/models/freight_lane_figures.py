from datetime import timedelta

from odoo import _, fields, models
from odoo.tools import SQL

#: States in which goods are on their way.
UNDER_WAY = ("dispatched", "in_transit", "arrived", "partially_delivered")
#: States in which a shipment whose planned delivery has passed is late.
LATE = ("released", "tendered", "accepted", *UNDER_WAY)
#: Columns of the shipment that decide that.
COUNTED = ("transport_state", "planned_delivery")
#: Days back over which punctuality is measured.
DAYS = 90


class FreightLane(models.Model):
    """What happens on a lane."""

    _inherit = "freight.lane"

    shipment_count = fields.Integer(string="Shipments", compute="_compute_figures")
    under_way_count = fields.Integer(string="Under way", compute="_compute_figures")
    late_count = fields.Integer(string="Late", compute="_compute_figures")
    judged_count = fields.Integer(
        string="Deliveries judged", compute="_compute_figures", help="In the last 90 days."
    )
    on_time_share = fields.Float(
        string="On time",
        compute="_compute_figures",
        help="Of the deliveries of the last 90 days that had an appointment.",
    )

    def _compute_figures(self):
        figures = self._figures()
        for lane in self:
            count, under_way, late, judged, on_time = figures.get(lane.id, (0,) * 5)
            lane.shipment_count = count
            lane.under_way_count = under_way
            lane.late_count = late
            lane.judged_count = judged
            lane.on_time_share = on_time / judged if judged else 0.0

    def _figures(self):
        """Return {lane id: (shipments, under way, late, judged, on time)} by one query."""
        shipments = self.env["freight.shipment"]
        shipments.flush_model(["lane_id", *COUNTED])
        self.env["freight.stop"].flush_model(["lane_id", "role", "on_time", "arrival", "unloaded"])
        visible = shipments._search([("lane_id", "in", self.ids)], order=None)
        now = fields.Datetime.now()
        self.env.cr.execute(
            SQL(
                """
                WITH seen AS (%(seen)s), judged AS (
                    SELECT p.lane_id, count(*) AS judged,
                           count(*) FILTER (WHERE p.on_time = 'on_time') AS on_time
                      FROM freight_stop p JOIN seen ON seen.id = p.shipment_id
                     WHERE p.role = 'delivery' AND p.on_time IN ('on_time', 'late')
                       AND COALESCE(p.arrival, p.unloaded) >= %(since)s
                     GROUP BY p.lane_id
                )
                SELECT seen.lane_id, count(*),
                       count(*) FILTER (WHERE transport_state IN %(under_way)s),
                       count(*) FILTER (
                           WHERE transport_state IN %(late)s AND planned_delivery < %(now)s
                       ),
                       COALESCE(max(judged.judged), 0), COALESCE(max(judged.on_time), 0)
                  FROM seen LEFT JOIN judged USING (lane_id)
                 GROUP BY seen.lane_id
                """,
                seen=visible.select(
                    *(f"freight_shipment.{name}" for name in ("id", "lane_id", *COUNTED))
                ),
                since=now - timedelta(days=DAYS),
                under_way=UNDER_WAY,
                late=LATE,
                now=now,
            )
        )
        return {row[0]: row[1:] for row in self.env.cr.fetchall()}

    # What lies behind the figures ---------------------------------------------------------------

    def action_open_shipments(self):
        """Open the shipments of these lanes."""
        return self._open_shipments(_("Shipments"), [])

    def action_open_under_way(self):
        """Open the shipments of these lanes that are on their way."""
        return self._open_shipments(_("Under way"), [("transport_state", "in", UNDER_WAY)])

    def action_open_late(self):
        """Open the shipments of these lanes that should have been delivered by now."""
        return self._open_shipments(
            _("Late"),
            [("transport_state", "in", LATE), ("planned_delivery", "<", fields.Datetime.now())],
        )

    def action_open_deliveries(self):
        """Open the deliveries of the last 90 days that had an appointment."""
        since = fields.Datetime.now() - timedelta(days=DAYS)
        return {
            "type": "ir.actions.act_window",
            "name": _("Deliveries judged"),
            "res_model": "freight.stop",
            "view_mode": "tree,form,graph,pivot",
            "domain": [
                ("lane_id", "in", self.ids),
                ("role", "=", "delivery"),
                ("on_time", "in", ("on_time", "late")),
                "|",
                ("arrival", ">=", since),
                "&",
                ("arrival", "=", False),
                ("unloaded", ">=", since),
            ],
        }

    def _open_shipments(self, name, domain):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": "freight.shipment",
            "view_mode": "tree,kanban,form,calendar,pivot,graph",
            "domain": [("lane_id", "in", self.ids), *domain],
        }
