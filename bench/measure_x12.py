"""X12 split into segments and elements, and read into trees; beside pyx12's reader."""

import io
from pathlib import Path

from odoo.addons.freight_tms_connector.codecs import CodecError
from odoo.addons.freight_tms_connector.codecs import get as codec
from odoo.addons.freight_tms_connector.codecs.base import texts
from odoo.addons.freight_tms_connector.codecs.x12_framing import envelopes, interchanges

from .figures import Row, Samples
from .fixtures import interchange
from .guests import version
from .timing import in_turn, rate

ROUNDS = 7
SEGMENTS = 20_000  # at least, in each round
SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "samples"


def rows(stage):
    """Read what both can read, in turn; say what each of them could not."""
    files = _files()
    pyx12 = f"pyx12 {version('pyx12')}"
    ours, theirs = _readable(_decoded, files), _readable(_read_by_pyx12, files)
    both = {name: files[name] for name in files if name in ours and name in theirs}
    notes = {
        "read by us": f"{len(ours)} of {len(files)}",
        "by pyx12": f"{len(theirs)} of {len(files)}",
    }
    count = sum(theirs[name] for name in both)
    times = -(-SEGMENTS // count)

    def reading(read):
        def work():
            for _time in range(times):
                for raw in both.values():
                    read(raw)

        return lambda _number: rate(count * times, work)

    tokenised, decoded, beside = in_turn(
        ROUNDS, *map(reading, (_tokenised, _decoded, _read_by_pyx12))
    )
    unit = "segments/s"
    theirs = Samples(beside, unit)
    return [
        Row("X12 tokenised", Samples(tokenised, unit), pyx12, theirs, ">= 5, all read", notes),
        Row("X12 read into trees", Samples(decoded, unit), pyx12, theirs),
    ]


def _files():
    """Return the partners' samples that are X12, where they stand, and fixtures of our own."""
    files = {path.name: path.read_bytes() for path in sorted(SAMPLES.glob("x12_*.edi"))}
    statuses = [f"AT7*AF*NS***20260302*{hour:02d}15*LT" for hour in range(24)]
    body = ["B10*PRO1*SHP1*BNCH", "L11*SHP1*BM", "LX*1", *statuses]
    return {**files, "one of 100 sets": interchange([body] * 100)}


def _readable(read, files):
    """Return {name: result} of the files that ``read`` reads without an error."""
    found = {}
    for name, raw in files.items():
        try:
            found[name] = read(raw)
        except (CodecError, _Pyx12Failed):
            continue
    return found


def _tokenised(raw):
    """Return how many segments ``raw`` has, each split into its elements."""
    return sum(
        len([segment.split(delimiters.element) for segment in segments]) + bool(envelope)
        for delimiters, _header, pieces in interchanges(texts(raw))
        for segments, envelope in envelopes(pieces, delimiters)
    )


def _decoded(raw):
    """Return the transaction sets in ``raw`` as trees, checked against their envelopes."""
    items = codec("x12").decode(raw)
    for item in items:
        if item.error and not item.is_envelope:
            raise CodecError(item.error)
    return items


class _Pyx12Failed(Exception):
    """pyx12 did not read a file, in whatever way it says so."""


def _read_by_pyx12(raw):
    """Return the number of segments that pyx12's reader finds."""
    from pyx12.errors import EngineError, X12Error, X12PathError
    from pyx12.x12file import X12Reader

    try:
        return sum(1 for _segment in X12Reader(io.StringIO(raw.decode())))
    except (EngineError, X12Error, X12PathError, ValueError, IndexError) as error:
        raise _Pyx12Failed(str(error)) from error
