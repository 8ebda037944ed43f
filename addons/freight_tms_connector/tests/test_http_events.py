"""CloudEvents at the door: structured, in batches, and the handshake before them."""

import json

from odoo.tests import tagged

from ..cloudevents import BATCH, MAX_ITEMS, STRUCTURED
from .http_common import EVENT, DoorCase, event

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@tagged("post_install", "-at_install")
class TestStructured(DoorCase):
    def knock_event(self, value, **options):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        endpoint = options.pop("endpoint", self.tms_endpoint)
        return self.knock(endpoint, body, media_type=STRUCTURED, **options)

    def test_the_signed_id_is_the_identity(self):
        self.knock_event(EVENT, message_id="m-1")
        self.assertEqual(self.knock_event(EVENT, message_id="m-2").status_code, 202)
        self.assertEqual(self.stored(self.tms_endpoint).mapped("message_key"), ["m-1", "m-2"])

    def test_without_one_it_is_source_and_id(self):
        endpoint = self.make_endpoint(self.make_system("events", "tms"), "api_key", "a key", [])
        knock = {"endpoint": endpoint, "secret": "a key"}
        self.assertEqual(self.knock_event(EVENT, **knock).status_code, 202)
        self.assertEqual(self.knock_event(EVENT, **knock).status_code, 200)
        self.assertEqual(self.knock_event({**EVENT, "source": "/b"}, **knock).status_code, 202)
        self.assertProblem(
            self.knock_event({**EVENT, "data": 2}, **knock), 422, "idempotency-mismatch"
        )

    def test_what_lacks_an_attribute_is_quarantined(self):
        for name in ("specversion", "id", "source", "type"):
            answer = self.knock_event({key: EVENT[key] for key in EVENT if key != name})
            self.assertEqual((answer.status_code, answer.json()["status"]), (202, "quarantined"))
            message = self.stored(self.tms_endpoint)[-1:]
            self.assertEqual(message.state, "quarantined")
            self.assertIn(name, message.error)

    def test_what_is_no_json(self):
        self.assertProblem(self.knock_event(b"{"), 400, "malformed")

    def test_the_events_own_trace_is_taken_over(self):
        inner = {**EVENT, "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
        answer = self.knock_event(inner)
        self.assertEqual(answer.json()["trace_id"], TRACE)
        self.assertEqual(self.stored(self.tms_endpoint).trace_id, TRACE)
        self.assertNotEqual(self.knock_event({**EVENT, "traceparent": "x"}).json()["trace_id"], "x")


@tagged("post_install", "-at_install")
class TestBatch(DoorCase):
    def results(self, *events, **options):
        answer = self.knock_batch(*events, **options)
        self.assertEqual(answer.status_code, 202, answer.text)
        return answer.json()["results"]

    def told(self, results):
        return [(one["status"], one["http_status"]) for one in results]

    def test_each_event_is_a_message_of_its_own(self):
        results = self.results(event(1), event(2), event(3))
        self.assertEqual(self.told(results), [("accepted", 202)] * 3)
        messages = self.stored(self.tms_endpoint)
        by_uuid = {message.uuid: message for message in messages}
        self.assertEqual(
            [by_uuid[one["id"]].message_key for one in results],
            ["/tms e-1", "/tms e-2", "/tms e-3"],
        )
        self.assertEqual(set(messages.mapped("media_type")), {STRUCTURED})
        self.assertEqual(by_uuid[results[1]["id"]]._body(), json.dumps(event(2)).encode())

    def test_none(self):
        self.assertEqual(self.results(), [])

    def test_events_that_came_before_and_twice(self):
        self.results(event(1))
        results = self.results(event(1), event(2), event(2))
        self.assertEqual(
            [(one["http_status"], one["duplicate"]) for one in results],
            [(200, True), (202, False), (200, True)],
        )
        self.assertEqual(results[1]["id"], results[2]["id"])
        self.assertEqual(len(self.stored(self.tms_endpoint)), 2)

    def test_one_bad_event_spoils_no_other(self):
        self.results(event(1))
        results = self.results(
            event(1, data="changed"),
            event(2),
            {"id": "e-3"},
            7,
            {**event(5), "data": "\0"},
            event(6),
        )
        self.assertEqual(
            self.told(results),
            [("rejected", 422), ("accepted", 202), ("quarantined", 202), ("quarantined", 202),
             ("rejected", 400), ("accepted", 202)],
        )  # fmt: skip
        self.assertEqual(
            [one.get("problem", {}).get("code") for one in results],
            ["idempotency-mismatch", None, "no-event", "no-event", "malformed", None],
        )
        self.assertEqual(
            sorted(self.stored(self.tms_endpoint).mapped("state")),
            ["quarantined"] * 2 + ["received"] * 3 + ["refused"] * 2,
        )

    def test_required_keys(self):
        self.tms_endpoint.key_required = True
        results = self.results(event(1), {**EVENT, "id": ""})
        self.assertEqual(self.told(results), [("accepted", 202), ("rejected", 400)])
        self.assertEqual(results[1]["problem"]["code"], "idempotency-key-missing")

    def test_traces(self):
        outer, inner = "a" * 32, TRACE
        results = self.results(
            event(1),
            event(2, traceparent=f"00-{inner}-00f067aa0ba902b7-01"),
            event(3, traceparent=7),
            headers={"traceparent": f"00-{outer}-00f067aa0ba902b7-01"},
        )
        self.assertEqual([one["trace_id"] for one in results], [outer, inner, outer])

    def test_five_hundred_and_not_one_more(self):
        self.assertEqual(len(self.results(*map(event, range(MAX_ITEMS)))), MAX_ITEMS)
        answer = self.knock_batch(*map(event, range(MAX_ITEMS + 1)))
        problem = self.assertProblem(answer, 413, "too-many-items")
        self.assertIn("500", problem["detail"])
        self.assertEqual(len(self.stored(self.tms_endpoint)), MAX_ITEMS)

    def test_what_is_no_batch(self):
        for body in (b"", b"{}", b"[1", b"\xff", b"[" * 50_000):
            answer = self.knock(self.tms_endpoint, body or b" ", media_type=BATCH)
            self.assertProblem(answer, 400, "malformed")
        self.assertEqual(set(self.stored(self.tms_endpoint).mapped("state")), {"refused"})

    def test_it_is_worked_off(self):
        shipment = self.make_shipment()
        first = json.loads(self.cloud_event(shipment, "dispatched", "b-1"))
        second = json.loads(self.cloud_event(shipment, "picked_up", "b-2"))
        self.results(first, second)
        self.drain()
        self.assertEqual(set(self.stored(self.tms_endpoint).mapped("state")), {"applied"})


@tagged("post_install", "-at_install")
class TestHandshake(DoorCase):
    def ask(self, source=None, **headers):
        self.env.flush_all()
        return self.opener.request(
            "OPTIONS",
            f"{self.base_url()}/freight/v1/hooks/{source or self.tms_endpoint.code}",
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            timeout=12,
        )

    def test_granted(self):
        self.tms_endpoint.rate_per_minute = 120
        answer = self.ask(
            WebHook_Request_Origin="events.example.com",
            WebHook_Request_Rate="500",
            WebHook_Request_Callback="http://127.0.0.1:1/confirm",
        )
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.headers["WebHook-Allowed-Origin"], "events.example.com")
        self.assertEqual(answer.headers["WebHook-Allowed-Rate"], "120")
        self.assertEqual(answer.headers["Allow"], "POST, OPTIONS")
        self.assertFalse(answer.content)

    def test_no_limit(self):
        answer = self.ask(WebHook_Request_Origin="a.b", WebHook_Request_Rate="500")
        self.assertEqual(answer.headers["WebHook-Allowed-Rate"], "*")
        self.assertNotIn("WebHook-Allowed-Rate", self.ask(WebHook_Request_Origin="a.b").headers)

    def test_an_ordinary_question(self):
        for headers in ({}, {"WebHook_Request_Origin": "<script>"}):
            answer = self.ask(**headers)
            self.assertEqual((answer.status_code, answer.headers["Allow"]), (204, "POST, OPTIONS"))
            self.assertNotIn("WebHook-Allowed-Origin", answer.headers)

    def test_what_is_not_there(self):
        asked = {"WebHook_Request_Origin": "a.b"}
        self.assertProblem(self.ask("nobody", **asked), 404, "unknown-source")
        self.tms_endpoint.state = "retired"
        self.assertProblem(self.ask(**asked), 410, "retired-source")
