"""Master data that systems tell of: what counts of it, whose it is, and what differs.

Pure. A *statement* is what one document says of a party or a charge code, as flat values by path
("name", "address.city"). What a system said so far is kept as ``{path: [value, precedence]}``; each
field follows the newest statement that mentions it, so that the order of arrival never matters.
"""

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass

from .identifiers import compact

#: Numbers that mean one party in all the world. A UN/LOCODE does not: many share a town.
STRONG = ("scac", "vat", "gln", "duns")
#: Role of a party -> the data domain of :mod:`.ownership` that it belongs to.
ROLES = {"carrier": "carrier", "customer": "customer", "location": "customer"}
#: Fields that are of one role, whatever else the party is.
OF_ROLE = {"identifiers.scac": "carrier", "insurance_expires": "carrier"}
CODES = "codes"

_PARTY = ("name", "active", "roles", "email", "phone", "insurance_expires")
_NESTED = {
    "address": ("street", "street2", "city", "state", "zip", "country"),
    "identifiers": (*STRONG, "locode"),
}
_CHARGE_CODE = ("name", "active", "family", "x12_150", "sac", "unece_23")

#: Kind of document -> its paths, in the order in which people read them.
PATHS = {
    "party": (*_PARTY, *(f"{group}.{name}" for group, names in _NESTED.items() for name in names)),
    "charge_code": _CHARGE_CODE,
}


@dataclass(frozen=True, slots=True)
class Statement:
    """What one document says.

    :ivar number: by which its system knows the thing
    :ivar values: {path: value}; None where the document empties a field
    :ivar precedence: [revision, moment, digest]; of two statements the greater counts
    """

    number: str
    values: dict
    precedence: list


def statement(data, moment):
    """Return the :class:`Statement` of a canonical document.

    :param moment: naive UTC: when its system changed it, as far as that is known
    """
    values = _flat(data)
    return Statement(
        number=data["code"] if data["kind"] == "charge_code" else data["number"].strip(),
        values=values,
        precedence=[
            data.get("revision") or 0,
            moment.isoformat(timespec="microseconds"),
            digest(values),
        ],
    )


def digest(values):
    """Return the SHA-256 of ``values``: the same for the same, whatever the order of keys."""
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def fold(said, statements):
    """Return (what is said by now, for each of ``statements`` whether any of it counted).

    >>> old = Statement("1", {"name": "A", "phone": "1"}, [0, "2026-01-01", ""])
    >>> new = Statement("1", {"name": "B"}, [0, "2026-01-02", ""])
    >>> {path: value for path, (value, _when) in fold({}, [new, old])[0].items()}
    {'name': 'B', 'phone': '1'}
    """
    now, counted = dict(said), []
    for one in statements:
        news = {
            path: [value, one.precedence]
            for path, value in one.values.items()
            if path not in now or list(now[path][1]) < one.precedence
        }
        now.update(news)
        counted.append(bool(news))
    return now, counted


def values_of(said):
    """Return {path: value} of what was said."""
    return {path: value for path, (value, _precedence) in said.items()}


def differences(said, ours):
    """Return {path: (our value, theirs)} of what a system says otherwise than we have it.

    Nothing and an empty text are the same.
    """
    return {
        path: (ours.get(path), value)
        for path, value in said.items()
        if (ours.get(path) or None) != (value or None)
    }


def domains(kind, path, roles, said_roles):
    """Return the data domains of which a sender must be the system of record to set ``path``.

    :param roles: roles that the party has
    :param said_roles: roles that the sender gives it
    """
    if kind == "charge_code":
        return {CODES}
    if path in OF_ROLE:
        return {OF_ROLE[path]}
    roles, said_roles = set(roles or ()), set(said_roles or ())
    concerned = roles ^ said_roles if path == "roles" else roles or said_roles
    return {ROLES[role] for role in concerned or said_roles}


def strong_numbers(values):
    """Return {type: number} of what names a party in all the world.

    The VAT number of a place is that of whose place it is, and names no place.
    """
    named = {kind: values.get(f"identifiers.{kind}") for kind in STRONG}
    if set(values.get("roles") or ()) == {"location"}:
        named["vat"] = None
    return {kind: number for kind, number in named.items() if number}


def shared(statements):
    """Return the numbers of those statements that share a strong number with another party's."""
    owners = defaultdict(set)
    for one in statements:
        for key in strong_numbers(one.values).items():
            owners[key].add(one.number)
    return set().union(*(numbers for numbers in owners.values() if len(numbers) > 1))


def match(named, found):
    """Return the ids that the numbers of one party lead to: one is a match, several a doubt.

    :param named: {type: number}, see :func:`strong_numbers`
    :param found: {(type, number): ids}
    """
    return set().union(*(found.get(key, ()) for key in named.items()))


def _flat(data):
    paths = PATHS[data["kind"]]
    flat = {path: data[path] for path in paths if path in data}
    for group in _NESTED:
        for name, value in (data.get(group) or {}).items():
            flat[f"{group}.{name}"] = value
    return {path: _tidied(path, value) for path, value in flat.items() if path in paths}


def _tidied(path, value):
    if path.startswith("identifiers."):
        return compact(value) or None
    if path == "roles":
        return sorted(set(value or ()))
    return value.strip() or None if isinstance(value, str) else value
