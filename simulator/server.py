"""The partners' web server: takes what Odoo sends, and plays the answer."""

import json
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from http.server import ThreadingHTTPServer

from . import signing
from .acknowledgements import Interchanges, read_acknowledgement, read_control
from .carriers import Carrier
from .client import Channel, Outbox, post
from .control_numbers import ControlNumbers
from .handler import Answer, Handler
from .page import status_page
from .scenarios import TROUBLES
from .story import X12_TYPE, Step, Story, tell, tell_of_tender
from .tenders import Answers, Tender, Tenders, read_group, read_load_tender, read_tender_event
from .trackers import Trackers

PACE = 1.5  # seconds between two messages of a story, at speed 1
_KEPT = 10_000
_TRACKED_AFTER = 5  # steps of a story: by then the TMS told the tracking number
_POLL = 0.05  # seconds until a stop is noticed


class Simulator:
    """A TMS, carriers and a settlement platform.

    :param config: ``odoo`` (address), ``port`` (0: any free one), ``tms``, ``carriers``,
        ``platform``, ``seed``; see the README of this folder
    :param speed: how many times faster than usual a story is told
    :raise KeyError: when the configuration lacks something
    """

    def __init__(self, config: dict, speed: float = 1):
        self._odoo = config["odoo"].rstrip("/")
        self._secrets = {
            "/tms/orders": config["tms"]["outbound_secret"],
            "/platform/settlements": config["platform"]["secret"],
        }
        self._tms = Channel.from_config(config["tms"])
        numbers = ControlNumbers(config.get("control_numbers"))
        self._carriers = [Carrier.from_config(carrier, numbers) for carrier in config["carriers"]]
        self._secrets |= {
            f"/carrier/{carrier.scac}": carrier.outbound_secret
            for carrier in self._carriers
            if carrier.outbound_secret
        }
        self._trackers = {
            f"/carrier/{carrier.scac}/trackers": Trackers(carrier.tracker_token)
            for carrier in self._carriers
            if carrier.tracker_token
        }
        self._interchanges = Interchanges()
        self._answers = Answers({carrier.scac: carrier.answer for carrier in self._carriers})
        self._tenders = Tenders()
        self._troubles: list[str] = []
        self._seed = config.get("seed", 0)
        self._pace = PACE / speed
        self._lock = threading.Lock()
        self._received: deque[dict] = deque(maxlen=_KEPT)
        self._sent: deque[dict] = deque(maxlen=_KEPT)
        self._seen: set[tuple[str, str]] = set()
        self._releases: dict[str, dict] = {}
        self._begun: set[str] = set()
        self._failures: list[Answer] = []
        self._outages: dict[str, Answer] = {}
        self._outbox = Outbox(self._deliver)
        self._server = ThreadingHTTPServer(("127.0.0.1", config.get("port", 0)), Handler)
        self._server.daemon_threads = True
        self._server.simulator = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL,), daemon=True
        )

    def start(self) -> None:
        """Serve and send in threads of its own."""
        self._outbox.start()
        self._thread.start()

    def stop(self) -> None:
        """Stop cleanly: finish the message in hand, release the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._outbox.stop()

    @property
    def url(self) -> str:
        """The address of the partners."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def received(self) -> list[dict]:
        """What arrived: time, path, id, type, subject, status, duplicate, headers, body (bytes)."""
        with self._lock:
            return list(self._received)

    @property
    def sent(self) -> list[dict]:
        """Each attempt: time, party, kind, shipment, source, attempt, status, error."""
        with self._lock:
            return list(self._sent)

    @property
    def interchanges(self) -> dict[str, dict[str, int]]:
        """How many interchanges of each carrier were accepted, rejected, and wait for a 997."""
        return self._interchanges.counts()

    def wait_until_idle(self, timeout: float = 30) -> bool:
        """Return whether all messages were sent or given up within ``timeout`` seconds."""
        return self._outbox.wait_until_empty(timeout)

    # Requests

    def get(self, path: str, query: str, headers: Mapping[str, str]) -> Answer:
        """Answer a GET request (header names in lower case)."""
        if path in self._trackers:
            return Answer(*self._trackers[path].get(query, headers))
        pages = {
            "/": self._page,
            "/health": self._health,
            "/log": self._log,
            "/platform/settlements": self._settlements,
        }
        return Answer(200, pages[path]()) if path in pages else Answer(404, {"error": "not found"})

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer a POST request (header names in lower case)."""
        if path.startswith("/_control/"):
            return self._control(path.removeprefix("/_control/"), body)
        if path not in self._secrets and not path.startswith("/carrier/"):
            return Answer(404, {"error": "not found"})
        entry = {"time": _now().isoformat(), "path": path, "headers": dict(headers), "body": body}
        answer = self._planned_failure(path) or self._accept(path, headers, body, entry)
        with self._lock:
            self._received.append({**_blank_entry(), **entry, "status": answer.status})
        return answer

    def _planned_failure(self, path: str) -> Answer | None:
        with self._lock:
            if path in self._outages:
                return self._outages[path]
            return self._failures.pop(0) if self._failures else None

    def _accept(self, path: str, headers: Mapping, body: bytes, entry: dict) -> Answer:
        try:
            if path in self._secrets:
                entry["id"] = signing.verify(self._secrets[path], headers, body, time.time())
            signing.check_digest(headers, body)
            if path.startswith("/carrier/"):
                return self._accept_for_carrier(path, headers, body, entry)
            event = _read_json(body)
            entry |= {"type": event.get("type"), "subject": event.get("subject")}
            story = self._tell(event) if path == "/tms/orders" and _is_release(event) else None
        except signing.BadSignature as error:
            return Answer(401, {"error": str(error)})
        except (signing.BadDigest, ValueError) as error:
            return Answer(400, {"error": str(error)})
        if self._is_duplicate(path, entry):
            return Answer(200, {"status": "duplicate"})
        if story:
            self._begin(story, event)
        return Answer(202, {"status": "accepted"})

    def _accept_for_carrier(self, path: str, headers: Mapping, body: bytes, entry: dict) -> Answer:
        """Read what a carrier gets: 997, 204 or events; one without a secret takes anything.

        :raise ValueError: when it cannot be read
        """
        if path not in self._secrets:
            return Answer(202, {"status": "accepted"})
        if headers.get("content-type") == X12_TYPE:
            return self._accept_edi(path, body, entry)
        event = _read_json(body)
        entry |= {"type": event.get("type"), "subject": event.get("subject")}
        is_tender = ".tender." in str(event.get("type"))
        tender = read_tender_event(event, _now()) if is_tender else None
        if self._is_duplicate(path, entry):
            return Answer(200, {"status": "duplicate"})
        if tender:
            self._consider(path, tender)
        return Answer(202, {"status": "accepted"})

    def _accept_edi(self, path: str, body: bytes, entry: dict) -> Answer:
        group = read_group(body)
        if group["set"] == "204":
            tender = read_load_tender(body, _now())
            entry |= {"type": f"204 {tender.purpose}", "subject": tender.shipment.number}
        else:
            tender, said = None, read_acknowledgement(body)
            verdict = " ".join([said.verdict, *(f"without set {one}" for one in said.rejected)])
            entry |= {"type": "997", "subject": f"{said.control:09d} {verdict}"}
        if self._is_duplicate(path, entry):
            return Answer(200, {"status": "duplicate"})
        if tender:
            self._consider(path, tender, group)
        else:
            self._interchanges.acknowledged(said)
        return Answer(202, {"status": "accepted"})

    def _consider(self, path: str, tender: Tender, group: dict | None = None) -> None:
        """Let a carrier answer a tender; with its acceptance the story of the shipment begins.

        :param group: what its 997 is to say, where the tender came as a 204
        """
        scac = path.removeprefix("/carrier/")
        carrier = next(one for one in self._carriers if one.scac == scac)
        story = tell_of_tender(tender, carrier, self._tms, _now(), self._seed)
        if group:
            self._outbox.push(story.acknowledgement(group))
        if tender.purpose == "cancel":
            self._tenders.note(scac, "cancelled")
            return
        answer = self._answers.take(scac)
        self._tenders.note(scac, answer)
        if answer == "accept" and tender.purpose == "original":
            self._begin(story, None)
        elif answer != "silent":
            self._outbox.push(story.response(answer), wait=self._pace)

    def _is_duplicate(self, path: str, entry: dict) -> bool:
        key = (path, entry.get("id"))
        with self._lock:
            entry["duplicate"] = key[1] is not None and key in self._seen
            self._seen.add(key)
        return entry["duplicate"]

    def _tell(self, event: dict) -> Story:
        return tell(event, self._carriers, self._tms, _now(), self._seed)

    def _begin(self, story: Story, event: dict | None) -> None:
        """Play a story, unless it was before: once for a release, once for each tender.

        :param event: the release, to play it again; None for a tender
        """
        number = story.shipment.number if event else f"{story.tender.number}:{story.carrier.scac}"
        with self._lock:
            known = number in self._releases or number in self._begun
            self._begun.add(number)
            if event:
                self._releases[number] = event
        if not known:
            story = self._with_trouble(story)
            trackers = self._trackers.get(f"/carrier/{story.carrier.scac}/trackers")
            if trackers:
                trackers.add(story, wait=_TRACKED_AFTER * self._pace)
            self._play(story.steps())

    def _with_trouble(self, story: Story) -> Story:
        """Return the story with the first of the ordered troubles that can befall it."""
        if not story.is_plain:
            return story
        with self._lock:
            for position, name in enumerate(self._troubles):
                suits, scenario = TROUBLES[name]
                if suits == story.carrier.format:
                    del self._troubles[position]
                    return replace(story, scenario=scenario)
        return story

    def _play(self, steps: list[Step]) -> None:
        for position, step in enumerate(steps, start=1):
            self._outbox.push(step, wait=position * self._pace)

    def _deliver(self, step: Step, attempt: int) -> tuple[int, str]:
        url = f"{self._odoo}/freight/v1/hooks/{step.channel.source}"
        status, retry_after, error = post(url, step.channel, step.content_type, step.body)
        owed = step.content_type == X12_TYPE and not step.kind.startswith("997")
        if owed and 200 <= status < 300:
            self._interchanges.sent(step.scac, read_control(step.body))
        with self._lock:
            self._sent.append(
                {
                    "time": _now().isoformat(),
                    "party": step.party,
                    "kind": step.kind,
                    "shipment": step.shipment,
                    "source": step.channel.source,
                    "attempt": attempt,
                    "status": status,
                    "error": error,
                }
            )
        return status, retry_after

    # Control, for tests and for a person at the demo

    def _control(self, action: str, body: bytes) -> Answer:
        actions = {
            "pause": lambda order: self._outbox.pause(True),
            "resume": lambda order: self._outbox.pause(False),
            "fail": self._plan_failures,
            "outage": self._begin_outage,
            "recover": self._end_outage,
            "play": self._replay,
            "trouble": self._plan_trouble,
            "tenders": self._plan_answers,
        }
        if action not in actions:
            return Answer(404, {"error": f"no such action; there are {', '.join(actions)}"})
        try:
            actions[action](_read_json(body or b"{}"))
        except (KeyError, TypeError, ValueError) as error:
            return Answer(400, {"error": str(error)})
        return Answer(200, {"status": "ok"})

    def _plan_failures(self, order: dict) -> None:
        """Answer the next ``count`` messages with ``status`` and, if given, ``retry_after``."""
        with self._lock:
            self._failures = [_failure(order)] * int(order.get("count", 1))

    def _begin_outage(self, order: dict) -> None:
        """Answer everything that comes for ``path`` with ``status`` until it recovers."""
        self._check_path(order["path"])
        with self._lock:
            self._outages[order["path"]] = _failure(order)

    def _end_outage(self, order: dict) -> None:
        """Let ``path`` answer as usual again; without one, everything does."""
        with self._lock:
            paths = [order["path"]] if "path" in order else list(self._outages)
            for path in paths:
                self._outages.pop(path, None)

    def _check_path(self, path: str) -> None:
        if path not in self._secrets:
            raise ValueError(f"no such path; there are {', '.join(self._secrets)}")

    def _plan_trouble(self, order: dict) -> None:
        """Let ``kind`` befall the next ``count`` stories that go as planned."""
        if order["kind"] not in TROUBLES:
            raise ValueError(f"no such trouble; there are {', '.join(TROUBLES)}")
        with self._lock:
            self._troubles += [order["kind"]] * int(order.get("count", 1))

    def _plan_answers(self, order: dict) -> None:
        """Let the carrier ``scac`` answer tenders with ``answer``: the next ``count``, or all."""
        count = int(order["count"]) if "count" in order else None
        self._answers.plan(order["scac"], order["answer"], count)

    def _replay(self, order: dict) -> None:
        """Play one release again (``number``), or all; ``hasten`` lets them arrive just now."""
        with self._lock:
            releases = dict(self._releases)
        numbers = [order["number"]] if "number" in order else list(releases)
        for number in numbers:
            story = self._tell(releases[number])
            self._play((story.hastened() if order.get("hasten") else story).steps())

    # Pages

    def _health(self) -> dict:
        with self._lock:
            down = sorted(self._outages)
        paused, queued = self._outbox.paused, len(self._outbox)
        return {"status": "ok", "paused": paused, "queued": queued, "down": down}

    def _log(self) -> dict:
        hidden = ("headers", "body")
        received = [
            {key: value for key, value in entry.items() if key not in hidden}
            for entry in self.received
        ]
        return {
            "received": received,
            "sent": self.sent,
            "interchanges": self.interchanges,
            "tenders": self._tenders.counts(),
        }

    def _settlements(self) -> list[dict]:
        return [
            json.loads(entry["body"])
            for entry in self.received
            if entry["path"] == "/platform/settlements" and entry["status"] == 202
        ]

    def _page(self) -> str:
        log = self._log()
        return status_page(**log, waiting=len(self._outbox))


def _failure(order: dict) -> Answer:
    headers = {"Retry-After": str(order["retry_after"])} if "retry_after" in order else {}
    return Answer(int(order.get("status", 503)), {"error": "planned failure"}, headers)


def _blank_entry() -> dict:
    return {"id": None, "type": None, "subject": None, "duplicate": False}


def _is_release(event: dict) -> bool:
    return "shipment.released" in str(event.get("type"))


def _read_json(body: bytes) -> dict:
    document = json.loads(body)
    if not isinstance(document, dict):
        raise ValueError("the body is no JSON object")
    return document


def _now() -> datetime:
    return datetime.now(timezone.utc).replace(microsecond=0)
