"""CSV with a header row: one document per row, in the dialect of the partner.

The tree of a row: {"row": {"shipment": "...", "status": "..."}, "line": 2}. Column names are
lower case with underscores, so that a JMESPath needs no quotes; `columns` then renames them.
"""

import csv
import io
import re

from .base import CodecError, Decoded, text_of

_DELIMITERS = ",;\t|"
_MAX_COLUMNS = 1000
_DECIMAL_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+),\d+")


def decode(raw, **options):
    """Return a `Decoded` of kind "csv" for every row below the header; see `iterate`."""
    return list(iterate(raw, **options))


def iterate(raw, *, encoding=None, delimiter=None, quote='"', decimal_comma=False, columns=None):
    """Yield a `Decoded` per row. A row with more cells than the header is rejected alone.

    :param delimiter: one character; by default the one that the header has most of.
    :param decimal_comma: "1.234,50" and "12,5" are numbers and become "1234.50" and "12.5".
    :param columns: {their column, as normalised: our column}.
    :raises CodecError: no header, an unknown encoding or a useless dialect.
    """
    text = text_of(raw, encoding)
    rows = _rows(text, delimiter or _likely_delimiter(text), quote)
    names = _names(rows, columns or {})
    try:
        for line, cells in rows:
            if any(cells):
                yield _row(line, names, cells, decimal_comma)
    except csv.Error as error:
        yield Decoded("csv", None, "end of file", f"The file cannot be read to its end: {error}.")


def check(raw, **options):
    """Raise CodecError unless the file can be read to its end and has as many cells as columns."""
    for decoded in iterate(raw, **options):
        if decoded.error:
            raise CodecError(decoded.error, decoded.position)


def _rows(text, delimiter, quote):
    """Return an iterator of (line number, stripped cells)."""
    try:
        reader = csv.reader(
            io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote, strict=True
        )
    except (TypeError, ValueError) as error:
        raise CodecError(f"The dialect cannot be used: {error}.") from error
    return ((reader.line_num, [cell.strip() for cell in cells]) for cells in reader)


def _likely_delimiter(text):
    header = text.split("\n", 1)[0]
    return max(_DELIMITERS, key=header.count)


def _names(rows, columns):
    try:
        _line, header = next(rows)
    except csv.Error as error:
        raise CodecError(f"The header cannot be read: {error}.", "line 1") from error
    if len(header) > _MAX_COLUMNS:
        raise CodecError(f"There are more than {_MAX_COLUMNS} columns.", "line 1")
    names = []
    for place, cell in enumerate(header, start=1):
        name = re.sub(r"\W+", "_", cell.lower()).strip("_") or f"column_{place}"
        name = columns.get(name, name)
        names.append(name if name not in names else f"{name}_{place}")
    return names


def _row(line, names, cells, decimal_comma):
    position = f"line {line}"
    if len(cells) > len(names):
        error = f"{position}: {len(cells)} cells, but the header has {len(names)}."
        return Decoded("csv", None, position, error)
    if decimal_comma:
        cells = [_with_point(cell) for cell in cells]
    row = {name: cell for name, cell in zip(names, cells, strict=False) if cell}
    return Decoded("csv", {"row": row, "line": line}, position)


def _with_point(cell):
    if _DECIMAL_COMMA.fullmatch(cell):
        return cell.replace(".", "").replace(",", ".")
    return cell
