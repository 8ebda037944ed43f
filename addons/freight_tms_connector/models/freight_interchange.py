"""EDI interchanges that came in: their control numbers, and how we answered them."""

from collections import defaultdict
from datetime import timedelta, timezone
from functools import partial

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

    def verdicts(self):
        """Return {place of the interchange: Verdict} of those that are to be answered."""
        return self._acknowledger.verdicts()

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

    # Recording ------------------------------------------------------------------------------------

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
    interchanges = fields.Integer(required=True, default=0, help="How many were numbered.")
    groups = fields.Integer(required=True, default=0)

    _sql_constraints = [("once", "unique(endpoint_id, standard)", "One counter for each.")]

    @api.model
    def _takers(self, readings):
        """Return {endpoint: function that gives numbers} of those whose interchanges we answer.

        How many are needed the verdicts tell, and so many are taken, for all of ``readings`` at
        once.
        """
        needed = {}
        for reading in readings:
            endpoint = reading.message.endpoint_id
            if endpoint.acknowledges and endpoint.url:
                count = needed.setdefault((endpoint, reading.message.codec), [0, 0])
                for verdict in reading.exchange.verdicts().values():
                    count[0] += 1
                    count[1] += verdict.groups
        takers = {}
        for (endpoint, standard), (interchanges, groups) in needed.items():
            numbers = takers.setdefault(endpoint, {})
            numbers[standard] = self._take(endpoint, standard, interchanges, groups)
        return {endpoint: partial(_give, numbers) for endpoint, numbers in takers.items()}

    @api.model
    def _take(self, endpoint, standard, interchanges, groups):
        """Take numbers for good; return iterators of interchange and of group numbers.

        It is done on a cursor of its own, so that no lane waits for another. Only a transaction
        that fails leaves a gap.
        """
        with db.read_committed(self.pool) as cr:
            cr.execute(
                """
                INSERT INTO freight_control_counter AS c
                       (endpoint_id, standard, interchanges, groups)
                VALUES (%s, %s, %s, %s)
                ON CONFLICT (endpoint_id, standard) DO UPDATE
                   SET interchanges = c.interchanges + excluded.interchanges,
                       groups = c.groups + excluded.groups
                RETURNING interchanges, groups
                """,
                [endpoint.id, standard, interchanges, groups],
            )
            last, last_group = cr.fetchone()
        return (
            iter(range(last - interchanges, last)),
            iter(range(last_group - groups, last_group)),
        )


def _give(numbers, standard, _sender, _receiver, groups):
    """Return (interchange number, first group number): 1 to nine nines, and again from 1."""
    interchanges, group_numbers = numbers[standard]
    number = next(interchanges)
    first = [next(group_numbers) for _group in range(groups)][:1]
    return number % _HIGHEST + 1, (first[0] if first else 0) % _HIGHEST + 1


def _number(control):
    digits = control.isascii() and control.isdigit() and len(control) <= 9
    return int(control) if digits else None


def _what(verdict):
    """Name what an acknowledgement is about."""
    parts = [verdict.kind, verdict.control or verdict.group or verdict.interchange]
    return " ".join(filter(None, parts)) or verdict.level
