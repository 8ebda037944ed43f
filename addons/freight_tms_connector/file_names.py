"""Names of the files that messages are put into. Pure."""

import re
import string

#: What a template may say, and what for.
PLACES = ("type", "number", "id", "control", "date", "time", "ext")
#: One of these tells a message from every other.
_TELLING = ("id", "control")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 120


class TemplateError(ValueError):
    """A template cannot be used; says why."""


def check(template):
    """Refuse a template by which two messages might share a name.

    :raises TemplateError: an unknown place, no place that tells messages apart, or a path
    """
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        raise TemplateError(str(error)) from error
    names = [name for _text, name, _format, _conversion in parts if name is not None]
    plain = all(not form and not how for _text, _name, form, how in parts)
    if not plain or not set(names) <= set(PLACES):
        raise TemplateError(f"in braces it knows {', '.join(PLACES)} only")
    if not set(names) & set(_TELLING):
        raise TemplateError("{id} or {control} must be in it, or one file would replace another")
    if any("/" in text or "\\" in text for text, *_rest in parts):
        raise TemplateError("it names a file and no path")


def name(template, **values):
    """Return the name of a file: the same for the same `values`, and safe on any server.

    A message without a control number has its id in its place.

    >>> name("{type}_{number}_{id}.{ext}", type="tender.sent", number="SHP/1", id="ab", ext="edi")
    'tender.sent_SHP-1_ab.edi'
    """
    values["control"] = values.get("control") or values["id"]
    made = {place: _UNSAFE.sub("-", str(values.get(place) or "")) for place in PLACES}
    head, dot, suffix = template.rpartition(".")
    text = (head if dot else template).format(**made)
    ending = f"{dot}{suffix.format(**made)}" if dot else ""
    if len(text) > _LONGEST:  # what tells it apart stays
        text = f"{text[: _LONGEST - len(made['id']) - 1]}-{made['id']}"
    return _UNSAFE.sub("-", f"{text}{ending}").lstrip(".-") or made["id"]
