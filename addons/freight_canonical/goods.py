"""What a canonical ``shipment`` document says of goods and distance, in stored units.

Nothing is guessed: what is in a unit that nobody knows, or less than nothing, is left out and told
by its words.
"""

from .units import UnknownUnit, cubic_metres, kilograms, kilometres

_OF_LINES = {"weight": kilograms, "volume": cubic_metres}


def read_line(line):
    """Return the measures of a line and the words of those that cannot be read.

    >>> read_line({"weight": "2", "weight_unit": "TNE", "volume": "3", "volume_unit": "QQ"})
    ({'weight': 2000.0}, ['3 QQ'])
    """
    return _read(line, _OF_LINES)


def read_distance(data):
    """Return ``{"distance": kilometres}`` and the words of what cannot be read.

    >>> read_distance({"distance": "10", "distance_unit": "KMT"})
    ({'distance': 10.0}, [])
    """
    return _read(data, {"distance": kilometres})


def _read(data, measures):
    values, unread = {}, []
    for name, convert in measures.items():
        if data.get(name) is None:
            continue
        unit = data.get(f"{name}_unit")
        try:
            measured = convert(data[name], unit)
        except UnknownUnit:
            measured = -1
        if measured < 0:
            unread.append(f"{data[name]} {unit or ''}".strip())
        else:
            values[name] = measured
    return values, unread
