"""No consumer misses an event that was appended early and committed late."""

from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.addons.freight_tms_connector.tests.live_server import LiveDatabase
from odoo.tests import BaseCase, tagged

STOPS = [(0, 0, {"sequence": 1, "role": "pickup"}), (0, 0, {"sequence": 2, "role": "delivery"})]


@tagged("post_install", "-at_install")
class TestLateCommit(BaseCase):
    """Real transactions on a database of its own; cursors are Odoo's, lanes claim as lanes do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.database = LiveDatabase("latecommit")
        cls.addClassCleanup(cls.database.drop)
        with cls.database.env() as env:
            env["freight.consumer"].search([]).active = False
            cls.consumer_ids = env["freight.consumer"].create(
                [
                    {"code": code, "name": code, "model_name": "freight.shipment",
                     "method": "_consume_probe"}
                    for code in ("first", "second")
                ]
            ).ids  # fmt: skip

    def setUp(self):
        super().setUp()
        self.seen = []
        model = self.database.registry["freight.shipment"]
        probe = patch.object(
            model, "_consume_probe", lambda _self, events: self.seen.extend(events.ids), create=True
        )
        probe.start()
        self.addCleanup(probe.stop)
        with self.database.env() as env:
            self.early, self.late = (
                env["freight.shipment"].create([{"stop_ids": STOPS}, {"stop_ids": STOPS}]).ids
            )

    def append(self, env, shipment_id):
        """Append an event of the shipment. Return its id."""
        shipment = env["freight.shipment"].browse(shipment_id)
        shipment.action_release()
        env.flush_all()
        return shipment.event_ids.id

    def drain(self):
        """Let a lane work."""
        with self.database.env() as env:
            return env["freight.queue.lane"]._drain("consumers")

    def cursor(self):
        cr = self.database.registry.cursor()
        self.addCleanup(cr.close)
        return cr, api.Environment(cr, SUPERUSER_ID, {})

    def test_appended_first_and_committed_last(self):
        slow, slow_env = self.cursor()
        quick, quick_env = self.cursor()
        first = self.append(slow_env, self.early)
        second = self.append(quick_env, self.late)
        self.assertLess(first, second)
        quick.commit()
        self.assertEqual(self.drain(), 2)
        self.assertEqual(self.seen, [second, second], "each consumer had what stands")
        slow.commit()
        self.assertEqual(self.drain(), 2)
        self.assertEqual(sorted(self.seen), [first, first, second, second], "and each once")
        self.assertEqual(self.drain(), 0)

    def test_rolled_back_is_never_seen(self):
        slow, slow_env = self.cursor()
        self.append(slow_env, self.early)
        self.assertEqual(self.drain(), 0)
        slow.rollback()
        self.assertEqual((self.drain(), self.seen), (0, []))

    def test_a_lane_that_looked_before_finds_it_after(self):
        """The claim sees what was committed since its own transaction began."""
        reader, reader_env = self.cursor()
        queue = reader_env["freight.event.work"]
        self.assertEqual(queue._queue_claim()[1], [])
        slow, slow_env = self.cursor()
        self.append(slow_env, self.early)
        slow.commit()
        token, ids = queue._queue_claim()
        self.assertEqual(len(ids), 2, "although the reader's snapshot is older")
        for unit in queue._queue_units(ids):
            queue._queue_perform(token, unit)
        self.assertEqual(len(self.seen), 2)
        reader.rollback()
