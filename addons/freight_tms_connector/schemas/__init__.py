"""JSON Schemas (draft-07) of the canonical documents, and the check against them."""

import json
from functools import lru_cache
from pathlib import Path

import fastjsonschema

from ..moments import parse

#: Documents that partners send.
KINDS = ("event", "shipment", "invoice", "party", "charge_code")
#: Bodies that partners are sent.
OUTBOUND = ("announcement", "master_announcement")

#: Years in which something of freight may happen.
YEARS = range(1970, 2200)

_FOLDER = Path(__file__).parent


class SchemaError(ValueError):
    """A document is not what its schema says.

    :ivar errors: [(JSON pointer into the document, what is wrong there)].
    """

    def __init__(self, errors):
        super().__init__("; ".join(": ".join(filter(None, error)) for error in errors))
        self.errors = errors


def check(kind, document):
    """Check a canonical document of `kind`.

    The first violation is reported. Amounts are text, times ISO 8601; unknown keys are refused.

    :raises SchemaError: the document violates the schema, or there is none of that kind.
    """
    if kind not in KINDS + OUTBOUND:
        raise SchemaError([("", f"There is no schema for {kind}.")])
    try:
        _validator(kind)(document)
    except fastjsonschema.JsonSchemaValueException as error:
        raise schema_error(error) from error


def schema_error(error):
    """Return the :class:`SchemaError` of a violation as fastjsonschema reports it."""
    pointer = "".join(f"/{_escaped(part)}" for part in error.path[1:])
    return SchemaError([(pointer, error.message.removeprefix(error.name).strip())])


@lru_cache
def schema(kind):
    """Return the schema of `kind` as a dict, shared definitions included."""
    document = json.loads((_FOLDER / f"{kind}.json").read_text("utf-8"))
    shared = json.loads((_FOLDER / "definitions.json").read_text("utf-8"))
    return document | {"definitions": shared}


@lru_cache
def _validator(kind):
    return fastjsonschema.compile(schema(kind), formats=FORMATS, use_default=False)


def _is_moment(text):
    """Tell whether ``text`` is a time that freight may have: a far year is a typing error.

    It would also leave the range of dates when it is moved to another time zone.
    """
    try:
        return parse(text).year in YEARS
    except ValueError:
        return False


#: What the formats of our schemas mean, by name.
FORMATS = {"moment": _is_moment, "day": _is_moment}


def _escaped(part):
    return str(part).replace("~", "~0").replace("/", "~1")
