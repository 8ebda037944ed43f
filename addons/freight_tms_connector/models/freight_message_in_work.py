"""Working the inbox off: translate, apply, record."""

import gc
import time
from collections import defaultdict
from contextlib import contextmanager
from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.freight_canonical import db
from odoo.addons.freight_canonical.models.freight_queue import DUE, UNCLAIMED
from odoo.tools import config

from .freight_message import MAX_ERROR

#: Seconds before a message is tried again whose shipment is not known yet, or that failed.
SCHEDULE = (5, 30, 120, 600, 3600, 6 * 3600, 24 * 3600)

#: Bytes of bodies that are opened for one transaction; a larger one stands alone.
UNIT_BYTES = 16 * 1024 * 1024


class FreightMessageIn(models.Model):
    _inherit = "freight.message.in"
    _queue_lane = "inbox"
    _queue_batch = 400
    _queue_source = "endpoint_id"

    @api.model
    def _queue_claimable(self):
        return "q.state IN ('received', 'retry')"

    @api.model
    def _queue_order(self):
        return f"{DUE}, q.id"

    @api.model
    def _queue_units(self, ids):
        """Open no more bodies at a time than memory should hold."""
        with db.read_committed(self.pool) as cr:
            cr.execute(
                "SELECT id, size FROM freight_message_in WHERE id = ANY(%s) ORDER BY id", [ids]
            )
            sized = cr.fetchall()
        units, room = [], 0
        for key, size in sized:
            if size > room:
                units.append([])
                room = UNIT_BYTES
            units[-1].append(key)
            room -= size
        return units

    @api.model
    def _queue_attempt(self, token, ids):
        """Work ``ids`` off in one transaction, or in several where they hold many documents.

        Each transaction records what it did: a worker that dies, or whose time is over, leaves the
        rest to another one, which reads the message again and passes over what is settled. A
        lane whose patience ends leaves it at the earliest when it got somewhere.
        """
        deadline = time.monotonic() + _patience()
        rest = self._work_portion(token, ids, None)
        while rest:
            advanced = any(reading.advanced for reading in rest)
            if advanced and time.monotonic() > deadline:
                self._queue_transact(token, ids, lambda held: held.write(UNCLAIMED))
                return
            rest = self._work_portion(token, ids, rest)

    @api.model
    def _work_portion(self, token, ids, rest):
        """Do what one transaction should hold of ``ids``; return what is left, None for nothing.

        :param rest: what the portion before left. One that met another transaction is read anew
            from its beginning, since what was taken off it is gone.
        """
        left = [rest]
        with _collector_at_rest():
            return self._queue_transact(
                token, ids, lambda held: held._queue_work(left.pop() if left else None)
            )

    def _queue_work(self, rest=None):
        """Translate these messages, apply what they say and record it, in one transaction.

        :param rest: the :class:`~.freight_translation.Reading` list that a portion before left
        :return: the readings that are not at their end, None for none
        """
        translation = self.env["freight.translation"]
        readings = translation._resumed(rest, self) if rest else translation._readings(self)
        portion = translation._portion(readings)
        self._apply(portion)
        self.env["freight.message.document"]._record(
            [row for translated in portion for row in translated.rows()]
        )
        for translated in portion:
            translated.reading.take_note(translated)
        unfinished = [reading for reading in readings if not reading.ended]
        self._record([reading for reading in readings if reading.ended])
        self.browse(reading.message.id for reading in unfinished).write({"losses": 0})
        return unfinished or None

    def _queue_failed(self, error):
        """A fault of ours or of the database: try again later, then ask a person."""
        self._wait_or_bury(f"{type(error).__name__}: {error}")

    def _queue_give_up(self, error):
        """Workers die of it: only a person touches it again."""
        self._bury(error)

    def _wait_or_bury(self, error):
        for message in self:
            attempt = message.attempts
            message.attempts = attempt + 1
            if attempt >= len(SCHEDULE):
                message._bury(error)
            else:
                due = fields.Datetime.now() + timedelta(seconds=SCHEDULE[attempt])
                message._put_off(due, error)

    # Applying ------------------------------------------------------------------------------------

    @api.model
    def _document_handlers(self):
        """Return {kind of canonical document: model that applies it}. Addons add theirs."""
        return {
            "event": "freight.event",
            "shipment": "freight.shipment",
            "party": "freight.party",
            "charge_code": "freight.charge.code.intake",
        }

    def _apply(self, portion):
        """Hand the documents to their handlers, kind by kind, and keep the outcomes.

        What an earlier attempt settled, by the same version of its mapping, is not handed out
        again.

        :param portion: list of :class:`~.freight_translation.Translated`
        """
        handlers = self._document_handlers()
        settled = self.env["freight.message.document"]._settled(
            {translated.message.id: translated.positions for translated in portion}
        )
        by_kind = defaultdict(list)
        for translated in portion:
            for position, document in translated.documents.items():
                status, version = settled.get((translated.message.id, position), (None, None))
                if status and version == translated.versions.get(position):
                    translated.settled[position] = status
                else:
                    by_kind[document.data["kind"]].append((translated, position, document))
        for kind, entries in by_kind.items():
            if kind not in handlers:
                for translated, position, _document in entries:
                    translated.nobody_takes(position, kind)
                continue
            handler = self.env[handlers[kind]]
            outcomes = handler._apply_freight_documents([entry[2] for entry in entries])
            for (translated, position, _document), outcome in zip(entries, outcomes, strict=True):
                translated.outcomes[position] = outcome

    @api.model
    def _record(self, readings):
        """Write the states of messages that were read to their end, in one statement."""
        self.env["freight.message.document"]._forget_beyond(
            {one.message.id: one.position for one in readings if one.message.replayed}
        )
        done = {}
        for reading in readings:
            message, waiting = reading.message, reading.waiting()
            if waiting:
                message._wait_or_bury(waiting)
            else:
                state, error = reading.verdict()
                error = error and error[:MAX_ERROR]
                done[message.id] = (state, error, reading.version_id, None, None, None)
        db.update_rows(
            self,
            ("state", "error", "version_id", "claim_token", "lease_until", "next_attempt"),
            done,
        )


@contextmanager
def _collector_at_rest():
    """Let the garbage collector be, for as long as one transaction takes.

    What a batch makes lives until its end and goes by reference counts. The collector would walk
    over all of it, and over all that the process ever loaded, to find next to nothing.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _patience():
    """Return for how many seconds a lane stays with a message: well below a cron's time limit."""
    limits = (config["limit_time_real_cron"], config["limit_time_real"])
    return next((limit for limit in limits if limit and limit > 0), 120) / 3
