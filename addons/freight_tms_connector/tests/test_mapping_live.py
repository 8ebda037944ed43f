"""Unmapped codes when lanes and people really work at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.tests import tagged

from ..models.freight_admission import Arrival
from .live_server import wait_until
from .test_live import LiveCase
from .x12_samples import build_214

MESSAGES = 60


@tagged("post_install", "-at_install")
class TestUnmappedLive(LiveCase):
    """Transactions of their own, committed."""

    def admit(self, names, status, first_control):
        """Store a 214 with an unknown status for each shipment, committed."""
        bodies = [
            build_214(
                shipment=name,
                pro=name,
                statuses=[(status, "2026-11-04", "1115", "CS")],
                control=first_control + number,
            )
            for number, name in enumerate(names)
        ]
        with self.database.env() as env:
            endpoint = self.carrier_endpoint.with_env(env)
            env["freight.admission"]._admit(
                [
                    Arrival(
                        endpoint_id=endpoint.id,
                        company_id=endpoint.company_id.id,
                        body=body,
                        codec="x12",
                        key=f"message {number}",
                        channel="file",
                    )
                    for number, body in enumerate(bodies, first_control)
                ]
            )

    def work_off(self, _number=0):
        """Be a lane until nothing is left."""
        with self.database.registry.cursor() as cr:
            inbox = api.Environment(cr, SUPERUSER_ID, {})["freight.message.in"]
            while inbox._queue_step():
                pass

    def states(self, names):
        return dict(
            self.database.query(
                "SELECT transport_state, count(*) FROM freight_shipment"
                " WHERE name IN %s GROUP BY 1",
                tuple(names),
            )
        )

    def test_lanes_that_meet_the_same_code_do_not_disturb_each_other(self):
        names = self.released(MESSAGES)
        self.admit(names, "YY", 1)
        inbox = self.database.registry["freight.message.in"]
        with patch.object(inbox, "_queue_batch", 10), ThreadPoolExecutor(4) as lanes:
            list(lanes.map(self.work_off, range(4)))
        [(count, state)] = self.database.query(
            "SELECT message_count, state FROM freight_unmapped_code WHERE source_code = 'YY'"
        )
        self.assertEqual((count, state), (MESSAGES, "open"))
        self.assertFalse(
            self.database.query("SELECT id FROM freight_message_in WHERE attempts > 0"),
            "nobody had to try again",
        )
        with self.database.env() as env:
            env["freight.unmapped.code"].search([("source_code", "=", "YY")])._map(
                "delivered", False
            )
        with ThreadPoolExecutor(4) as lanes:
            list(lanes.map(self.work_off, range(4)))
        self.assertEqual(self.states(names), {"delivered": MESSAGES})

    def test_a_code_mapped_in_the_middle_of_the_work_leaves_nothing_behind(self):
        names = self.released(MESSAGES)
        self.admit(names, "ZZ", 1000)
        stop = threading.Event()

        def lane():
            while not stop.is_set():
                self.work_off()

        lanes = [threading.Thread(target=lane) for _number in range(2)]
        for one in lanes:
            one.start()
        try:
            wait_until(
                lambda: self.database.query("SELECT 1 FROM freight_unmapped_sighting LIMIT 1"),
                "a first message is worked off",
            )
            with self.database.env() as env:
                lines = env["freight.code.map.line"]
                lines.create(
                    {
                        "system_id": self.carrier_system.id,
                        "map_name": "statuses",
                        "source_code": "ZZ",
                        "target_code": "delivered",
                    }
                )
            wait_until(
                lambda: self.states(names) == {"delivered": MESSAGES}, "all shipments are delivered"
            )
        finally:
            stop.set()
            for one in lanes:
                one.join()
