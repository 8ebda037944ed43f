"""Shipments, events, messages, masters: what partners send, and what they read."""

import json
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .api_common import ApiCase

CE = "application/cloudevents+json"
CE_BATCH = "application/cloudevents-batch+json"


def tender(load, **values):
    """Return a canonical shipment document."""
    return {
        "kind": "shipment",
        "purpose": "original",
        "scac": "ABCD",
        "references": [{"type": "load", "value": load}],
        "parties": [],
        "stops": [
            {"sequence": 1, "role": "pickup", "place": {"city": "Chicago", "zip": "60601"}},
            {"sequence": 2, "role": "delivery", "place": {"city": "Dallas", "zip": "75201"}},
        ],
        "lines": [{"description": "Pallets", "quantity": "10"}],
        **values,
    }


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


@tagged("post_install", "-at_install")
class TestShipments(ApiCase):
    def send(self, document, key, **options):
        return self.call("POST", "/shipments", document,
                         headers={"Idempotency-Key": key}, **options)  # fmt: skip

    def find(self, load):
        return self.env["freight.shipment"].search([("reference_ids.value", "=", load)])

    def test_a_tms_creates_changes_and_cancels(self):
        self.assertEqual(self.send(tender("L-1"), "1").status_code, 202)
        self.drain()
        shipment = self.find("L-1")
        self.assertEqual((shipment.tms_id, shipment.pieces), (self.tms, 10))
        changed = tender(
            "L-1", purpose="change", lines=[{"description": "Pallets", "quantity": "12"}]
        )
        self.send(changed, "2")
        self.drain()
        self.assertEqual(shipment.pieces, 12)
        back = {**changed, "lines": [{"description": "Pallets", "quantity": "10"}]}
        for key, pieces, body in (("3", 10, back), ("4", 12, changed)):
            self.assertEqual(self.send(body, key).status_code, 202, "a change back is no repeat")
            self.drain()
            self.assertEqual(shipment.pieces, pieces)
        self.send(tender("L-1", purpose="cancellation"), "5")
        self.drain()
        self.assertEqual(shipment.transport_state, "cancelled")

    def test_the_key_is_required_and_tells_repeats(self):
        answer = self.call("POST", "/shipments", tender("L-1"))
        problem = self.assertProblem(answer, 400, "invalid-parameter")
        self.assertEqual(problem["errors"][0]["parameter"], "Idempotency-Key")
        self.assertEqual(self.send(tender("L-1"), "1").status_code, 202)
        self.assertEqual(self.send(tender("L-1"), "1").status_code, 200)
        self.assertProblem(self.send(tender("L-2"), "1"), 422, "idempotency-mismatch")
        for malformed in ("", "a b", "x" * 200, "ü".encode()):
            answer = self.send(tender("L-1"), malformed)
            self.assertProblem(answer, 400, "invalid-parameter")

    def test_who_plans_nothing_sends_no_shipment(self):
        self.tms.kind = "platform"
        self.assertProblem(self.send(tender("L-1"), "1"), 403, "not-a-planner")

    def test_one_is_read_by_whatever_number(self):
        shipment = self.make_shipment()
        self.env["freight.reference"].create(
            {"shipment_id": shipment.id, "type": "pro", "value": "PRO 12-345/6"}
        )
        for number in (shipment.name, "PRO 12-345/6", "pro123456", shipment.name.lower()):
            answer = self.call("GET", f"/shipments/{number}")
            self.assertEqual(answer.json()["number"], shipment.name, number)
        self.assertProblem(self.call("GET", "/shipments/none"), 404, "not-found")
        self.assertProblem(self.call("GET", "/shipments/-"), 404, "not-found")
        self.assertProblem(self.call("GET", "/shipments/%00"), 404, "not-found")

    def test_a_number_of_several_names_them(self):
        both = self.make_shipment(), self.make_shipment()
        self.env["freight.reference"].create(
            [{"shipment_id": one.id, "type": "mbol", "value": "M-1"} for one in both]
        )
        problem = self.assertProblem(self.call("GET", "/shipments/M-1"), 409, "ambiguous-reference")
        self.assertEqual(
            {one["number"] for one in problem["candidates"]}, {one.name for one in both}
        )
        link = problem["candidates"][0]["url"].removeprefix("/freight/v1")
        self.assertEqual(self.call("GET", link).status_code, 200)

    def test_an_unchanged_one_is_not_sent_again(self):
        shipment = self.make_shipment()
        first = self.call("GET", f"/shipments/{shipment.name}")
        tag = {"If-None-Match": first.headers["ETag"]}
        again = self.call("GET", f"/shipments/{shipment.name}", headers=tag)
        self.assertEqual((again.status_code, again.content), (304, b""))
        shipment.service = "Expedited"
        changed = self.call("GET", f"/shipments/{shipment.name}", headers=tag)
        self.assertEqual((changed.status_code, changed.json()["service"]), (200, "Expedited"))

    def test_no_price_is_told(self):
        shipment = self.make_shipment()
        text = self.call("GET", f"/shipments/{shipment.name}").text
        for word in ("charge", "amount", "currency", "total"):
            self.assertNotIn(word, text)

    def test_a_list_is_walked_by_cursor_in_the_order_of_change(self):
        shipments = [self.make_shipment() for _number in range(5)]
        now = fields.Datetime.now()
        for age, shipment in enumerate(shipments):
            self.env.cr.execute(
                "UPDATE freight_shipment SET write_date = %s, projected = NULL WHERE id = %s",
                [now - timedelta(minutes=age // 2), shipment.id],  # two of an age each
            )
        self.env.invalidate_all()
        seen, cursor = [], {}
        while True:
            page = self.call("GET", "/shipments", limit="2", **cursor).json()
            seen += [one["number"] for one in page["items"]]
            if not page["next"]:
                break
            cursor = {"cursor": page["next"]}
        expected = sorted(shipments, key=lambda one: (one.write_date, one.id))
        self.assertEqual(seen[-5:], [one.name for one in expected])
        self.assertEqual(len(seen), len(set(seen)))

    def test_a_fold_of_the_ledger_is_a_change(self):
        first, second = self.make_shipment(), self.make_shipment()
        self.env.cr.execute(
            "UPDATE freight_shipment SET write_date = '2026-01-01', projected = '2026-01-01'"
            " WHERE id IN %s", [(first.id, second.id)],
        )  # fmt: skip
        self.env.cr.execute(
            "UPDATE freight_shipment SET projected = '2026-01-03' WHERE id = %s", [first.id]
        )
        self.env.invalidate_all()
        page = self.call("GET", "/shipments", updated_since="2026-01-02T00:00:00Z").json()
        numbers = [one["number"] for one in page["items"]]
        self.assertIn(first.name, numbers)
        self.assertNotIn(second.name, numbers)

    def test_filters(self):
        shipment = self.make_shipment(mode="ocean")
        other = self.make_shipment()
        self.env["freight.reference"].create(
            {"shipment_id": shipment.id, "type": "booking", "value": "BK-1"}
        )
        for wanted in (
            {"mode": "ocean"},
            {"reference": "bk1"},
            {"mode": "ocean", "state": "released", "carrier": "ABCD"},
        ):
            page = self.call("GET", "/shipments", **wanted).json()
            self.assertEqual([one["number"] for one in page["items"]], [shipment.name], wanted)
        for wanted in ({"state": "closed"}, {"carrier": "ZZZZ"}, {"reference": "none"}):
            self.assertEqual(self.call("GET", "/shipments", **wanted).json()["items"], [], wanted)
        self.assertTrue(other)

    def test_a_cursor_belongs_to_its_filters(self):
        for _number in range(2):
            self.make_shipment()
        cursor = self.call("GET", "/shipments", limit="1").json()["next"]
        answer = self.call("GET", "/shipments", limit="1", cursor=cursor, mode="ltl")
        self.assertProblem(answer, 400, "invalid-cursor")
        answer = self.call("GET", "/shipments", cursor=cursor, token=self.carrier_token)
        self.assertProblem(answer, 400, "invalid-cursor")

    def test_a_page_takes_as_many_queries_as_two(self):
        """What a page costs does not grow with what is on it."""
        for _number in range(6):
            self.make_shipment()
        shipments = self.env["freight.shipment"].search([], limit=6)
        counts = []
        for some in (shipments[:2], shipments):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            [one._api_view() for one in some]
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)

    def test_the_lists_use_an_index(self):
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        self.env.cr.execute(
            "EXPLAIN SELECT id FROM freight_shipment WHERE tms_id = %s"
            " ORDER BY greatest(write_date, projected), id LIMIT 51",
            [self.tms.id],
        )
        plan = "\n".join(row[0] for row in self.env.cr.fetchall())
        self.assertIn("freight_shipment_tms_changed", plan)
        self.assertNotIn("Sort", plan)

    def test_events_are_listed_in_the_order_of_recording(self):
        shipment = self.make_shipment()
        for number in range(3):
            self.call("POST", "/events", self.event(shipment, "position", f"p-{number}"))
        self.drain()
        path, seen, cursor = f"/shipments/{shipment.name}/events", [], {}
        while True:
            page = self.call("GET", path, limit="2", **cursor).json()
            seen += page["items"]
            if not page["next"]:
                break
            cursor = {"cursor": page["next"]}
        own = [one["source_event_id"] for one in seen if one["source_event_id"]]
        self.assertEqual(own, ["p-0", "p-1", "p-2"])

    def test_the_trace_leads_from_message_to_event(self):
        shipment = self.make_shipment()
        told = self.call("POST", "/events", self.event(shipment)).json()
        self.drain()
        nodes = self.call("GET", f"/shipments/{shipment.name}/trace").json()["nodes"]
        [message] = [node for node in nodes if node["stage"] == "message"]
        [event] = [node for node in nodes if node["parent"] == told["id"]]
        self.assertEqual((message["id"], message["state"]), (told["id"], "applied"))
        self.assertEqual(event["trace_id"], told["trace_id"])


@tagged("post_install", "-at_install")
class TestMasters(ApiCase):
    def test_lists_are_walked_and_revalidated(self):
        for kind in ("carriers", "charge-codes", "equipment", "reasons", "event-types"):
            with self.subTest(kind):
                first = self.call("GET", f"/masters/{kind}")
                codes = [one["code"] for one in first.json()["items"]]
                self.assertEqual(codes, sorted(codes))
                tag = {"If-None-Match": first.headers["ETag"]}
                again = self.call("GET", f"/masters/{kind}", headers=tag)
                self.assertEqual(again.status_code, 304)
        self.assertProblem(self.call("GET", "/masters/partners"), 404, "not-found")

    def test_a_second_page_begins_after_the_first(self):
        everything = self.call("GET", "/masters/event-types", limit="200").json()["items"]
        page = self.call("GET", "/masters/event-types", limit="10").json()
        rest = self.call("GET", "/masters/event-types", limit="200", cursor=page["next"]).json()
        self.assertEqual(page["items"] + rest["items"], everything)

    def test_codes_are_validated_and_what_may_be_meant_is_said(self):
        asked = [
            {"kind": "event-types", "code": "delivered"},
            {"kind": "event-types", "code": "D1"},
            {"kind": "event-types", "code": "deliverd"},
            {"kind": "carriers", "code": "ABCD"},
            {"kind": "carriers", "code": "QQQQ"},
            {"kind": "charge-codes", "code": "nonsense"},
        ]
        answer = self.call("POST", "/masters/validate", asked)
        results = answer.json()["results"]
        self.assertEqual(
            [one["known"] for one in results], [True, False, False, True, False, False]
        )
        self.assertEqual(results[1]["suggestions"][0], "delivered")
        self.assertIn("delivered", results[2]["suggestions"])
        self.assertEqual([{"kind": one["kind"], "code": one["code"]} for one in results], asked)

    def test_an_own_code_is_told_to_its_company_alone(self):
        self.env["freight.charge.code"].create(
            {"code": "YRD", "name": "Yard move", "company_id": self.company.id}
        )
        known = [
            one["code"]
            for one in self.call("GET", "/masters/charge-codes", limit="200").json()["items"]
        ]
        self.assertIn("YRD", known)
        sister = self.env["res.company"].create({"name": "Sister Company"})
        self.tms_endpoint.company_id = sister
        known = [
            one["code"]
            for one in self.call("GET", "/masters/charge-codes", limit="200").json()["items"]
        ]
        self.assertNotIn("YRD", known)
