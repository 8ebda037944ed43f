from dataclasses import dataclass, field
from functools import cache

from odoo import _, api, models
from odoo.addons.freight_canonical.documents import (
    APPLIED,
    DUPLICATE,
    FILTERED,
    REFUSED,
    UNMATCHED,
    Document,
)

from .. import codecs, mapping, schemas
from ..exchange import ACKNOWLEDGEMENTS, EDI_CODECS, Exchange

INVALID = "invalid"
IGNORED = "ignored"

#: Documents in one transaction.
PORTION = 2000
#: Sentences kept about what is wrong with one message.
SENTENCES = 20


class Lookups:
    """What is the same for all messages of a batch, looked up once and let go with the batch.

    :ivar version: :meth:`FreightTranslation._version`
    :ivar compiled: the compiled mapping of (version, system)
    :ivar options: the codec options of an endpoint
    """

    def __init__(self, translation):
        self.version = cache(translation._version)
        self.compiled = cache(translation.env["freight.mapping"]._compiled_for)
        self.options = cache(lambda endpoint: endpoint._codec_options())


class Reading:
    """A message on its way through the codec, portion by portion.

    ``items`` is the codec's iterator and ``ended`` whether it gave all it has; ``error`` is set
    when the bytes could not be read on; ``advanced`` tells whether anything came of it that an
    earlier attempt had not settled; ``exchange`` is what its envelopes say, where it has any. Of
    documents only their number, what they came to and the first sentences about those that failed
    are kept, however many there are.
    """

    def __init__(self, message, body):
        self.message = message
        self.body = body
        self.items = None
        self.ended = False
        self.error = None
        self.version_id = None
        self.position = 0
        self.exchange = Exchange() if message.codec in EDI_CODECS else None
        self.advanced = False
        self._documents = False
        self._statuses = set()
        self._invalid = []
        self._waiting = []

    def take_note(self, translated):
        """Keep what became of a portion, and let its documents go."""
        self.version_id = translated.version_id or self.version_id
        self.advanced |= bool(translated.outcomes)
        self._documents |= bool(translated.documents)
        for status, detail in translated.faults.values():
            if status == INVALID:
                _keep(self._invalid, detail)
        self._statuses.update(translated.settled.values())
        for outcome in translated.outcomes.values():
            self._statuses.add(outcome.status)
            if outcome.status in (UNMATCHED, REFUSED):
                _keep(self._waiting, outcome.detail)

    def waiting(self):
        """Return why the message waits for another attempt, or None."""
        return "\n".join(self._waiting) or None

    def verdict(self):
        """Return (state, error) of a message that need not wait."""
        if self.error or self._invalid:
            return "quarantined", "\n".join(filter(None, [self.error, *self._invalid]))
        if self._statuses == {DUPLICATE}:
            return "ignored", _("All of it was known already.")
        if self._statuses and self._statuses <= {DUPLICATE, FILTERED}:
            return "ignored", _("Its sender's filter for pings kept it out.")
        if APPLIED in self._statuses or self._documents:
            return "applied", None
        return "ignored", _("Nothing in it concerns freight.")


def _keep(sentences, sentence):
    """Add a sentence that is not there yet, as long as a person would still read it."""
    if len(sentences) < SENTENCES and sentence not in sentences:
        sentences.append(sentence)


@dataclass
class Translated:
    """A portion of what a message says: canonical documents by position, and what says nothing.

    ``faults`` maps a position to (status, detail); ``outcomes`` is filled when the documents have
    been applied; ``settled`` tells what an earlier attempt brought to an end, and ``versions``
    which mapping version read the document at a position. The keys of ``met`` are (mapping id,
    :class:`~..mapping.Unmapped`): the codes that no map knows, or that a person added to one.
    ``forwards`` maps a position, or None for the whole message, to the rule that forwards it.
    """

    reading: Reading
    start: int = 0
    documents: dict = field(default_factory=dict)
    faults: dict = field(default_factory=dict)
    outcomes: dict = field(default_factory=dict)
    settled: dict = field(default_factory=dict)
    versions: dict = field(default_factory=dict)
    met: dict = field(default_factory=dict)
    forwards: dict = field(default_factory=dict)
    version_id: int | None = None

    @property
    def message(self):
        """The message that says it."""
        return self.reading.message

    @property
    def error(self):
        """Why the bytes could not be read on, None where they could."""
        return self.reading.error

    @property
    def next_position(self):
        """The position after all that are taken: each holds one document or one fault."""
        return self.start + len(self.documents) + len(self.faults)

    @property
    def positions(self):
        """The positions of this portion, as (first, last)."""
        return (self.start, self.next_position - 1)

    def complaint(self, start):
        """Return what is wrong with the content found from position ``start`` on, or None."""
        faults = (self.faults.get(place) for place in range(start, self.next_position))
        return next((detail for status, detail in filter(None, faults) if status == INVALID), None)

    def nobody_takes(self, position, kind):
        """Note that no installed addon applies the document at ``position``."""
        detail = _("Nothing installed here takes in documents of kind %s.", kind)
        self.faults[position] = (INVALID, detail)

    def rows(self):
        """Return rows for ``freight.message.document``."""
        kinds = {position: document.data["kind"] for position, document in self.documents.items()}
        return [
            (self.message.id, position, kinds[position], outcome.status, outcome.detail or None,
             outcome.shipment_id, outcome.event_id, self.versions.get(position))
            for position, outcome in self.outcomes.items()
        ] + [
            (self.message.id, position, None, status, detail, None, None,
             self.versions.get(position))
            for position, (status, detail) in self.faults.items()
        ]  # fmt: skip


class FreightTranslation(models.AbstractModel):
    """From the bytes of a message to canonical documents: codec, mapping, schema."""

    _name = "freight.translation"
    _description = "Translation of Messages"

    @api.model
    def _translate(self, messages):
        """Return a :class:`Translated` with all that each of ``messages`` says."""
        return [self._read_on(reading) for reading in self._readings(messages)]

    @api.model
    def _readings(self, messages):
        """Begin to read ``messages``, whose payloads come by one query."""
        bodies = messages._bodies()
        return [Reading(message, bodies.get(message.id)) for message in messages]

    @api.model
    def _resumed(self, readings, messages):
        """Return those of ``readings`` that are about ``messages``, in their environment."""
        held = {message.id: message for message in messages}
        mine = [reading for reading in readings if reading.message.id in held]
        for reading in mine:
            reading.message = held[reading.message.id]
        return mine

    @api.model
    def _portion(self, readings):
        """Read on in ``readings`` until a transaction has enough documents in it."""
        portion, room = [], PORTION
        lookups = Lookups(self)
        for reading in readings:
            translated = self._read_on(reading, room, lookups)
            portion.append(translated)
            room -= translated.next_position - translated.start
            if room <= 0:
                break
        return portion

    @api.model
    def _read_on(self, reading, limit=None, lookups=None):
        """Return the next :class:`Translated` of ``reading``: to its end, or ``limit`` documents.

        :param lookups: the :class:`Lookups` of its batch
        """
        translated = Translated(reading, reading.position)
        lookups = lookups or Lookups(self)
        end = None if limit is None else reading.position + limit
        try:
            items = self._items(reading, lookups)
            while end is None or translated.next_position < end:
                item = next(items, None)
                if item is None:
                    reading.ended = True
                    break
                start = translated.next_position
                self._translate_item(translated, item, lookups)
                if reading.exchange:
                    reading.exchange.note(item, translated.complaint(start))
        except codecs.CodecError as error:
            reading.error, reading.ended = str(error), True
        reading.position = translated.next_position
        return translated

    @api.model
    def _items(self, reading, lookups):
        """Return the iterator of what the codec finds in the message.

        :raise CodecError: when there is nothing to be found
        """
        if reading.items is None:
            message, body = reading.message, reading.body
            if body is None:
                raise codecs.CodecError(
                    _("The payload was erased; the message cannot be read again.")
                )
            codec = codecs.get(message.codec)
            options = lookups.options(message.endpoint_id).get(message.codec, {})
            reading.items = iter(getattr(codec, "iterate", codec.decode)(body, **options))
            reading.body = None
        return reading.items

    @api.model
    def _version(self, endpoint, codec, kind):
        """Return the active version of the first mapping at ``endpoint`` that reads ``kind``."""
        readers = endpoint.mapping_ids.filtered(
            lambda one: one.direction == "in" and one.codec == codec and one.kind in (kind, "*")
        )
        return readers[:1].active_version_id

    @api.model
    def _translate_item(self, translated, item, lookups):
        """Add the documents of one decoded item; positions count through the message.

        :param lookups: the :class:`Lookups` of its batch
        """
        start = translated.next_position
        if item.error:
            # A count or number that is off in an envelope rejects no document inside it.
            status = IGNORED if item.is_envelope else INVALID
            translated.faults[start] = (status, item.error)
            return
        if item.kind == codecs.canonical.KIND:
            company = translated.message.company_id
            self._check(translated, start, item.tree, problems="", company=company)
            return
        route = self._route(translated.message, item, lookups)
        if route.fault:
            translated.faults[start] = route.fault
            return
        translated.version_id = route.version.id
        endpoint = translated.message.endpoint_id
        translation = self._mapped(endpoint, route.version, item.tree, lookups)
        for one in (*translation.unmapped, *translation.added):
            translated.met[route.version.mapping_id.id, one] = True
        problems = "; ".join(f"{one.target}: {one.detail}" for one in translation.problems)
        for offset, data in enumerate(translation.documents):
            translated.versions[start + offset] = route.version.id
            self._check(translated, start + offset, data, problems, route.company)

    @api.model
    def _no_reader(self, kind):
        """Return (status, detail) of what no mapping at its endpoint reads."""
        if kind in ACKNOWLEDGEMENTS:
            return IGNORED, _("What the partner says of interchanges of ours.")
        return INVALID, _(
            "No active mapping reads %(kind)s here: add one to the endpoint, then replay this.",
            kind=kind,
        )

    @api.model
    def _mapped(self, endpoint, version, tree, lookups):
        """Return what ``version`` makes of the ``tree`` of something that came to ``endpoint``."""
        mappings = self.env["freight.mapping"]
        compiled = lookups.compiled(version, endpoint.system_id)
        decimals = endpoint.implied_decimals
        return mapping.translate(
            compiled,
            tree,
            implied_decimals=int(decimals) if decimals else None,
            lookups=mappings._lookups(compiled, endpoint.system_id),
        )

    @api.model
    def _check(self, translated, position, data, problems, company):
        try:
            schemas.check(data["kind"], data)
        except schemas.SchemaError as error:
            translated.faults[position] = (INVALID, "; ".join(filter(None, (str(error), problems))))
            return
        message = translated.message
        translated.documents[position] = Document(
            data=data,
            system=message.endpoint_id.system_id,
            company=company,
            received=message.received,
            trace_id=message.trace_id,
            message_id=message.id,
        )
