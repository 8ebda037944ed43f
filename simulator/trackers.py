"""A carrier's tracking API that is polled: trackers in pages that hang together by a cursor."""

import hmac
import threading
import time
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import parse_qs

from .story import Story

PAGE = 10
_LABELLED_BEFORE = timedelta(hours=3)


class Trackers:
    """Trackers of parcels, oldest first, for who shows the token.

    Cursors are the times of publication, so that they count on when the simulator is started anew.
    """

    def __init__(self, token: str):
        self._token = token
        self._lock = threading.Lock()
        self._entries: list[tuple[int, dict]] = []

    def add(self, story: Story, wait: float) -> None:
        """Publish the tracker of a parcel in ``wait`` seconds."""
        with self._lock:
            last = self._entries[-1][0] if self._entries else 0
            self._entries.append((max(last + 1, _now() + int(wait * 1000)), _tracker(story)))

    def get(self, query: str, headers: Mapping[str, str]) -> tuple[int, dict]:
        """Return status and page: what comes after the cursor ``after`` of the query."""
        shown = headers.get("authorization", "")
        if not hmac.compare_digest(shown.encode(), f"Bearer {self._token}".encode()):
            return 401, {"error": "show your token"}
        after = parse_qs(query).get("after", ["0"])[0]
        if not (after.isascii() and after.isdigit()):
            return 400, {"error": "this cursor is none of ours"}
        with self._lock:
            page = [entry for entry in self._entries if int(after) < entry[0] <= _now()][:PAGE]
        cursor = str(page[-1][0]) if page else after
        return 200, {"trackers": [tracker for _number, tracker in page], "cursor": cursor}


def _now() -> int:
    return time.time_ns() // 1_000_000


def _tracker(story: Story) -> dict:
    """Return what the carrier expects of a parcel, as trackers in EasyPost's style tell it."""
    shipment = story.shipment
    labelled = min(story.now, shipment.pickup - _LABELLED_BEFORE)
    first = shipment.stops[0]
    return {
        "id": f"trk_{story.tracking.lower()}",
        "object": "Tracker",
        "tracking_code": story.tracking,
        "status": "pre_transit",
        "carrier": story.carrier.name,
        "est_delivery_date": shipment.delivery.isoformat(),
        "updated_at": labelled.isoformat(),
        "tracking_details": [
            {
                "object": "TrackingDetail",
                "message": "Label printed",
                "status": "pre_transit",
                "status_detail": "label_created",
                "datetime": labelled.isoformat(),
                "tracking_location": {
                    "city": first.get("city") or "",
                    "state": first.get("state") or "",
                    "zip": first.get("zip") or "",
                    "country": first.get("country") or "US",
                },
            }
        ],
    }
