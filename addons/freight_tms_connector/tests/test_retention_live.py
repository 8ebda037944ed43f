"""A hold that is being set while content is being erased, in transactions of their own."""

import threading

from odoo import fields
from odoo.tests import tagged

from ..models.freight_admission import Arrival
from .live_server import wait_until
from .test_live import LiveCase
from .x12_samples import build_214

BLOCKED = """
    SELECT count(*) FROM pg_locks
     WHERE NOT granted AND locktype = 'advisory'
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@tagged("post_install", "-at_install")
class TestRetentionLive(LiveCase):
    def setUp(self):
        super().setUp()
        with self.database.env() as env:
            endpoint = self.carrier_endpoint.with_env(env)
            env["freight.admission"]._admit(
                [
                    Arrival(
                        endpoint_id=endpoint.id,
                        company_id=endpoint.company_id.id,
                        body=build_214(shipment="OLD", pro=key, control=number),
                        codec="x12",
                        key=key,
                        state="refused",
                    )
                    for number, key in enumerate(("old 1", "old 2"), 1)
                ]
            )
        with self.database.env() as env:
            operational = env["freight.retention.class"].search([("code", "=", "operational")])
            self.carrier_endpoint.with_env(env).retention_class_id = operational
            policies = env["freight.retention.policy"].search([("class_id", "=", operational.id)])
            policies[:1].write({"state": "active"})
            env.cr.execute(
                "UPDATE freight_message_in SET received = received - interval '1 year'"
                " WHERE message_key IN ('old 1', 'old 2')"
            )

    def erase(self):
        with self.database.env() as env:
            env["freight.retention"]._cron()

    def left(self):
        [(count,)] = self.database.query(
            "SELECT count(*) FROM freight_message_payload p JOIN freight_message_in m"
            " ON m.id = p.message_id WHERE p.direction = 'in' AND m.message_key LIKE 'old %%'"
        )
        return count

    def test_a_hold_that_is_not_committed_yet_is_waited_for(self):
        job = threading.Thread(target=self.erase)
        with self.database.env() as env:
            hold = env["freight.legal.hold"].create({"name": "Claim", "reason": "A pallet."})
            env.flush_all()
            job.start()
            wait_until(lambda: self.database.query(BLOCKED)[0][0], "the job waits")
            self.assertEqual(self.left(), 2)
        job.join()
        self.assertEqual(self.left(), 2)
        with self.database.env() as env:
            hold.with_env(env).write({"released": fields.Datetime.now()})
        self.erase()
        self.assertEqual(self.left(), 0)
