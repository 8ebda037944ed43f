"""How an endpoint is: a light, and in words what is behind it. Nothing here reads all messages."""

from datetime import timedelta

from odoo import _, api, fields, models
from odoo.addons.freight_canonical.models.freight_consumer_health import spell_age
from odoo.exceptions import UserError
from odoo.tools import format_datetime

#: Levels of findings, worst first.
LEVELS = ("red", "amber")

#: Days before the end of a secret that people hear of it.
SECRET_NOTICE = 14

_INBOUND = """
    SELECT e.id, last.received, today.arrived, open.waiting, open.retrying, given_up.dead,
           given_up.quarantined, open.since
      FROM freight_endpoint e
      LEFT JOIN LATERAL (
        SELECT received FROM freight_message_in WHERE endpoint_id = e.id
         ORDER BY id DESC LIMIT 1) last ON true
      LEFT JOIN (
        SELECT endpoint_id, count(*) AS arrived FROM freight_message_in
         WHERE endpoint_id = ANY(%(ids)s) AND received >= %(yesterday)s
         GROUP BY endpoint_id) today ON today.endpoint_id = e.id
      LEFT JOIN LATERAL (
        SELECT count(*) FILTER (WHERE state = 'received') AS waiting,
               count(*) FILTER (WHERE state = 'retry') AS retrying,
               min(CASE state WHEN 'received' THEN coalesce(write_date, received)
                              WHEN 'retry' THEN next_attempt END) AS since
          FROM freight_message_in
         WHERE endpoint_id = e.id AND state IN ('received', 'retry')) open ON true
      LEFT JOIN LATERAL (
        SELECT count(*) FILTER (WHERE state = 'dead') AS dead,
               count(*) FILTER (WHERE state = 'quarantined') AS quarantined
          FROM freight_message_in
         WHERE endpoint_id = e.id AND state IN ('dead', 'quarantined')) given_up ON true
     WHERE e.id = ANY(%(ids)s)
"""
_OUTBOUND = """
    SELECT e.id, today.written, open.waiting, open.retrying, open.dead
      FROM freight_endpoint e
      LEFT JOIN LATERAL (
        SELECT count(*) AS written FROM freight_message_out
         WHERE endpoint_id = e.id AND create_date >= %(yesterday)s) today ON true
      LEFT JOIN LATERAL (
        SELECT count(*) FILTER (WHERE state = 'queued') AS waiting,
               count(*) FILTER (WHERE state = 'retry') AS retrying,
               count(*) FILTER (WHERE state = 'dead') AS dead
          FROM freight_message_out
         WHERE endpoint_id = e.id AND state IN ('queued', 'retry', 'dead')) open ON true
     WHERE e.id = ANY(%(ids)s)
"""


class FreightEndpoint(models.Model):
    _inherit = "freight.endpoint"

    team_id = fields.Many2one(
        "freight.team",
        string="Owning team",
        ondelete="restrict",
        check_company=True,
        help="Works on its dead letters. Empty: the company's own team for exceptions.",
    )
    quiet_hours = fields.Integer(
        string="Quiet for at most (hours)", help="No message for longer is a finding. 0: never."
    )
    queue_minutes = fields.Integer(
        string="Waits at most (minutes)",
        default=15,
        required=True,
        help="A message that is due and waits for longer is a finding.",
    )
    message_in_count = fields.Integer(string="Received in 24 h", compute="_compute_figures")
    message_out_count = fields.Integer(string="Sent in 24 h", compute="_compute_figures")
    waiting_count = fields.Integer(
        string="Waiting", compute="_compute_figures", help="For a lane, in either direction."
    )
    retry_count = fields.Integer(string="Tried again", compute="_compute_figures")
    dead_count = fields.Integer(string="Dead letters", compute="_compute_figures")
    quarantined_count = fields.Integer(string="Quarantined", compute="_compute_figures")
    trouble_count = fields.Integer(
        string="Need a person", compute="_compute_figures", help="Dead or quarantined."
    )
    last_received = fields.Datetime(compute="_compute_figures")
    filtered_ping_count = fields.Integer(
        string="Filtered pings",
        compute="_compute_filtered_ping_count",
        help="Positions of its system that the filter for pings kept out of the ledger.",
    )
    oldest_waiting = fields.Datetime(
        string="Oldest due since", compute="_compute_figures", help="The age of the inbox."
    )
    health = fields.Selection(
        [("green", "Healthy"), ("amber", "Needs a look"), ("red", "In trouble")],
        compute="_compute_health",
        search="_search_health",
    )
    health_reason = fields.Text(string="Why", compute="_compute_health")

    _sql_constraints = [
        ("quiet_hours_positive", "CHECK(quiet_hours >= 0)", "Hours cannot be negative."),
        ("queue_minutes_positive", "CHECK(queue_minutes > 0)", "Minutes to wait: above 0."),
    ]

    def _compute_figures(self):
        received, sent = self._message_figures(_INBOUND), self._message_figures(_OUTBOUND)
        for endpoint in self:
            last, arrived, waiting, retrying, dead, quarantined, since = received.get(
                endpoint.id, (False, 0, 0, 0, 0, 0, False)
            )
            written, queued, unsent, undelivered = sent.get(endpoint.id, (0, 0, 0, 0))
            endpoint.last_received = last
            endpoint.message_in_count = arrived or 0
            endpoint.message_out_count = written
            endpoint.waiting_count = waiting + queued
            endpoint.retry_count = retrying + unsent
            endpoint.dead_count = dead + undelivered
            endpoint.quarantined_count = quarantined
            endpoint.trouble_count = dead + undelivered + quarantined
            endpoint.oldest_waiting = since

    def _message_figures(self, query):
        if not self.ids:
            return {}
        self.env["freight.message.in"].flush_model()
        self.env["freight.message.out"].flush_model()
        yesterday = fields.Datetime.subtract(fields.Datetime.now(), days=1)
        self.env.cr.execute(query, {"ids": self.ids, "yesterday": yesterday})
        return {key: figures for key, *figures in self.env.cr.fetchall()}

    # Health --------------------------------------------------------------------------------------

    @api.depends("state", "deliveries_stopped", "quiet_hours", "queue_minutes", "credential_ids")
    def _compute_health(self):
        findings = self._health_findings()
        for endpoint in self:
            found = sorted(findings[endpoint.id], key=lambda one: LEVELS.index(one[0]))
            endpoint.health = found[0][0] if found else "green"
            endpoint.health_reason = "\n".join(sentence for _level, sentence in found)

    @api.model
    def _search_health(self, operator, value):
        if operator not in ("=", "!=", "in", "not in"):
            raise UserError(_("Search endpoints by the colour of their light."))
        wanted = value if isinstance(value, list | tuple) else [value]
        every = self.search([("state", "in", ("active", "disabled", "retired"))])
        found = every.filtered(lambda endpoint: endpoint.health in wanted)
        return [("id", "in" if operator in ("=", "in") else "not in", found.ids)]

    def _health_findings(self):
        """Return {endpoint id: [(level, sentence)]}: what is wrong, ``red`` or ``amber``.

        Ways in and addons extend this and add to the lists.
        """
        return {
            endpoint.id: [
                *endpoint._findings_of_state(),
                *endpoint._findings_of_messages(),
                *endpoint._findings_of_silence(),
                *endpoint._findings_of_secrets(),
            ]
            for endpoint in self
        }

    def _findings_of_state(self):
        if self.state == "disabled":
            yield "red", _("Disabled: what they send is answered as if unknown.")
        if self.state == "retired":
            yield "red", _("Retired: senders are told that it is gone.")
        if self.deliveries_stopped:
            yield "red", _("Deliveries stopped: they answered that their address is gone.")

    def _findings_of_messages(self):
        if self.dead_count:
            yield "red", _("Dead letters: %s.", self.dead_count)
        due, now = self.oldest_waiting, fields.Datetime.now()
        if due and due < now - timedelta(minutes=self.queue_minutes):
            yield "red", _("The oldest message waits for %s.", spell_age(now - due))
        if self.quarantined_count:
            yield "amber", _("Not readable: %s.", self.quarantined_count)
        if self.retry_count:
            yield "amber", _("Tried again: %s.", self.retry_count)

    def _findings_of_silence(self):
        if not self.quiet_hours or self.state != "active":
            return
        if not self.last_received:
            yield "amber", _("Nothing arrived yet.")
        elif self.last_received < fields.Datetime.subtract(
            fields.Datetime.now(), hours=self.quiet_hours
        ):
            when = format_datetime(self.env, self.last_received)
            yield "amber", _("No message since %s.", when)

    def _findings_of_secrets(self):
        if self.state == "active" and self.auth_profile_id:
            yield from self._findings_of_expiry("inbound", _("Their secret"))
        if self.state == "active" and self.outbound_profile_id:
            yield from self._findings_of_expiry("outbound", _("Our secret"))

    def _findings_of_expiry(self, use, which):
        """Yield what is to be said of the end of the secret that ends last; without end nothing."""
        credentials = self.sudo().credential_ids.filtered(lambda one: one.use == use and one.sealed)
        ends = credentials.mapped("expires")
        if not ends or not all(ends):
            return
        when = format_datetime(self.env, max(ends))
        if max(ends) <= fields.Datetime.now():
            yield "red", _("%(which)s expired on %(when)s.", which=which, when=when)
        elif max(ends) <= fields.Datetime.add(fields.Datetime.now(), days=SECRET_NOTICE):
            yield "amber", _("%(which)s expires on %(when)s.", which=which, when=when)

    # Pings -------------------------------------------------------------------------------------

    @api.depends_context("allowed_company_ids")
    def _compute_filtered_ping_count(self):
        groups = self.env["freight.ping.tally"]._read_group(
            [("system_id", "in", self.system_id.ids)], ["system_id"], ["filtered:sum"]
        )
        filtered = dict(groups)
        for endpoint in self:
            endpoint.filtered_ping_count = filtered.get(endpoint.system_id, 0)

    def action_open_filtered_pings(self):
        """Open, by shipment, how many pings of this system were kept out of the ledger."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": _("Filtered pings"),
            "res_model": "freight.ping.tally",
            "view_mode": "tree",
            "domain": [("system_id", "=", self.system_id.id)],
        }

    def action_open_trouble(self):
        """Open what of this endpoint needs a person."""
        action = self.env["ir.actions.actions"]._for_xml_id(
            "freight_tms_connector.freight_message_in_action_dead"
        )
        return {**action, "context": {"search_default_endpoint_id": self.id}}
