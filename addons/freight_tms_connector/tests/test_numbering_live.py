"""Control numbers when many workers give them at once, and when one of them fails."""

from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

from odoo.tests import tagged

from .. import codecs
from .test_live import LiveCase

WORKERS = 8
MESSAGES = 40


@tagged("post_install", "-at_install")
class TestNumbering(LiveCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls.database.env() as env:
            endpoint = cls.carrier_endpoint.with_env(env)
            mapping = env["freight.mapping"].search([("code", "=", "x12_204_out")])
            endpoint.write(
                {
                    "delivery_way": "folder",
                    "edi_sender": "OURSIDE",
                    "edi_receiver": "ABCD",
                    "subscription_ids": [(0, 0, {"pattern": "shipment.released"})],
                    "form_ids": [(0, 0, {"pattern": "*", "mapping_id": mapping.id})],
                }
            )
        cls.released(MESSAGES)

    def ids(self):
        return [
            row[0]
            for row in self.database.query(
                "SELECT id FROM freight_message_out WHERE event_type = 'shipment.released'"
                " AND endpoint_id = %s ORDER BY id",
                self.carrier_endpoint.id,
            )
        ]

    def number(self, ids, fails=False):
        with self.database.env() as env:
            messages = env["freight.message.out"]
            if not fails:
                messages._number(ids)
                return
            broken = patch.object(
                type(messages), "_replace_bodies", side_effect=RuntimeError("no disk")
            )
            with broken:
                try:
                    messages._number(ids)
                except RuntimeError:
                    return

    def test_no_gap_and_no_repeat(self):
        ids = self.ids()
        self.assertEqual(len(ids), MESSAGES)
        self.number(ids[:3], fails=True)
        portions = [ids[start::WORKERS] for start in range(WORKERS)]
        with ThreadPoolExecutor(WORKERS) as pool:
            # Each portion is numbered by two workers, as where a lease ran out.
            list(pool.map(self.number, [*portions, *portions]))
        rows = self.database.query(
            "SELECT id, control::int, group_control FROM freight_message_out WHERE id IN %s",
            tuple(ids),
        )
        self.assertEqual(sorted(row[1] for row in rows), list(range(1, MESSAGES + 1)))
        self.assertTrue(all(row[1] == row[2] for row in rows))
        with self.database.env() as env:
            for message in env["freight.message.out"].browse(ids):
                [decoded] = codecs.get("x12").decode(message._body())
                self.assertEqual(int(decoded.control["interchange"]), int(message.control))
