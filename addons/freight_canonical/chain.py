"""A chain of keyed hashes over the entries of the audit log, and the walk that finds a break.

Each link's digest covers its place, the digest before it and what its entry says. What is hashed
is JSON of named values, so a column that joins the table later changes no digest. Pure: no ORM.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from .audit_keys import KeyMissing, Keyring, KeyWrong

#: What an entry says, in the layout that its link names. A new layout joins these; none changes.
LAYOUTS = {
    1: (
        "id",
        "company_id",
        "stream",
        "moment",
        "actor_uid",
        "actor",
        "role",
        "action",
        "model",
        "res_id",
        "record",
        "before",
        "after",
        "why",
        "trace_id",
    )
}
LAYOUT = max(LAYOUTS)


@dataclass(frozen=True, slots=True)
class Link:
    """One link as it is stored; ``entry`` is None where the entry it is about is gone."""

    number: int
    entry_id: int
    layout: int
    previous: str
    digest: str
    key: str
    entry: Mapping | None


@dataclass(frozen=True, slots=True)
class Fault:
    """The first break of a chain.

    ``kind`` is one of ``missing_link``, ``missing_entry``, ``changed``, ``order``, ``genesis``,
    ``layout``, ``missing_key``, ``wrong_key``, ``truncated`` and ``replaced``.
    """

    kind: str
    number: int
    entry_id: int | None = None
    detail: str = ""


def canonical(tree) -> bytes:
    """Return the one spelling of ``tree`` (JSON values) that is hashed or signed.

    >>> canonical({"b": None, "a": "é"}).decode()
    '{"a":"é","b":null}'
    """
    text = json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def genesis(log_id: str, chain: str) -> str:
    """Return what the first link of ``chain`` names as the digest before it."""
    return hashlib.sha256(canonical(["freight audit log", log_id, chain])).hexdigest()


def digest(key: bytes, chain: str, number: int, previous: str, entry: Mapping, layout=LAYOUT):
    """Return the digest of the link ``number`` of ``chain`` over ``entry``, in hexadecimal."""
    told = {name: entry[name] for name in LAYOUTS[layout]}
    content = [layout, chain, number, previous, told]
    return hmac.new(key, canonical(content), hashlib.sha256).hexdigest()


def extend(key, chain: str, head: tuple[int, str], entries: Iterable[Mapping]) -> list[tuple]:
    """Return the links that append ``entries`` to a chain.

    :param key: :class:`~.audit_keys.AuditKey`
    :param head: number and digest of the last link, or 0 and the genesis
    :return: tuples (number, entry id, layout, previous, digest, key label)
    """
    number, previous = head
    links = []
    for entry in entries:
        number += 1
        new = digest(key.chaining, chain, number, previous, entry)
        links.append((number, entry["id"], LAYOUT, previous, new, key.label))
        previous = new
    return links


class Walk:
    """Follows one chain link by link and stops at its first break.

    After :meth:`follow` ``number`` and ``head`` say how far it is whole.

    :param anchors: {number: digest} that checkpoints vouch for
    """

    def __init__(self, chain: str, start: str, keys: Keyring, anchors: Mapping[int, str] = ()):
        self.chain = chain
        self.number, self.head = 0, start
        self._keys = keys
        self._anchors = dict(anchors)

    def follow(self, links: Iterable[Link]) -> Fault | None:
        """Follow ``links``, in the order of numbers. Return the first break, None for none."""
        return next(filter(None, self._faults(links)), None)

    def end(self) -> Fault | None:
        """Return the fault when the chain ends before what a checkpoint vouches for."""
        furthest = max(self._anchors, default=0)
        if furthest > self.number:
            return Fault("truncated", self.number + 1, detail=str(furthest))
        return None

    def _faults(self, links) -> Iterator[Fault | None]:
        for link in links:
            yield self._place_fault(link) or self._content_fault(link)
            self.number, self.head = link.number, link.digest

    def _place_fault(self, link):
        if link.number != self.number + 1:
            return Fault("missing_link", self.number + 1)
        if link.previous != self.head:
            return Fault("order" if self.number else "genesis", link.number, link.entry_id)
        if link.entry is None:
            return Fault("missing_entry", link.number, link.entry_id)
        return None

    def _content_fault(self, link):
        if link.layout not in LAYOUTS:
            return Fault("layout", link.number, link.entry_id)
        try:
            key = self._keys[link.key].chaining
        except (KeyMissing, KeyWrong) as error:
            kind = "missing_key" if isinstance(error, KeyMissing) else "wrong_key"
            return Fault(kind, link.number, link.entry_id, str(error))
        said = digest(key, self.chain, link.number, link.previous, link.entry, link.layout)
        if not hmac.compare_digest(said, link.digest):
            return Fault("changed", link.number, link.entry_id)
        vouched = self._anchors.get(link.number)
        if vouched is not None and vouched != link.digest:
            return Fault("replaced", link.number, link.entry_id)
        return None
