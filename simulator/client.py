"""Send messages to Odoo: signed afresh at each attempt, retried while it is not up."""

import heapq
import itertools
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

from .signing import SCHEMES

TIMEOUT = 20
MAX_ATTEMPTS = 12
_FIRST_BACKOFF, _LONGEST_BACKOFF = 0.5, 30.0
_RETRY_STATUS = {408, 425, 429}
# Partners stand on this machine: a proxy of the environment is not for them.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Channel:
    """A source registered in Odoo, and how its messages are authenticated."""

    source: str
    scheme: str
    secret: str

    @classmethod
    def from_config(cls, config: dict) -> "Channel":
        """Read ``source`` with ``bearer`` or ``secret``; ``whsec_`` means Standard Webhooks.

        :raise KeyError: when the source or its secret is missing
        """
        if "bearer" in config:
            return cls(config["source"], "bearer", config["bearer"])
        secret = config["secret"]
        scheme = "standard_webhooks" if secret.startswith("whsec_") else "generic_hmac"
        return cls(config["source"], scheme, secret)

    def headers(self, body: bytes) -> dict[str, str]:
        """Return the headers that authenticate ``body`` now."""
        return SCHEMES[self.scheme](self.secret, body, time.time())


def post(url: str, channel: Channel, content_type: str, body: bytes) -> tuple[int, str, str]:
    """Send one message.

    :return: status (0: no answer), the answer's ``Retry-After``, and an error or ``""``
    """
    headers = {"Content-Type": content_type, **channel.headers(body)}
    request = urllib.request.Request(url, body, headers, method="POST")
    try:
        with _OPENER.open(request, timeout=TIMEOUT) as answer:
            answer.read()
            return answer.status, "", ""
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get("Retry-After") or "", error.reason
    except OSError as error:
        return 0, "", str(error)


class Outbox:
    """Messages that wait for their time, and the one thread that sends them, so in order.

    :param deliver: sends one item (item, number of the attempt), returns (status, retry after)
    """

    def __init__(self, deliver: Callable[[object, int], tuple[int, str]]):
        self._deliver = deliver
        self._waiting: list = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._in_hand = False
        self._paused = self._stopped = False
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is being sent and leave the rest."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._thread.join()

    def pause(self, paused: bool) -> None:
        """Hold everything back, or go on."""
        with self._changed:
            self._paused = paused
            self._changed.notify_all()

    def push(self, item: object, wait: float = 0, attempt: int = 1) -> None:
        """Send ``item`` in ``wait`` seconds."""
        with self._changed:
            entry = (time.monotonic() + wait, next(self._order), item, attempt)
            heapq.heappush(self._waiting, entry)
            self._changed.notify_all()

    def __len__(self) -> int:
        """Return how many messages wait or are being sent."""
        with self._changed:
            return len(self._waiting) + self._in_hand

    @property
    def paused(self) -> bool:
        """Whether everything is held back."""
        return self._paused

    def wait_until_empty(self, timeout: float) -> bool:
        """Return whether everything was sent or given up within ``timeout`` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._in_hand, timeout)

    def _work(self) -> None:
        while (entry := self._take()) is not None:
            _due, _order, item, attempt = entry
            status, retry_after = self._deliver(item, attempt)
            if attempt < MAX_ATTEMPTS and _is_temporary(status):
                self.push(item, _backoff(attempt, retry_after), attempt + 1)
            with self._changed:
                self._in_hand = False
                self._changed.notify_all()

    def _take(self) -> tuple | None:
        """Wait for the next message that is due; ``None``: stopped."""
        with self._changed:
            while not self._stopped:
                left = self._waiting[0][0] - time.monotonic() if self._waiting else None
                if left is not None and left <= 0 and not self._paused:
                    self._in_hand = True
                    return heapq.heappop(self._waiting)
                self._changed.wait(None if self._paused else left)
        return None


def _is_temporary(status: int) -> bool:
    return status == 0 or status in _RETRY_STATUS or status >= 500


def _backoff(attempt: int, retry_after: str) -> float:
    asked = float(retry_after) if retry_after.isascii() and retry_after.isdigit() else 0.0
    return min(max(_FIRST_BACKOFF * 2 ** (attempt - 1), asked), _LONGEST_BACKOFF)
