import uuid

from odoo import _, api, fields, models
from odoo.addons.freight_canonical.models.freight_queue import UNCLAIMED
from odoo.exceptions import UserError

MAX_ERROR = 2000


class FreightMessage(models.AbstractModel):
    """What inbound and outbound messages have in common. The payload lies in a table apart."""

    _name = "freight.message"
    _description = "Freight Message"
    _inherit = ["freight.queue", "freight.guarded"]
    _order = "id desc"
    _rec_name = "uuid"

    uuid = fields.Char(required=True, readonly=True, default=lambda self: uuid.uuid4().hex)
    endpoint_id = fields.Many2one(
        "freight.endpoint", required=True, readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
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

    def _for_action(self):
        """Return these messages to act on, for who may.

        :raise AccessError: for who may not write messages
        """
        self.check_access_rights("write")
        self.check_access_rule("write")
        return self.sudo()

    @api.model
    def _payload_direction(self):
        raise NotImplementedError

    def _compute_payload_text(self):
        self.check_field_access_rights("read", ["payload_text"])  # a bare look at it does not ask
        for message in self:
            body = message._body()
            message.payload_text = _readable(body) if body is not None else False

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
        """Make these dead letters: nothing happens to them until a person acts."""
        self.write(
            {
                "state": "dead",
                "error": str(error)[:MAX_ERROR],
                "next_attempt": False,
                **UNCLAIMED,
            }
        )
        for message in self:
            self.env["freight.exception"]._raise_case(
                "message_failed",
                f"{self._name}:{message.endpoint_id.code}",
                _(
                    "Messages of %(endpoint)s need a person: %(error)s",
                    endpoint=message.endpoint_id.name,
                    error=error,
                ),
                company=message.company_id,
            )

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


def _readable(body):
    """Return ``body`` as text; EDI gets one segment a line."""
    text = body.decode("utf-8", "replace")
    if text.startswith("ISA") and len(text) > 105:
        return text.replace("\r", "").replace("\n", "").replace(text[105], f"{text[105]}\n")
    return text
