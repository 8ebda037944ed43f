"""How messages reach an endpoint, whether they may, and what people do when they do not."""

from odoo import _, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime


class FreightEndpoint(models.Model):
    _inherit = "freight.endpoint"

    delivery_way = fields.Selection(
        [("post", "We post it to their address"), ("pull", "They fetch it")],
        string="How it reaches them",
        required=True,
        default="post",
        help="Partners behind a firewall fetch their messages by our API and acknowledge them.",
    )
    on_dead_letter = fields.Selection(
        [("block", "Hold back what follows"), ("pass", "Pass it over")],
        string="After a dead letter",
        required=True,
        default="block",
        help="Messages of a shipment go in their order. What follows one that cannot be delivered"
        " waits until a person settled it, or goes without it.",
    )
    breaker_state = fields.Selection(
        selection=lambda self: self.env["freight.breaker"]._fields["state"].selection,
        string="Deliveries",
        compute="_compute_breaker",
    )
    breaker_until = fields.Datetime(string="Next try", compute="_compute_breaker")
    breaker_since = fields.Datetime(string="Held up since", compute="_compute_breaker")
    breaker_reason = fields.Char(string="Because", compute="_compute_breaker")
    held_reason = fields.Char(
        string="Held back because", compute="_compute_held_reason", help="Nothing goes meanwhile."
    )

    def _compute_breaker(self):
        rows = self.env["freight.breaker"].sudo().search([("endpoint_id", "in", self.ids)])
        breakers = {row.endpoint_id.id: row for row in rows}
        for endpoint in self:
            row = breakers.get(endpoint.id, rows.browse())
            held = row.state and row.state != "closed"
            endpoint.breaker_state = row.state or "closed"
            endpoint.breaker_until = held and row.until
            endpoint.breaker_since = held and row.since
            endpoint.breaker_reason = held and row.reason

    @api.depends("environment")
    def _compute_held_reason(self):
        for endpoint in self:
            endpoint.held_reason = endpoint._closed_because()

    # Rules ---------------------------------------------------------------------------------------

    def _closed_because(self):
        """Return why this database may not reach the endpoint at all, or False."""
        self.ensure_one()
        if self.environment != "production" or self.env["freight.environment"]._is_production():
            return False
        return _(
            "It is a production endpoint, and this database is not declared to be production. An"
            " administrator declares it under Settings > Freight > Integration."
        )

    @api.model
    def _reachable_sql(self):
        """Return SQL for endpoints (alias ``e``) that this database may reach, as above."""
        production = self.env["freight.environment"]._is_production()
        return "true" if production else "e.environment <> 'production'"

    @api.model
    def _sending_sql(self):
        """Return SQL for endpoints (alias ``e``) whose messages we bring on their way.

        Those of the others wait, and use up no attempts. Breakers are looked at apart.
        """
        return f"""
            e.state <> 'disabled' AND e.deliveries_stopped IS NOT TRUE
            AND e.delivery_way <> 'pull' AND {self._reachable_sql()}
        """

    def _takes_messages(self):
        """Return those of these endpoints that messages may be written for."""
        return self.filtered(
            lambda one: (
                one.state == "active"
                and not one.deliveries_stopped
                and (one.url or one.delivery_way != "post")
            )
        )

    # People --------------------------------------------------------------------------------------

    def action_try_now(self):
        """Let the breaker try the next delivery at once.

        :raise AccessError: for who may not change the endpoint
        """
        endpoints = self._for_delivery_action()
        for endpoint in endpoints:
            self.env["freight.breaker"].sudo()._hurry(endpoint.id)
        self.env["freight.queue.lane"].sudo()._wake_after_commit("outbox")
        endpoints.invalidate_recordset()

    def action_resume_deliveries(self):
        """Send again to a partner who had answered that its address is gone.

        :raise AccessError: for who may not change the endpoint
        :raise UserError: without an address to send to
        """
        endpoints = self._for_delivery_action()
        for endpoint in endpoints:
            if not endpoint.url:
                raise UserError(
                    _("%s has no address: enter the new one first.", endpoint.display_name)
                )
        endpoints.write({"deliveries_stopped": False})
        for endpoint in endpoints:
            self.env["freight.breaker"].sudo()._reset(endpoint.id)
        endpoints._close_gone_cases()
        self.env["freight.queue.lane"].sudo()._wake_after_commit("outbox")

    def _for_delivery_action(self):
        self.check_access_rights("write")
        self.check_access_rule("write")
        return self.sudo()

    # Gone ----------------------------------------------------------------------------------------

    def _stop_deliveries(self):
        """Send nothing more to partners who answered 410, and tell the owning team."""
        self.write({"deliveries_stopped": True})
        self.env["freight.exception"]._raise_cases(
            [
                {
                    "code": "partner_down",
                    "key": f"gone:{endpoint.code}",
                    "description": _(
                        "%(endpoint)s answered that its address is gone (HTTP 410). Nothing more"
                        " is sent and what was written waits. Ask the partner, correct the"
                        " address, then enable deliveries again on the endpoint.",
                        endpoint=endpoint.name,
                    ),
                    "company": endpoint.company_id,
                    "values": endpoint._team_values(),
                }
                for endpoint in self
            ]
        )

    def _close_gone_cases(self):
        self.env["freight.exception"]._close_cases(
            "partner_down",
            [f"gone:{endpoint.code}" for endpoint in self],
            _("Deliveries were taken up again."),
        )

    def _team_values(self):
        """Return who works on cases about this endpoint: its team, if it has one."""
        team = self.team_id._serves(self.company_id)
        return {"team_id": team.id} if team else {}

    # Health --------------------------------------------------------------------------------------

    def _health_findings(self):
        """Add what holds deliveries up."""
        findings = super()._health_findings()
        for endpoint in self.filtered(lambda one: one.state == "active"):
            findings[endpoint.id] += endpoint._findings_of_delivery()
        return findings

    def _findings_of_delivery(self):
        if self.held_reason:
            yield "red", self.held_reason
        if self.breaker_state == "closed":
            return
        since = format_datetime(self.env, self.breaker_since)
        until = format_datetime(self.env, self.breaker_until)
        if self.breaker_state == "paused":
            yield "amber", _("They asked us to wait until %s.", until)
        else:
            yield (
                "red",
                _(
                    "Deliveries fail since %(since)s, the next try is at %(until)s:"
                    " %(reason)s Messages wait; none is lost.",
                    since=since,
                    until=until,
                    reason=self.breaker_reason or "",
                ),
            )
