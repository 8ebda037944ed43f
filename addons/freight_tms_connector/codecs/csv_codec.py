"""CSV with a header row: one document per row, in the dialect of the partner.

The tree of a row: {"row": {"shipment": "...", "status": "..."}, "line": 2}. Column names are
lower case with underscores, so that a JMESPath needs no quotes; `columns` then renames them.
"""

import csv
import io
import re
from itertools import chain

from .base import CodecError, Decoded, texts

_DELIMITERS = ",;\t|"
_MAX_COLUMNS = 1000
_MAX_LINE = 250_000
_DECIMAL_POINT = re.compile(r"[+-]?\d+\.\d+")
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
    chunks = texts(raw, encoding)
    first = next(chunks)
    rows = _rows(chain([first], chunks), delimiter or _likely_delimiter(first), quote)
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


def encode(rows, names, *, encoding="utf-8", delimiter=",", quote='"', decimal_comma=False):
    """Return the bytes of a file with a header of `names` and a line for each of `rows`.

    :param rows: trees of `decode`, or {column: text}; what a row lacks is an empty cell.
    :param decimal_comma: numbers such as "1234.50" are written as "1234,50".
    :raises CodecError: a row has a column that the header lacks, or a character that the encoding
        lacks.
    """
    text = io.StringIO(newline="")
    try:
        writer = csv.writer(text, delimiter=delimiter, quotechar=quote, lineterminator="\r\n")
    except (TypeError, ValueError) as error:
        raise CodecError(f"The dialect cannot be used: {error}.") from error
    writer.writerow(names)
    for line, row in enumerate(rows, start=2):
        cells = row.get("row", row)
        strange = set(cells).difference(names)
        if strange:
            raise CodecError(f"There is no column {min(strange)}.", f"line {line}")
        values = [cells.get(name, "") for name in names]
        writer.writerow([_with_comma(value) for value in values] if decimal_comma else values)
    try:
        return text.getvalue().encode(encoding)
    except (LookupError, UnicodeError) as error:
        raise CodecError(f"The text cannot be written as {encoding}: {error}.") from error


def _rows(chunks, delimiter, quote):
    """Return an iterator of (line number, stripped cells)."""
    try:
        reader = csv.reader(_lines(chunks), delimiter=delimiter, quotechar=quote, strict=True)
    except (TypeError, ValueError) as error:
        raise CodecError(f"The dialect cannot be used: {error}.") from error
    return ((reader.line_num, [cell.strip() for cell in cells]) for cells in reader)


def _lines(chunks):
    """Yield the lines of a text with their ends.

    :raises csv.Error: a line is longer than any row can be.
    """
    rest = ""
    for chunk in chunks:
        lines = list(io.StringIO(rest + chunk, newline=""))
        # What has no line feed yet may go on in the next chunk, after a lone carriage return too.
        rest = "" if lines[-1].endswith("\n") else lines.pop()
        yield from lines
        if len(rest) > _MAX_LINE:
            raise csv.Error(f"a line is longer than {_MAX_LINE} characters")
    if rest:
        yield rest


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


def _with_comma(cell):
    return cell.replace(".", ",") if _DECIMAL_POINT.fullmatch(cell) else cell


def _with_point(cell):
    if _DECIMAL_COMMA.fullmatch(cell):
        return cell.replace(".", "").replace(",", ".")
    return cell
