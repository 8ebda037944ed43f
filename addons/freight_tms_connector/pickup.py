"""Which files of a partner's folder are whole and may be taken."""

import re
from dataclasses import dataclass, field
from fnmatch import translate
from urllib.parse import quote

from .sftp import Entry

#: Names that senders give to files which they are still writing.
UNFINISHED = (".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".writing")
DONE = ".done"


@dataclass(frozen=True, slots=True)
class Rule:
    """What is taken, and what tells that it is whole.

    :ivar pattern: as a shell's ("*.edi"), whatever the case; several are separated by spaces
    :ivar whole: "stable": the same size and time as at the look before; "age": not written to for
        ``min_age`` seconds; "done": a file of that name with .done stands beside it and is not
        older
    :ivar seen: what the look before saw: {quoted name: [size, written]}
    """

    pattern: str = "*"
    whole: str = "stable"
    min_age: int = 60
    seen: dict = field(default_factory=dict)


def due(files: list[Entry], rule: Rule, now: float) -> tuple[list[Entry], dict]:
    """Return the files that may be taken, in their order, and what the next look must know."""
    wanted = re.compile("|".join(map(translate, rule.pattern.split() or ["*"])), re.IGNORECASE)
    markers = {one.name: one.written for one in files if one.name.endswith(DONE)}
    matching = [one for one in files if wanted.match(one.name) and not _unfinished(one.name)]
    whole = {"stable": _stable, "age": _old_enough, "done": _marked}[rule.whole]
    ready = [one for one in matching if whole(one, rule, markers, now)]
    return ready, {quote(one.name, errors="surrogateescape"): _look(one) for one in matching}


def _unfinished(name):
    return name.startswith(".") or name.lower().endswith((*UNFINISHED, DONE))


def _look(entry):
    return [entry.size, entry.written]


def _stable(entry, rule, _markers, _now):
    return rule.seen.get(quote(entry.name, errors="surrogateescape")) == _look(entry)


def _old_enough(entry, rule, _markers, now):
    return entry.written <= now - rule.min_age


def _marked(entry, _rule, markers, _now):
    return markers.get(entry.name + DONE, -1) >= entry.written
