"""The status page for a person at the demo."""

import html
from collections import Counter

from .acknowledgements import STATES
from .tenders import OUTCOMES

_SHOWN = 100
_SENT_COLUMNS = ("time", "party", "kind", "shipment", "status", "error")
_RECEIVED_COLUMNS = ("time", "path", "type", "subject", "status")
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Partner simulator</title>
<meta http-equiv="refresh" content="5">
<style>body {{ font-family: sans-serif; margin: 2em }} td, th {{ padding: .2em .8em .2em 0;
text-align: left; font-size: 90% }}</style></head>
<body><h1>Partner simulator</h1>
<p>{waiting} messages wait. Sent: {summary}. The whole record: <a href="/log">/log</a>,
<a href="/platform/settlements">/platform/settlements</a>.</p>
<h2>Interchanges and their acknowledgements (997)</h2>{interchanges}
<h2>Tenders, by what the carrier answered</h2>{tenders}
<h2>Sent to Odoo</h2>{sent}<h2>Received from Odoo</h2>{received}</body></html>
"""


def status_page(
    received: list[dict],
    sent: list[dict],
    interchanges: dict[str, dict],
    tenders: dict[str, dict],
    waiting: int,
) -> str:
    """Return the page: the newest entries of both directions, as in ``/log``."""
    counts = Counter(entry["status"] for entry in sent)
    summary = ", ".join(f"{count} answered {status}" for status, count in counts.items())
    return _PAGE.format(
        waiting=waiting,
        summary=summary or "nothing yet",
        interchanges=_table(
            [
                {
                    "carrier": scac,
                    "sent": sum(counts.values()),
                    **dict.fromkeys(STATES, 0),
                    **counts,
                }
                for scac, counts in interchanges.items()
            ],
            ("carrier", "sent", *STATES),
        ),
        tenders=_table(
            [
                {"carrier": scac, **dict.fromkeys(OUTCOMES, 0), **counts}
                for scac, counts in tenders.items()
            ],
            ("carrier", *OUTCOMES),
        ),
        received=_table(received, _RECEIVED_COLUMNS),
        sent=_table(sent, _SENT_COLUMNS),
    )


def _table(entries: list[dict], columns: tuple[str, ...]) -> str:
    head = "".join(f"<th>{column}</th>" for column in columns)
    rows = "".join(_row(entry, columns) for entry in reversed(entries[-_SHOWN:]))
    return f"<table><tr>{head}</tr>{rows}</table>"


def _row(entry: dict, columns: tuple[str, ...]) -> str:
    cells = (html.escape(str("" if entry[column] is None else entry[column])) for column in columns)
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
