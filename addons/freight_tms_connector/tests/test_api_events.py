"""Events that partners send: stored once, answered one by one, applied without a mapping."""

import json

from odoo.tests import tagged

from .api_common import ApiCase

CE = "application/cloudevents+json"
CE_BATCH = "application/cloudevents-batch+json"


def envelope(event, identity, **values):
    """Return a CloudEvent around a canonical event that says neither its kind nor its id."""
    data = {key: value for key, value in event.items() if key not in ("kind", "id")}
    return {
        "specversion": "1.0",
        "id": identity,
        "source": "/tms",
        "type": "event",
        "data": data,
        **values,
    }


@tagged("post_install", "-at_install")
class TestEvents(ApiCase):
    def setUp(self):
        super().setUp()
        self.shipment = self.make_shipment()

    def read_message(self, answer):
        return self.call("GET", answer.headers["Location"].removeprefix("/freight/v1")).json()

    def test_an_event_is_stored_answered_and_applied_without_a_mapping(self):
        self.tms_endpoint.mapping_ids = False
        answer = self.call("POST", "/events", self.event(self.shipment, identity="e-1"))
        self.assertEqual(answer.status_code, 202, answer.text)
        self.assertEqual(self.read_message(answer)["state"], "received")
        self.drain()
        self.assertEqual(self.shipment.transport_state, "dispatched")
        message = self.read_message(answer)
        self.assertEqual((message["state"], message["channel"]), ("applied", "api"))
        self.assertEqual(
            message["documents"],
            [
                {
                    "position": 0,
                    "kind": "event",
                    "outcome": "applied",
                    "detail": None,
                    "shipment": self.shipment.name,
                }
            ],
        )
        event = self.shipment.event_ids.filtered(lambda one: one.source_event_id == "e-1")
        self.assertEqual(event.trace_id, answer.json()["trace_id"])

    def test_the_same_event_again_is_a_duplicate(self):
        event = self.event(self.shipment, identity="e-1")
        first = self.call("POST", "/events", event)
        again = self.call("POST", "/events", event)
        self.assertEqual((first.status_code, again.status_code), (202, 200))
        self.assertEqual(again.json(), {**first.json(), "duplicate": True})
        other = self.call("POST", "/events", {**event, "raw_code": "other"})
        self.assertProblem(other, 422, "idempotency-mismatch")

    def test_an_idempotency_key_goes_before_the_events_id(self):
        event = self.event(self.shipment, identity="e-1")
        for key in ("k-1", '"k-1"'):
            answer = self.call("POST", "/events", event, headers={"Idempotency-Key": key})
            self.assertEqual(answer.status_code, 202 if key == "k-1" else 200)
        answer = self.call(
            "POST", "/events", {**event, "id": "e-2"}, headers={"Idempotency-Key": "k-1"}
        )
        self.assertProblem(answer, 422, "idempotency-mismatch")

    def test_ids_of_the_api_are_apart_from_those_of_webhooks(self):
        body = self.cloud_event(self.shipment, "dispatched", "e-1")
        self.assertEqual(self.knock(self.tms_endpoint, body, message_id="e-1").status_code, 202)
        answer = self.call("POST", "/events", self.event(self.shipment, identity="e-1"))
        self.assertEqual(answer.status_code, 202)

    def test_a_cloudevent_is_opened(self):
        answer = self.call(
            "POST",
            "/events",
            envelope(self.event(self.shipment), "7"),
            headers={"Content-Type": CE},
        )
        self.assertEqual(answer.status_code, 202, answer.text)
        self.drain()
        self.assertEqual(self.shipment.transport_state, "dispatched")
        self.assertIn("/tms#7", self.shipment.event_ids.mapped("source_event_id"))
        for wrong in ({"specversion": "0.3"}, {"data": None}, {"id": ""}):
            cloud_event = envelope(self.event(self.shipment), "8", **wrong)
            answer = self.call("POST", "/events", cloud_event, headers={"Content-Type": CE})
            self.assertProblem(answer, 422, "schema-violation")

    def test_a_batch_is_answered_item_by_item(self):
        good, bad = self.event(self.shipment, identity="a"), {"kind": "event"}
        taken = self.event(self.shipment, identity="b")
        self.call("POST", "/events", taken)
        answer = self.call(
            "POST", "/events", [good, bad, taken, {**taken, "raw_code": "other"}, good]
        )
        self.assertEqual(answer.status_code, 202, answer.text)
        told = answer.json()
        self.assertEqual((told["accepted"], told["rejected"]), (3, 2))
        self.assertEqual(
            [
                (
                    one["index"],
                    one["status"],
                    one.get("duplicate"),
                    one.get("problem", {}).get("code"),
                )
                for one in told["results"]
            ],
            [
                (0, "accepted", False, None),
                (1, "rejected", None, "schema-violation"),
                (2, "accepted", True, None),
                (3, "rejected", None, "idempotency-mismatch"),
                (4, "accepted", True, None),
            ],
        )
        self.assertEqual(told["results"][1]["problem"]["errors"][0]["pointer"], "")
        refused = self.stored(self.tms_endpoint).filtered(lambda one: one.state == "refused")
        self.assertEqual(len(refused), 2, "what was rejected is evidence")
        self.assertEqual(json.loads(refused[0]._body()), bad)
        self.drain()
        self.assertEqual(self.shipment.transport_state, "dispatched")

    def test_a_batch_of_cloudevents(self):
        batch = [envelope(self.event(self.shipment), str(number)) for number in range(3)]
        answer = self.call("POST", "/events", batch, headers={"Content-Type": CE_BATCH})
        self.assertEqual(answer.json()["accepted"], 3, answer.text)

    def test_a_batch_has_one_to_500_items(self):
        for batch in ([], [{}] * 501, [1]):
            answer = self.call("POST", "/events", batch)
            self.assertProblem(answer, 422, "schema-violation")

    def test_a_full_batch_takes_a_few_statements(self):
        batch = [self.event(self.shipment, identity=f"n-{number}") for number in range(500)]
        answer = self.call("POST", "/events", batch)
        self.assertEqual(answer.json()["accepted"], 500)
        self.assertEqual(len(self.stored(self.tms_endpoint)), 500)

    def test_what_waits_or_fails_is_told(self):
        event = self.event(self.shipment)
        event["shipment"]["references"][0]["value"] = "nobody knows"
        answer = self.call("POST", "/events", event)
        self.drain()
        message = self.read_message(answer)
        self.assertEqual(message["state"], "retry")
        self.assertEqual(message["documents"][0]["outcome"], "unmatched")
        self.assertTrue(message["next_attempt_at"])

    def test_our_own_troubles_are_not_told(self):
        answer = self.call("POST", "/events", self.event(self.shipment))
        message = self.stored(self.tms_endpoint)
        message.write({"state": "dead", "error": "KeyError: our inside"})
        self.assertIsNone(self.read_message(answer)["detail"])
