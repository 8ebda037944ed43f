"""What partners say of the EDI that we sent them: taken, refused, or nothing for too long."""

from odoo import _, api, fields, models
from odoo.addons.freight_canonical import db

from .. import verdicts

REFUSED = ("partly_accepted", "rejected")


class FreightEndpoint(models.Model):
    _inherit = "freight.endpoint"

    ack_hours = fields.Integer(
        string="They acknowledge within (hours)",
        default=24,
        required=True,
        help="EDI that they did not acknowledge by then, with a 997 or CONTRL, is a case for the"
        " team. 0: they send none.",
    )


class FreightMessageOut(models.Model):
    _inherit = "freight.message.out"

    acknowledged = fields.Selection(
        [
            ("awaited", "Awaited"),
            ("accepted", "Accepted"),
            ("accepted_with_errors", "Accepted with errors"),
            ("partly_accepted", "Partly accepted"),
            ("rejected", "Rejected"),
        ],
        string="Acknowledgement",
        readonly=True,
    )
    acknowledgement = fields.Text(string="What they say of it", readonly=True)

    def init(self):
        """Make the indexes that find a message by its numbers, and what is overdue."""
        result = super().init()
        self.env.cr.execute(
            """
            CREATE INDEX IF NOT EXISTS freight_message_out_numbers
                ON freight_message_out (endpoint_id, standard, group_control, control)
                WHERE control IS NOT NULL;
            CREATE INDEX IF NOT EXISTS freight_message_out_awaited
                ON freight_message_out (endpoint_id, delivered) WHERE acknowledged = 'awaited'
            """
        )
        return result

    def _write_for_good(self):
        """Expect an acknowledgement of what got its number."""
        result = super()._write_for_good()
        numbered = self.filtered(lambda message: message.control and not message.acknowledged)
        db.update_rows(self, ("acknowledged",), {key: ("awaited",) for key in numbered.ids})
        return result

    @api.model
    def _take_verdicts(self, endpoint, said):
        """Write down what ``endpoint`` says of what we sent to its system.

        :param said: {key of :mod:`..verdicts`: (status, words)}
        :return: {key: message} of what it speaks of
        """
        found = self._by_numbers(endpoint, said)
        db.update_rows(
            self,
            ("acknowledged", "acknowledgement"),
            {message.id: (said[key][0], said[key][1] or None) for key, message in found.items()},
        )
        refused = self.browse(
            message.id for key, message in found.items() if said[key][0] in REFUSED
        )
        refused._report_refusal()
        taken = self.browse(message.id for message in found.values()) - refused
        self.env["freight.exception"]._close_cases(
            "edi_rejected",
            [message._refusal_key() for message in taken],
            _("They accepted it."),
        )
        return found

    @api.model
    def _by_numbers(self, endpoint, keys):
        """Return {key: message} of what we sent by these numbers, the newest of several.

        What goes out by one endpoint may be acknowledged by another of the same system.
        """
        endpoints = self.env["freight.endpoint"].sudo().search(
            [("system_id", "=", endpoint.system_id.id), ("company_id", "=", endpoint.company_id.id)]
        )  # fmt: skip
        groups = [int(number) for kind, number in keys if kind == "x12" and _is_number(number)]
        controls = [number for kind, number in keys if kind == "edifact"]
        sent = self.sudo().search(
            [
                ("endpoint_id", "in", endpoints.ids),
                ("control", "!=", False),
                "|",
                "&", ("standard", "=", "x12"), ("group_control", "in", groups),
                "&", ("standard", "=", "edifact"), ("control", "in", controls),
            ],
            order="id",
        )  # fmt: skip
        own_last = sent.sorted(lambda message: (message.endpoint_id == endpoint, message.id))
        found = {message._numbers(): message for message in own_last}
        exact = {("x12", str(int(number))): (kind, number) for kind, number in keys
                 if kind == "x12" and _is_number(number)}  # fmt: skip
        exact |= {key: key for key in keys if key[0] == "edifact"}
        return {exact[key]: message for key, message in found.items() if key in exact}

    def _numbers(self):
        number = self.group_control if self.standard == "x12" else self.control
        return (self.standard, str(number))

    def _refusal_key(self):
        return f"{self.endpoint_id.code}:{self.uuid}"

    def _report_refusal(self):
        """Open the case of each of these messages, which a partner could not read."""
        self.env["freight.exception"]._raise_cases(
            [
                {
                    "code": "edi_rejected",
                    "key": message._refusal_key(),
                    "description": _(
                        "%(endpoint)s could not read %(message)s (%(control)s): %(said)s. Mend what"
                        " it is written from or by, and send a change, or have it written anew.",
                        endpoint=message.endpoint_id.name,
                        message=message.subject or message.event_type,
                        control=message.control,
                        said=message.acknowledgement or message.acknowledged,
                    ),
                    "company": message.company_id,
                    "values": message._case_values(),
                }
                for message in self
            ]
        )

    # Overdue -------------------------------------------------------------------------------------

    @api.model
    def _cron_watch(self):
        """Watch for acknowledgements that do not come, as well."""
        result = super()._cron_watch()
        self._watch_acknowledgements()
        return result

    @api.model
    def _watch_acknowledgements(self):
        """Open a case for each endpoint that owes an acknowledgement, and close those it paid."""
        self.flush_model()
        self.env["freight.endpoint"].flush_model(["ack_hours"])
        self.env.cr.execute(
            """
            SELECT m.endpoint_id, count(*), min(m.delivered)
              FROM freight_message_out m JOIN freight_endpoint e ON e.id = m.endpoint_id
             WHERE m.acknowledged = 'awaited' AND m.state = 'delivered' AND e.state = 'active'
               AND e.ack_hours > 0
               AND m.delivered < %s - e.ack_hours * interval '1 hour'
             GROUP BY m.endpoint_id
            """,
            [fields.Datetime.now()],
        )
        overdue = {row[0]: row[1:] for row in self.env.cr.fetchall()}
        late = self.env["freight.endpoint"].sudo().browse(overdue)
        cases = self.env["freight.exception"]
        cases._raise_cases(
            [
                {
                    "code": "ack_overdue",
                    "key": endpoint.code,
                    "description": _(
                        "%(endpoint)s did not acknowledge %(count)s EDI messages, the oldest of"
                        " %(since)s UTC. Ask whether they arrived; send again what did not: it"
                        " keeps its number.",
                        endpoint=endpoint.name,
                        count=overdue[endpoint.id][0],
                        since=overdue[endpoint.id][1],
                    ),
                    "company": endpoint.company_id,
                    "values": endpoint._team_values(),
                }
                for endpoint in late
            ]
        )
        open_cases = cases.search([("code", "=", "ack_overdue"), ("state", "=", "open")])
        paid = set(open_cases.mapped("dedup_key")) - set(late.mapped("code"))
        cases._close_cases("ack_overdue", list(paid), _("All of it was acknowledged."))


class FreightInterchange(models.Model):
    _inherit = "freight.interchange"

    @api.model
    def _report_rejections(self, readings):
        """Write what partners say on the messages it is about; report the rest as before."""
        for reading in readings:
            exchange = reading.exchange
            if not exchange.acknowledged:
                continue
            said = verdicts.by_interchange(exchange.acknowledged)
            known = self.env["freight.message.out"].sudo()._take_verdicts(
                reading.message.endpoint_id, said
            )  # fmt: skip
            exchange.acknowledged = [
                one for one in exchange.acknowledged if verdicts.key_of(one) not in known
            ]
        return super()._report_rejections(readings)


def _is_number(text):
    return text.isascii() and text.isdigit() and len(text) <= 9
