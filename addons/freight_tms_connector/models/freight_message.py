import uuid

from odoo import _, api, fields, models
from odoo.addons.freight_canonical.models.freight_queue import UNCLAIMED
from odoo.exceptions import UserError

from .. import readable

MAX_ERROR = 2000


class FreightMessage(models.AbstractModel):
    """What inbound and outbound messages have in common. The payload lies in a table apart."""

    _name = "freight.message"
    _description = "Freight Message"
    _inherit = ["freight.queue", "freight.guarded"]
    _order = "id desc"
    _rec_name = "uuid"

    #: States in which a message waits for a person.
    _given_up = ("dead",)

    uuid = fields.Char(required=True, readonly=True, default=lambda self: uuid.uuid4().hex)
    endpoint_id = fields.Many2one(
        "freight.endpoint", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    trace_id = fields.Char(readonly=True, index=True)
    digest = fields.Char(readonly=True, help="SHA-256 of the body, hexadecimal.")
    media_type = fields.Char(readonly=True)
    size = fields.Integer(readonly=True, help="Bytes.")
    error = fields.Text(readonly=True)
    payload_text = fields.Text(
        string="Payload",
        compute="_compute_payload_text",
        groups="freight_tms_connector.group_integration_manager,"
        "freight_canonical.group_freight_auditor",
    )

    @api.model
    def _guarded(self):
        """A message is evidence: people write why they dismiss it, and nothing else."""
        return {*self._fields} - {"resolution"}

    @api.model
    def _payload_direction(self):
        raise NotImplementedError

    def _compute_payload_text(self):
        bodies = self._read_payload_as_person()
        for message in self:
            body = bodies.get(message.id)
            message.payload_text = readable.text_of(body) if body is not None else False

    def _read_payload_as_person(self):
        """Return {id: body as bytes} of these messages for who looks at them; erased ones miss.

        The one way by which people, and not lanes, come to read what messages say.

        :raise AccessError: for who may not read payloads, or not these messages
        """
        self.check_field_access_rights("read", ["payload_text"])
        self.check_access_rights("read")
        self.check_access_rule("read")
        return self._bodies()

    def _payload_context(self):
        return (self._name, self.uuid, "body")

    def _body(self):
        """Return the body as bytes, None when it was erased."""
        self.ensure_one()
        return self._bodies().get(self.id)

    def _bodies(self):
        """Return {id: body as bytes} of these messages by one query; erased ones are missing."""
        if not self:
            return {}
        self.env.cr.execute(
            "SELECT message_id, sealed FROM freight_message_payload"
            " WHERE direction = %s AND message_id IN %s",
            [self._payload_direction(), tuple(self.ids)],
        )
        sealed = dict(self.env.cr.fetchall())
        vault = self.env["freight.vault"]._vault()
        return {
            message.id: vault.open(bytes(sealed[message.id]), message._payload_context())
            for message in self
            if message.id in sealed
        }

    def _put_off(self, moment, error):
        """Wait until ``moment`` (naive UTC) before the next attempt."""
        self.write(
            {
                "state": "retry",
                "error": str(error)[:MAX_ERROR],
                "next_attempt": moment,
                **UNCLAIMED,
            }
        )

    def _bury(self, error):
        """Make these dead letters: nothing happens to them until a person of their team acts."""
        self.write(
            {
                "state": "dead",
                "error": str(error)[:MAX_ERROR],
                "next_attempt": False,
                **UNCLAIMED,
            }
        )
        self._call_for_a_person()

    def _call_for_a_person(self):
        """Open the case of each endpoint of these messages, or count what is open already."""
        self.env["freight.exception"]._raise_cases(
            [
                {
                    "code": "message_failed",
                    "key": message._case_key(message.endpoint_id),
                    "description": _(
                        "Messages of %(endpoint)s need a person: %(error)s",
                        endpoint=message.endpoint_id.name,
                        error=message.error,
                    ),
                    "company": message.company_id,
                    "values": message._case_values(),
                }
                for message in self
            ]
        )

    @api.model
    def _case_key(self, endpoint):
        return f"{self._name}:{endpoint.code}"

    def _case_values(self):
        """Return who works on the case: the endpoint's team, if it has one."""
        team = self.endpoint_id.team_id._serves(self.company_id)
        return {"team_id": team.id} if team else {}

    @api.model
    def _close_settled_cases(self, endpoints):
        """Close the cases of those ``endpoints`` of which no message waits for a person."""
        waiting = self._newest_given_up().endpoint_id
        settled = endpoints.sudo() - waiting
        self.env["freight.exception"]._close_cases(
            "message_failed",
            [self._case_key(endpoint) for endpoint in settled],
            _("No message waits for a person any more."),
        )

    @api.model
    def _newest_given_up(self):
        """Return the newest message of each endpoint that waits for a person."""
        self.flush_model(["state", "endpoint_id"])
        self.env.cr.execute(
            f"SELECT max(id) FROM {self._table} WHERE state IN %s GROUP BY endpoint_id",
            [self._given_up],
        )
        return self.sudo().browse(row[0] for row in self.env.cr.fetchall())

    @api.model
    def _cron_watch(self):
        """Open the cases that are missing and close those whose cause is gone.

        What is quarantined at the door opens none: the door does nothing but store. And of two
        people who settle the last two messages at once neither sees that it was the last.
        """
        waiting = self._newest_given_up()
        cases = self.env["freight.exception"].search(
            [
                ("code", "=", "message_failed"),
                ("state", "=", "open"),
                ("dedup_key", "=like", f"{self._name}:%"),
            ]
        )
        known = set(cases.mapped("dedup_key"))
        waiting.filtered(
            lambda one: one._case_key(one.endpoint_id) not in known
        )._call_for_a_person()
        self._close_settled_cases(self.env["freight.endpoint"].search([("code", "!=", False)]))

    def _restart(self, state):
        """Put messages back at the head of their queue, whatever happened to them before."""
        self.write(
            {
                "state": state,
                "attempts": 0,
                "losses": 0,
                "next_attempt": False,
                **UNCLAIMED,
                "error": False,
            }
        )
        self.env["freight.queue.lane"]._wake_after_commit(self._queue_lane)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Refuse: payloads can be erased, messages cannot."""
        raise UserError(_("Messages are evidence and stay."))
