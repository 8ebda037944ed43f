"""How the inbox is shared, and how messages of any size are worked off."""

import gc
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models import freight_message_in_work, freight_translation
from ..models.freight_admission import Arrival
from .common import SECRET, ConnectorCase
from .x12_samples import body_214, build_214, interchange

STATUS = ("AF", "2026-11-02", "0930", "CS")


class QueueCase(ConnectorCase):
    def admit(self, endpoint, *bodies, codec="x12"):
        """Put ``bodies`` into the inbox; return the messages."""
        admitted = self.env["freight.admission"]._admit(
            Arrival(
                endpoint_id=endpoint.id,
                company_id=endpoint.company_id.id,
                body=body,
                codec=codec,
                key=f"{endpoint.code}:{number}:{hash(body)}",
            )
            for number, body in enumerate(bodies)
        )
        self.env.invalidate_all()
        found = self.env["freight.message.in"].search(
            [("uuid", "in", [admission.uuid for admission in admitted])]
        )
        return found.sorted("id")


@tagged("post_install", "-at_install")
class TestShares(QueueCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.others = [
            cls.make_endpoint(cls.make_system(code, "carrier"), "generic_hmac", SECRET, [])
            for code in ("second", "third")
        ]

    def fill(self, storm=40, others=(1, 3)):
        """Let one source storm before the others say anything."""
        self.storm = self.admit(self.carrier_endpoint, *(b"%d" % n for n in range(storm)))
        self.quiet = [
            self.admit(endpoint, *(b"%d" % number for number in range(count)))
            for endpoint, count in zip(self.others, others, strict=True)
        ]

    def claim(self, limit):
        _token, ids = self.env["freight.message.in"]._queue_claim(limit)
        self.env.invalidate_all()
        return self.env["freight.message.in"].browse(ids)

    def test_what_is_new_wakes_one_lane_and_a_repeat_none(self):
        lanes = self.env["freight.queue.lane"].search([("queue", "=", "inbox")])
        first, second = (build_214(shipment="X", statuses=[STATUS], control=n) for n in (1, 2))
        for body, woken in ((first, 1), (first, 0), (second, 1)):
            lanes.asleep = True
            self.env.flush_all()
            self.admit(self.carrier_endpoint, body)
            self.assertEqual(len(lanes.filtered(lambda lane: not lane.asleep)), woken)

    def test_a_source_that_storms_starves_no_other(self):
        self.fill()
        first = self.claim(9)
        self.assertEqual(len(first), 9)
        self.assertEqual(first & self.quiet[0], self.quiet[0])
        self.assertEqual(first & self.quiet[1], self.quiet[1])
        self.assertEqual(first & self.storm, self.storm[:5], "each source in its own order")

    def test_sources_that_storm_get_the_same(self):
        self.fill(others=(40, 40))
        first = self.claim(9)
        shares = [len(first & mine) for mine in (self.storm, *self.quiet)]
        self.assertEqual(shares, [3, 3, 3])

    def test_one_source_alone_gets_all(self):
        self.fill(others=(0, 0))
        self.assertEqual(self.claim(30), self.storm[:30])

    def test_everything_is_claimed_once_in_the_end(self):
        self.fill(others=(7, 2))
        claims = []
        while claim := self.claim(5):
            claims.append(claim)
        self.assertEqual(sum(map(len, claims)), 49)
        self.assertEqual(len(self.env["freight.message.in"].union(*claims)), 49)

    def test_what_waits_for_its_time_takes_no_share(self):
        self.fill(others=(40, 40))
        for waiting in self.quiet:
            waiting.write({"state": "retry", "next_attempt": "2999-01-01"})
        self.assertEqual(self.claim(20), self.storm[:20])

    def test_what_is_due_again_comes_after_what_never_was_tried(self):
        self.fill(storm=4, others=(0, 0))
        self.storm[0].write({"state": "retry", "next_attempt": "2020-01-01"})
        self.assertEqual(self.claim(3), self.storm[1:])

    def test_the_claim_looks_at_no_more_than_it_must(self):
        """A long backlog and a long past are not read through."""
        self.fill(others=(1, 1))
        self.env.flush_all()
        self.cr.execute(
            """
            INSERT INTO freight_message_in
                   (endpoint_id, company_id, uuid, state, received, create_date, channel, attempts)
            SELECT %s, %s, md5(n::text), CASE WHEN n <= 10000 THEN 'applied' ELSE 'received' END,
                   now(), now(), 'hook', 0
              FROM generate_series(1, 20000) n
            """,
            [self.carrier_endpoint.id, self.company.id],
        )
        self.cr.execute("ANALYZE freight_message_in")
        queue = self.env["freight.message.in"]
        self.cr.execute(
            f"EXPLAIN (ANALYZE, FORMAT JSON) WITH RECURSIVE {queue._queue_due_shared()}"
            " SELECT id FROM due",
            {"now": "2030-01-01", "limit": 200},
        )
        plan = self.cr.fetchone()[0][0]["Plan"]
        self.assertGreater(plan["Actual Rows"], 100, "what one does not need goes to the others")
        read = [node for node in _nodes(plan) if node.get("Relation Name") == queue._table]
        self.assertFalse([node for node in read if node["Node Type"] == "Seq Scan"])
        rows = max(node["Actual Rows"] * node["Actual Loops"] for node in read)
        self.assertLess(rows, 1000, "of 20,000 rows")


def _nodes(plan):
    """Yield every node of a query plan."""
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)


@tagged("post_install", "-at_install")
class TestLargeMessages(QueueCase):
    SETS = 25

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shipments = [cls.make_shipment() for _number in range(cls.SETS)]
        cls.body = interchange(
            *(
                ("214", body_214(shipment=shipment.name, pro=f"L{number}", statuses=[STATUS]))
                for number, shipment in enumerate(cls.shipments)
            ),
            sender="ABCD",
        )

    def states(self):
        self.env.invalidate_all()
        return [shipment.transport_state for shipment in self.shipments]

    def portions(self, size=10):
        """Let a transaction hold ``size`` documents only."""
        return patch.object(freight_translation, "PORTION", size)

    def test_a_message_is_applied_in_portions(self):
        [message] = self.admit(self.carrier_endpoint, self.body)
        handler = type(self.env["freight.event"])
        sizes, original = [], handler._apply_freight_documents

        def apply(records, documents):
            sizes.append(len(documents))
            return original(records, documents)

        with self.portions(), patch.object(handler, "_apply_freight_documents", apply):
            self.drain()
        self.assertEqual(sizes, [10, 10, 5])
        self.assertEqual(self.states(), ["in_transit"] * self.SETS)
        self.assertEqual((message.state, len(message.document_ids)), ("applied", self.SETS))
        self.assertEqual(message.document_ids.mapped("position"), [*range(self.SETS)])

    def test_the_collector_rests_for_a_transaction_and_not_longer(self):
        seen = []

        def work(_messages, rest=None):
            seen.append(gc.isenabled())
            raise ValueError("no")

        inbox = type(self.env["freight.message.in"])
        self.admit(self.carrier_endpoint, self.body)
        self.patch(inbox, "_queue_work", work)
        with mute_logger("odoo.addons.freight_canonical.models.freight_queue"):
            self.env["freight.message.in"]._queue_step()
        self.assertEqual(seen, [False])
        self.assertTrue(gc.isenabled())

    def test_what_a_dead_worker_recorded_is_not_applied_again(self):
        [message] = self.admit(self.carrier_endpoint, self.body)
        queue = self.env["freight.message.in"]
        with self.portions():
            token, ids = queue._queue_claim()
            queue._work_portion(token, ids, None)  # and here its worker dies
            self.env.invalidate_all()
            self.assertEqual(len(message.document_ids), 10)
            self.assertEqual(message.state, "received")
            message.lease_until = "2000-01-01"
            self.drain()
        self.assertEqual(self.states(), ["in_transit"] * self.SETS)
        self.assertEqual((message.state, message.losses), ("applied", 0), "it got on")
        duplicates = message.event_ids.mapped("duplicate_count")
        self.assertEqual(duplicates, [0] * self.SETS, "nothing was handed out twice")

    def test_a_lane_that_ran_out_of_patience_gives_the_rest_back(self):
        [message] = self.admit(self.carrier_endpoint, self.body)
        queue = self.env["freight.message.in"]
        with self.portions(), patch.object(freight_message_in_work, "_patience", return_value=-1):
            self.assertEqual(queue._queue_step(), 1)
            self.env.invalidate_all()
            self.assertEqual((message.state, message.claim_token), ("received", False))
            self.assertEqual(len(message.document_ids), 10)
            self.drain()
        self.assertEqual(self.states(), ["in_transit"] * self.SETS)
        self.assertEqual(message.state, "applied")

    @mute_logger("odoo.addons.freight_canonical.models.freight_queue")
    def test_a_portion_that_met_another_transaction_is_read_anew(self):
        from odoo.addons.freight_canonical.tests.test_queue import _Serialization

        [message] = self.admit(self.carrier_endpoint, self.body)
        handler = type(self.env["freight.event"])
        original, calls = handler._apply_freight_documents, []

        def apply(records, documents):
            calls.append(len(documents))
            if len(calls) == 2:
                raise _Serialization()
            return original(records, documents)

        with self.portions(), patch.object(handler, "_apply_freight_documents", apply):
            self.drain()
        self.assertEqual(calls, [10, 10, 10, 5], "the settled ones are passed over")
        self.assertEqual(self.states(), ["in_transit"] * self.SETS)
        self.assertEqual(message.document_ids.mapped("position"), [*range(self.SETS)])

    def test_a_small_message_beside_a_large_one_is_done_with_it(self):
        small = build_214(shipment=self.make_shipment().name, pro="SMALL", statuses=[STATUS])
        messages = self.admit(self.carrier_endpoint, self.body, small)
        with self.portions():
            self.drain()
        self.assertEqual(messages.mapped("state"), ["applied", "applied"])

    def test_bodies_that_are_large_together_are_opened_apart(self):
        messages = self.admit(self.carrier_endpoint, *(b"%d" % number for number in range(5)))
        self.env.cr.execute(
            "UPDATE freight_message_in SET size = 7 * 1024 * 1024 WHERE id IN %s",
            [tuple(messages.ids)],
        )
        units = self.env["freight.message.in"]._queue_units(messages.ids)
        self.assertEqual([len(unit) for unit in units], [2, 2, 1])

    @mute_logger("odoo.addons.freight_canonical.models.freight_queue")
    def test_a_message_that_kills_its_workers_becomes_a_dead_letter(self):
        [message] = self.admit(self.carrier_endpoint, self.body)
        queue = self.env["freight.message.in"]
        for death in range(3):
            _token, ids = queue._queue_claim(1, orphans=death > 0)
            self.assertEqual(ids, message.ids)
            self.env.invalidate_all()
            message.lease_until = "2000-01-01"
            self.env.flush_all()
        self.drain()
        self.assertEqual(message.state, "dead")
        self.assertIn("3 workers died", message.error)
        self.assertEqual(self.states(), ["released"] * self.SETS)
        message.action_replay()
        self.drain()
        self.assertEqual((message.state, message.losses), ("applied", 0))
