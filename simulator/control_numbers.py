"""The control numbers of the carriers' interchanges: without gaps, restarts included."""

import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

# Without a file a restarted simulator must not repeat numbers, so they count on from the clock.
_EPOCH = 1_700_000_000


class ControlNumbers:
    """What each carrier counted up to, kept in a file.

    :param path: where; ``None``: nowhere
    :raise ValueError: when the file is not what this class wrote
    """

    def __init__(self, path: str | None):
        self._path = Path(path) if path else None
        self._lock = threading.Lock()
        self._last: dict[str, int] = {}
        if self._path and self._path.is_file():
            self._last = {
                scac: int(last) for scac, last in json.loads(self._path.read_text()).items()
            }

    def of(self, scac: str, first: int | None = None) -> Iterator[int]:
        """Yield the numbers of a carrier, from ``first`` where it has sent nothing yet."""
        usual = 1 if self._path else int(time.time()) - _EPOCH
        with self._lock:
            self._last.setdefault(scac, (first or usual) - 1)
        while True:
            yield self._next(scac)

    def _next(self, scac: str) -> int:
        with self._lock:
            self._last[scac] += 1
            if self._path:
                partial = self._path.with_suffix(f".{os.getpid()}")
                partial.write_text(json.dumps(self._last))
                partial.replace(self._path)
            return self._last[scac]
