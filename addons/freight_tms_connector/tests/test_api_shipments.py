"""Shipments that partners send and read: found by any number, listed by cursor."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .api_common import ApiCase


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
