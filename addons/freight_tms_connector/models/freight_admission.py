"""The inbox takes bodies in, by whatever way they came: each once, sealed, in one transaction."""

import hashlib
import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime

from odoo import api, fields, models
from odoo.addons.freight_canonical import db
from odoo.addons.freight_canonical.models.freight_queue_lane import HOLD_AWAKE, WAKE_ONE

#: Characters; a longer id is kept as its digest, since an index holds it.
LONGEST_KEY = 255

#: How long a sender waits for a table that an upgrade alters, before it is asked to come back.
LONGEST_WAIT = "5s"

#: States that lanes do not take up.
KEPT_ONLY = ("quarantined", "refused")

_COLUMNS = (
    ("endpoint_id", "int4"),
    ("company_id", "int4"),
    ("trace_id", "varchar"),
    ("digest", "varchar"),
    ("media_type", "varchar"),
    ("codec", "varchar"),
    ("size", "int4"),
    ("received", "timestamp"),
    ("message_key", "varchar"),
    ("channel", "varchar"),
    ("origin", "varchar"),
    ("state", "varchar"),
    ("error", "text"),
    ("corrected_from_id", "int4"),
)
_NAMES = ", ".join(name for name, _kind in _COLUMNS)
_CASTS = ", ".join(f"%s::{kind}" for _name, kind in _COLUMNS)
#: What is new and waits for lanes, of the table ``message`` of a statement.
_ANY_TO_WORK_OFF = "EXISTS (SELECT FROM message WHERE state = 'received')"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A body whose sender is known, on its way into the inbox.

    :ivar key: what makes it the same message again, see :func:`message_key`; None where it is
        kept as evidence only
    :ivar channel: how it came, one of the channels of ``freight.message.in``
    :ivar origin: what it was called there: a file name, a person's login, an address
    :ivar state: ``received`` for the lanes, ``quarantined`` for a person, ``refused`` as evidence
    :ivar corrected_from_id: the message that this one is an edited copy of
    """

    endpoint_id: int
    company_id: int
    body: bytes
    codec: str
    key: str | None
    trace_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    channel: str = "hook"
    media_type: str = ""
    origin: str | None = None
    state: str = "received"
    error: str | None = None
    corrected_from_id: int | None = None

    @property
    def digest(self):
        """The SHA-256 of the body, hexadecimal."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True)
class Admission:
    """What became of an arrival.

    ``mismatch``: another body came under this key before, as ``uuid``; nothing was taken in, and
    this one is kept as evidence.
    """

    uuid: str
    received: datetime
    trace_id: str
    state: str
    duplicate: bool = False
    mismatch: bool = False


class FreightAdmission(models.AbstractModel):
    """Stores what arrives. Idempotency lies in a unique index, not in a look before the leap."""

    _name = "freight.admission"
    _description = "Admission to the Inbox"

    @api.model
    def _admit(self, arrivals):
        """Store ``arrivals`` once each on a cursor of its own, committed when this returns.

        A repeat is counted and answered with the first one's id.

        :return: list of :class:`Admission` in the order of ``arrivals``
        :raise VaultError: without a key nothing is accepted
        """
        arrivals = list(arrivals)
        if not arrivals:
            return []
        digests = [arrival.digest for arrival in arrivals]
        now = fields.Datetime.now()
        with db.read_committed(self.pool) as cr:
            inserted = self._insert(cr, arrivals, digests, now)
            rest = [place for place in range(len(arrivals)) if place not in inserted]
            found = self._first_ones(cr, [arrivals[place] for place in rest])
            admissions = dict(inserted)
            for place in rest:
                arrival = arrivals[place]
                first = found[arrival.endpoint_id, arrival.key]
                admissions[place] = _repeat(first, same=first["digest"] == digests[place])
            self._count_repeats(cr, admissions.values(), found.values(), now)
        self._keep_mismatches(arrivals, admissions)
        return [admissions[place] for place in range(len(arrivals))]

    @api.model
    def _insert(self, cr, arrivals, digests, now):
        """Insert messages and sealed payloads, and wake a lane for what is new, in one round trip.

        Sorted by key, so that two transactions never wait for each other.

        :return: {place: Admission} of what is new
        """
        vault = self.env["freight.vault"]._vault()
        order = sorted(range(len(arrivals)), key=lambda place: arrivals[place].key or "")
        keys = {uuid.uuid4().hex: place for place in order}
        values = []
        for key, place in keys.items():
            arrival = arrivals[place]
            sealed = vault.seal(arrival.body, ("freight.message.in", key, "body"))
            values += [key, sealed, *_row(arrival, digests[place], now)]
        cr.execute(
            f"""
            SET LOCAL lock_timeout = '{LONGEST_WAIT}';
            {HOLD_AWAKE};
            WITH given (uuid, sealed, {_NAMES}) AS (
                VALUES {", ".join([f"(%s, %s::bytea, {_CASTS})"] * len(keys))}),
            message AS (
                INSERT INTO freight_message_in (uuid, attempts, create_date, {_NAMES})
                SELECT uuid, 0, received, {_NAMES} FROM given
                ON CONFLICT (endpoint_id, message_key) WHERE message_key IS NOT NULL DO NOTHING
                RETURNING id, uuid, state),
            payload AS (
                INSERT INTO freight_message_payload (direction, message_id, sealed)
                SELECT 'in', message.id, given.sealed FROM message JOIN given USING (uuid)),
            woken AS ({WAKE_ONE.format(condition=_ANY_TO_WORK_OFF)})
            SELECT uuid, (SELECT cron_id FROM woken) FROM message
            """,
            [*values, "inbox"],
        )
        found = cr.fetchall()
        for cron_id in {cron_id for _key, cron_id in found if cron_id}:
            self.env["freight.queue.lane"]._start(cr, cron_id)
        return {
            keys[key]: Admission(key, now, arrivals[keys[key]].trace_id, arrivals[keys[key]].state)
            for key, _cron_id in found
        }

    @api.model
    def _first_ones(self, cr, arrivals):
        """Return {(endpoint id, key): row} of the messages that came first under these keys."""
        if not arrivals:
            return {}
        cr.execute(
            "SELECT id, endpoint_id, message_key, uuid, digest, received, trace_id, state"
            " FROM freight_message_in WHERE (endpoint_id, message_key) IN %s",
            [tuple({(arrival.endpoint_id, arrival.key) for arrival in arrivals})],
        )
        return {(row["endpoint_id"], row["message_key"]): row for row in cr.dictfetchall()}

    @api.model
    def _count_repeats(self, cr, admissions, first_ones, now):
        ids = {row["uuid"]: row["id"] for row in first_ones}
        repeats = [(ids[one.uuid], now) for one in admissions if one.duplicate]
        db.insert_rows(cr, "freight_message_duplicate", ("message_id", "received"), repeats)

    @api.model
    def _keep_mismatches(self, arrivals, admissions):
        self._keep_evidence(
            (arrivals[place], f"another body came first as {admission.uuid}")
            for place, admission in admissions.items()
            if admission.mismatch
        )

    @api.model
    def _keep_evidence(self, refusals):
        """Keep refused arrivals, as (:class:`Arrival`, why) pairs, without a key."""
        self._admit(
            replace(one, key=None, state="refused", error=error, corrected_from_id=None)
            for one, error in refusals
        )


def message_key(body, *ids):
    """Return what makes a message the same one: the first of ``ids`` given, else its digest."""
    key = next(filter(None, ids), None)
    if key is None:
        return f"sha256:{hashlib.sha256(body).hexdigest()}"
    if len(key) <= LONGEST_KEY:
        return key
    return f"sha256:{hashlib.sha256(key.encode()).hexdigest()}"


def _repeat(first, same):
    return Admission(
        first["uuid"],
        first["received"],
        first["trace_id"],
        first["state"],
        duplicate=same,
        mismatch=not same,
    )


def _row(arrival, digest, now):
    return (
        arrival.endpoint_id,
        arrival.company_id,
        arrival.trace_id,
        digest,
        arrival.media_type,
        arrival.codec,
        len(arrival.body),
        now,
        arrival.key,
        arrival.channel,
        arrival.origin,
        arrival.state,
        arrival.error,
        arrival.corrected_from_id,
    )
