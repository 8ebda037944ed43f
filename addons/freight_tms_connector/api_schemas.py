"""The JSON Schemas of the API: those of the canonical documents, and those of its own bodies."""

import json
from functools import lru_cache
from pathlib import Path

import fastjsonschema

from . import schemas

_FOLDER = Path(schemas.__file__).parent
_LOCAL = "#/definitions/"


@lru_cache
def definitions():
    """Return {name: schema}; they refer to each other as ``#/definitions/{name}``.

    Capitalised are documents and bodies, in lower case the parts that they share.
    """
    own = json.loads((_FOLDER / "api.json").read_text("utf-8"))
    shared = json.loads((_FOLDER / "definitions.json").read_text("utf-8"))
    event = _document("event")
    said_by_envelope = {"kind", "id"}
    return {
        **shared,
        **own,
        "Event": event,
        "CloudEventData": {
            **event,
            "required": [name for name in event["required"] if name not in said_by_envelope],
        },
        "Shipment": _document("shipment"),
        "Announcement": _document("announcement"),
        "Party": _document("party"),
        "ChargeCode": _document("charge_code"),
        "MasterAnnouncement": _document("master_announcement"),
    }


def validator(schema, named):
    """Return a function that checks a value against ``schema``, which may refer to ``named``.

    It raises :class:`~.schemas.SchemaError` with the first violation.
    """
    check = fastjsonschema.compile(
        {**schema, "definitions": named}, formats=schemas.FORMATS, use_default=False
    )

    def checked(value):
        try:
            check(value)
        except fastjsonschema.JsonSchemaValueException as error:
            raise schemas.schema_error(error) from error

    return checked


def closure(names, named):
    """Return those of ``named`` that ``names`` mean or lead to, in the order of their names."""
    found, waiting = set(), [*names]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _referred(named[name])
    return {name: named[name] for name in sorted(found)}


def _referred(node):
    if isinstance(node, dict):
        here = node.get("$ref", "")
        names = [here.split("/")[2]] if here.startswith(_LOCAL) else []
        return names + [name for child in node.values() for name in _referred(child)]
    if isinstance(node, list):
        return [name for child in node for name in _referred(child)]
    return []


def _document(kind):
    return {
        key: value
        for key, value in schemas.schema(kind).items()
        if key not in ("$schema", "definitions")
    }
