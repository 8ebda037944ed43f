"""EDI interchanges that came in: their control numbers, and how we answered them."""

from datetime import timedelta, timezone

from odoo import _, api, fields, models
from odoo.addons.freight_canonical import db

MEDIA_TYPES = {"x12": "application/edi-x12", "edifact": "application/edifact"}

#: How long a control number says the same; partners begin anew some day.
MEMORY = timedelta(days=90)


class FreightInterchange(models.Model):
    """One interchange of a message. Who sends it counts them; we see whether one is missing."""

    _name = "freight.interchange"
    _description = "EDI Interchange"
    _inherit = "freight.guarded"
    _order = "id desc"
    _rec_name = "control"
    _log_access = False

    message_id = fields.Many2one("freight.message.in", required=True, ondelete="cascade")
    place = fields.Integer(required=True, help="Which one of its message, from 1.")
    endpoint_id = fields.Many2one("freight.endpoint", required=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, ondelete="restrict", index=True)
    standard = fields.Selection([("x12", "X12"), ("edifact", "EDIFACT")], required=True)
    sender = fields.Char(help="As the envelope names it.")
    receiver = fields.Char()
    control = fields.Char(string="Control number")
    number = fields.Integer(help="The control number, where it is one.")
    received = fields.Datetime(required=True, index=True)
    repeats_id = fields.Many2one("freight.interchange", ondelete="set null", index="btree_not_null")
    verdict = fields.Selection(
        [
            ("A", "Accepted"),
            ("E", "Accepted with errors"),
            ("P", "Partly accepted"),
            ("R", "Rejected"),
        ]
    )
    accepted = fields.Integer(string="Sets accepted")
    rejected = fields.Integer(string="Sets rejected")
    answer_id = fields.Many2one(
        "freight.message.out", string="Our answer", ondelete="set null", index="btree_not_null"
    )

    _sql_constraints = [
        ("once", "unique(message_id, place)", "Each interchange of a message is kept once."),
    ]

    def init(self):
        """Make the index that the ORM cannot declare: the numbers of one sender."""
        self.env.cr.execute(
            """
            CREATE INDEX IF NOT EXISTS freight_interchange_numbers
                ON freight_interchange (endpoint_id, standard, sender, receiver, number)
            """
        )

    @api.model
    def _guarded(self):
        return {*self._fields}

    @api.model
    def _record(self, readings):
        """Keep the interchanges of messages that were read to their end, and answer new ones.

        :param readings: list of :class:`~.freight_translation.Reading`
        """
        readings = [one for one in readings if one.exchange and one.exchange.interchanges]
        new = self._insert(readings)
        self._report_repeats(list(new.values()))
        self._answer([one for one in readings if (one.message.id, 1) in new], new)
        self._report_rejections(readings)

    @api.model
    def _insert(self, readings):
        """Insert what is not there yet, with its verdict; return {(message id, place): id}."""
        rows = []
        for reading in readings:
            message, verdicts = reading.message, reading.exchange.verdicts()
            for place, control in reading.exchange.interchanges.items():
                verdict = verdicts.get(place)
                rows.append((
                    message.id,
                    place,
                    message.endpoint_id.id,
                    message.company_id.id,
                    message.codec,
                    control["sender"],
                    control["receiver"],
                    control["interchange"],
                    _number(control["interchange"]),
                    message.received,
                    verdict and verdict.code,
                    verdict and verdict.accepted,
                    verdict and verdict.rejected,
                ))  # fmt: skip
        columns = (
            "message_id", "place", "endpoint_id", "company_id", "standard",
            "sender", "receiver", "control", "number", "received",
            "verdict", "accepted", "rejected",
        )  # fmt: skip
        inserted = db.insert_rows(
            self.env.cr,
            self._table,
            columns,
            rows,
            conflict="(message_id, place) DO NOTHING",
            returning="message_id, place, id",
        )
        return {(message, place): key for message, place, key in inserted}

    @api.model
    def _report_repeats(self, new):
        """Note which of ``new`` (ids) have an earlier one's number, and report other contents."""
        if not new:
            return
        self.env.cr.execute(
            """
            SELECT DISTINCT ON (mine.id) mine.id, earlier.id, said.digest <> before.digest
              FROM freight_interchange mine
              JOIN freight_message_in said ON said.id = mine.message_id
              JOIN freight_interchange earlier
                ON (earlier.endpoint_id, earlier.standard, earlier.sender, earlier.receiver)
                 = (mine.endpoint_id, mine.standard, mine.sender, mine.receiver)
               AND earlier.number = mine.number AND earlier.control = mine.control
               AND earlier.id < mine.id AND earlier.received > mine.received - %s
              JOIN freight_message_in before ON before.id = earlier.message_id
             WHERE mine.id IN %s
             ORDER BY mine.id, earlier.id DESC
            """,
            [MEMORY, tuple(new)],
        )
        found = self.env.cr.fetchall()
        db.update_rows(self, ("repeats_id",), {mine: (earlier,) for mine, earlier, _other in found})
        others = self.browse(mine for mine, _earlier, other in found if other)
        self.env["freight.exception"]._raise_cases(
            [
                {
                    "code": "control_repeat",
                    "key": f"{one.endpoint_id.code}:{one.sender}:{one.control}",
                    "description": _(
                        "%(endpoint)s sent interchange %(control)s twice with different contents."
                        " Both were applied; ask whether one was meant.",
                        endpoint=one.endpoint_id.name,
                        control=one.control,
                    ),
                    "company": one.company_id,
                }
                for one in others
            ]
        )

    @api.model
    def _answer(self, readings, new):
        """Answer the interchanges of new messages where the sender wants it.

        :param new: {(message id, place): id}
        """
        moment = fields.Datetime.now().replace(tzinfo=timezone.utc)
        takers = self.env["freight.control.counter"]._takers(readings)
        owed = [
            (new[reading.message.id, place], reading.message, place, answer)
            for reading in readings
            if reading.message.endpoint_id in takers
            for place, answer in reading.exchange.answers(
                takers[reading.message.endpoint_id], moment
            ).items()
        ]
        if owed:
            sent = (
                self.env["freight.message.out"]
                .sudo()
                ._enqueue(
                    [self._entry(message, place, answer) for _key, message, place, answer in owed]
                )
            )
            answered = {key: (one.id,) for (key, *_what), one in zip(owed, sent, strict=True)}
            db.update_rows(self, ("answer_id",), answered)

    @api.model
    def _entry(self, message, place, answer):
        """Return the entry of the outbox for the answer to one interchange of ``message``."""
        return {
            "endpoint": message.endpoint_id,
            "event_type": f"edi.{answer.kind.lower()}",
            "subject": f"{answer.kind} {answer.interchange}",
            "shipment": self.env["freight.shipment"],
            "company": message.company_id,
            "trace_id": message.trace_id,
            "identity": f"edi:{message.uuid}:{place}",
            "body": answer.body,
            "media_type": MEDIA_TYPES[message.codec],
        }

    @api.model
    def _report_rejections(self, readings):
        """Open a case for what partners say they could not read."""
        self.env["freight.exception"]._raise_cases(
            [
                {
                    "code": "edi_rejected",
                    "key": f"{reading.message.endpoint_id.code}:{what}",
                    "description": _(
                        "%(endpoint)s could not read what we sent: %(what)s, codes %(codes)s."
                        " Look at that message, mend it and send it again.",
                        endpoint=reading.message.endpoint_id.name,
                        what=what,
                        codes=", ".join(verdict.codes) or "-",
                    ),
                    "company": reading.message.company_id,
                }
                for reading in readings
                for verdict in reading.exchange.rejections
                for what in [_what(verdict)]
            ]
        )


def _number(control):
    digits = control.isascii() and control.isdigit() and len(control) <= 9
    return int(control) if digits else None


def _what(verdict):
    """Name what an acknowledgement is about."""
    parts = [verdict.kind, verdict.control or verdict.group or verdict.interchange]
    return " ".join(filter(None, parts)) or verdict.level
