"""EDI interchanges that came in: their control numbers, and how we answered them."""

from collections import defaultdict
from datetime import timedelta, timezone

from odoo import _, api, fields, models
from odoo.addons.freight_canonical import db

from ..codecs.acknowledged import PARTLY, REJECTED, read_acknowledgement
from ..codecs.acknowledging import Acknowledger

EDI_CODECS = ("x12", "edifact")
ACKNOWLEDGEMENTS = ("997", "CONTRL")
MEDIA_TYPES = {"x12": "application/edi-x12", "edifact": "application/edifact"}

#: How long a control number says the same; partners begin anew some day.
MEMORY = timedelta(days=90)
#: How far back gaps are looked for, and what is no gap but a new beginning.
GAP_WINDOW = timedelta(days=14)
GAP_LIMIT = 1000

_HIGHEST = 999_999_999


class Exchange:
    """What the envelopes of one message say, gathered while it is read."""

    def __init__(self):
        self.interchanges = {}
        self.rejections = []
        self._acknowledger = Acknowledger()

    def note(self, item, error):
        """Take note of a decoded item.

        :param error: why its content could not be used, None where it could
        """
        place = item.control.get("place", (0, 0))[0]
        if place:
            self.interchanges.setdefault(place, item.control)
        self._acknowledger.note(item, error=error)
        if item.kind in ACKNOWLEDGEMENTS and not item.error:
            verdicts = read_acknowledgement(item.tree)
            self.rejections += [one for one in verdicts if one.status in (REJECTED, PARTLY)]

    def answers(self, numbers, moment):
        """Return {place of the interchange: Answer} of those that are to be answered."""
        places = defaultdict(list)
        for place, control in self.interchanges.items():
            places[control["sender"], control["interchange"]].append(place)
        return {
            places[answer.sender, answer.interchange].pop(0): answer
            for answer in self._acknowledger.answers(numbers, moment)
        }


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
    repeats_id = fields.Many2one(
        "freight.interchange", string="Repeats", ondelete="set null", index="btree_not_null"
    )
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

    # Recording ------------------------------------------------------------------------------------

    @api.model
    def _record(self, readings):
        """Keep the interchanges of messages that were read to their end, and answer new ones.

        :param readings: list of :class:`~.freight_translation.Reading`
        """
        readings = [one for one in readings if one.exchange and one.exchange.interchanges]
        new = self._insert(readings)
        self._report_repeats(new)
        for reading in readings:
            mine = new.filtered(lambda one, reading=reading: one.message_id == reading.message)
            self._judge(reading, {one.place: one for one in mine})
        self._report_rejections(readings)

    @api.model
    def _insert(self, readings):
        """Insert what is not there yet, and return it."""
        rows = [
            (
                reading.message.id,
                place,
                reading.message.endpoint_id.id,
                reading.message.company_id.id,
                reading.message.codec,
                control["sender"],
                control["receiver"],
                control["interchange"],
                _number(control["interchange"]),
                reading.message.received,
            )
            for reading in readings
            for place, control in reading.exchange.interchanges.items()
        ]
        columns = (
            "message_id", "place", "endpoint_id", "company_id", "standard",
            "sender", "receiver", "control", "number", "received",
        )  # fmt: skip
        inserted = db.insert_rows(
            self.env.cr, self._table, columns, rows, conflict="(message_id, place) DO NOTHING"
        )
        return self.browse(row[0] for row in inserted)

    @api.model
    def _report_repeats(self, new):
        """Note which of ``new`` have the number of an earlier one, and report other contents."""
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
            [MEMORY, tuple(new.ids)],
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
    def _judge(self, reading, by_place):
        """Write what became of the new interchanges of a message, and answer its sender."""
        endpoint = reading.message.endpoint_id
        answers = by_place and reading.exchange.answers(
            self.env["freight.control.counter"]._numbers_for(endpoint),
            fields.Datetime.now().replace(tzinfo=timezone.utc),
        )
        answered = {place: answer for place, answer in (answers or {}).items() if place in by_place}
        for place, answer in answered.items():
            by_place[place].sudo().write(
                {
                    "verdict": answer.code,
                    "accepted": answer.accepted,
                    "rejected": answer.rejected,
                }
            )
        if endpoint.acknowledges and endpoint.url:
            self._send(reading.message, by_place, answered)

    @api.model
    def _send(self, message, by_place, answers):
        entries = [
            {
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
            for place, answer in answers.items()
        ]
        if entries:
            sent = self.env["freight.message.out"].sudo()._enqueue(entries)
            for place, answer in zip(answers, sent, strict=True):
                by_place[place].sudo().answer_id = answer

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

    # Gaps -----------------------------------------------------------------------------------------

    @api.model
    def _watch_numbers(self):
        """Open a case for each control number that is missing, and close those that came."""
        now = fields.Datetime.now()
        found = {}
        for endpoint_id, company_id, sender, first, last in self._gaps(now):
            endpoint = self.env["freight.endpoint"].browse(endpoint_id)
            missing = f"{first}" if first == last else f"{first} - {last}"
            found[f"{endpoint.code}:{sender}:{missing}"] = {
                "code": "control_gap",
                "description": _(
                    "Between what %(endpoint)s sent, interchange %(missing)s of %(sender)s is"
                    " missing. Ask for it again.",
                    endpoint=endpoint.name,
                    missing=missing,
                    sender=sender,
                ),
                "company": self.env["res.company"].browse(company_id),
            }
        cases = self.env["freight.exception"].sudo()
        opened = cases.search([("code", "=", "control_gap"), ("state", "=", "open")])
        known = set(opened.mapped("dedup_key"))
        cases._raise_cases([{"key": key, **one} for key, one in found.items() if key not in known])
        cases._close_cases("control_gap", known - set(found), _("They came, or are too old."))

    @api.model
    def _gaps(self, now):
        """Return (endpoint id, company id, sender, first, last) of numbers that nobody saw.

        A number may well come later: only what is missing before one that came longer ago than
        the endpoint's patience counts.
        """
        self.flush_model()
        self.env.cr.execute(
            """
            SELECT e.id, e.company_id, counted.sender, before + 1, number - 1
              FROM (SELECT i.*, lag(i.number) OVER numbers AS before
                      FROM freight_interchange i
                     WHERE i.received > %(since)s AND i.number IS NOT NULL
                    WINDOW numbers AS (PARTITION BY i.endpoint_id, i.standard, i.sender, i.receiver
                                           ORDER BY i.number)) counted
              JOIN freight_endpoint e ON e.id = counted.endpoint_id
             WHERE number - before BETWEEN 2 AND %(limit)s
               AND e.gap_minutes > 0 AND e.state = 'active'
               AND counted.received < %(now)s - e.gap_minutes * interval '1 minute'
             ORDER BY 1, 3, 4
            """,
            {"since": now - GAP_WINDOW, "now": now, "limit": GAP_LIMIT},
        )
        return self.env.cr.fetchall()


class FreightControlCounter(models.Model):
    """The control numbers of what we send, by endpoint and standard."""

    _name = "freight.control.counter"
    _description = "EDI Control Numbers"
    _log_access = False

    endpoint_id = fields.Many2one("freight.endpoint", required=True, ondelete="cascade")
    standard = fields.Selection([("x12", "X12"), ("edifact", "EDIFACT")], required=True)
    interchanges = fields.Integer(required=True, default=0)
    groups = fields.Integer(required=True, default=0)

    _sql_constraints = [("once", "unique(endpoint_id, standard)", "One counter for each.")]

    @api.model
    def _numbers_for(self, endpoint):
        """Return a function that takes numbers for interchanges to ``endpoint``.

        They are taken for good on a cursor of their own, so that no lane waits for another. Only
        a transaction that fails leaves a gap.
        """

        def take(standard, _sender, _receiver, groups):
            with db.read_committed(self.pool) as cr:
                cr.execute(
                    """
                    INSERT INTO freight_control_counter AS c
                           (endpoint_id, standard, interchanges, groups)
                    VALUES (%(endpoint)s, %(standard)s, 1, %(groups)s)
                    ON CONFLICT (endpoint_id, standard) DO UPDATE
                       SET interchanges = c.interchanges %% %(highest)s + 1,
                           groups = CASE WHEN c.groups + %(groups)s > %(highest)s THEN %(groups)s
                                         ELSE c.groups + %(groups)s END
                    RETURNING interchanges, groups - %(groups)s + 1
                    """,
                    {
                        "endpoint": endpoint.id,
                        "standard": standard,
                        "groups": groups,
                        "highest": _HIGHEST,
                    },
                )
                return cr.fetchone()

        return take


def _number(control):
    digits = control.isascii() and control.isdigit() and len(control) <= 9
    return int(control) if digits else None


def _what(verdict):
    """Name what an acknowledgement is about."""
    parts = [verdict.kind, verdict.control or verdict.group or verdict.interchange]
    return " ".join(filter(None, parts)) or verdict.level
