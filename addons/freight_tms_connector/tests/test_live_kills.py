"""Workers killed between claim, apply and record: every message is applied exactly once."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from odoo.tests import tagged

from ..models.freight_admission import Arrival, message_key
from .test_live import STATUSES, LiveCase
from .x12_samples import body_214, interchange

WORKER = Path(__file__).with_name("doomed_worker.py")


@tagged("post_install", "-at_install")
class TestKilledWorkers(LiveCase):
    def admit(self, bodies):
        """Put ``bodies`` into the inbox; return their ids."""
        with self.database.env() as env:
            endpoint = self.carrier_endpoint.with_env(env)
            admitted = env["freight.admission"]._admit(
                Arrival(
                    endpoint_id=endpoint.id,
                    company_id=endpoint.company_id.id,
                    body=body,
                    codec="x12",
                    key=message_key(body),
                )
                for body in bodies
            )
        rows = self.database.query(
            "SELECT id FROM freight_message_in WHERE uuid IN %s",
            tuple(one.uuid for one in admitted),
        )
        return tuple(row[0] for row in rows)

    def kill_one(self, moment):
        """Let a worker of its own work until ``moment``, where it is killed."""
        died = subprocess.run(
            [
                *(sys.executable, str(WORKER), os.environ["FREIGHT_ODOO_CONF"]),
                *(self.database.name, moment),
            ],
            capture_output=True,
            text=True,
        )
        self.assertEqual(died.returncode, -signal.SIGKILL, died.stderr)

    def work_off(self):
        """Let a worker that lives take over, once the leases of the dead ran out."""
        self.database.let_a_minute_pass()
        with self.database.env() as env:
            env["freight.queue.lane"]._drain("inbox")

    def states(self, ids):
        return [
            row[0]
            for row in self.database.query(
                "SELECT state FROM freight_message_in WHERE id IN %s ORDER BY id", ids
            )
        ]

    def effects(self, names):
        """Return (events of carriers, lines of work for consumers, repeats counted)."""
        return self.database.query(
            """
            SELECT count(DISTINCT e.id), count(DISTINCT w.id), count(DISTINCT t.id)
              FROM freight_event e JOIN freight_shipment s ON s.id = e.shipment_id
              LEFT JOIN freight_event_work w ON w.event_id = e.id
              LEFT JOIN freight_event_tally t ON t.event_id = e.id
             WHERE s.name IN %s AND e.message_id IS NOT NULL
            """,
            tuple(names),
        )[0]

    def assertKilledWithoutTrace(self, moment):
        """A worker that is killed at ``moment`` leaves nothing half done, and nothing twice."""
        names, control = self.released(10), self.released(10)
        self.admit(self.statuses(control))
        self.work_off()
        ids = self.admit(self.statuses(names))
        self.kill_one(moment)
        self.assertEqual(self.effects(names)[0], 0, "what was not recorded did not happen")
        self.assertEqual(set(self.states(ids)), {"received"})
        self.work_off()
        self.assertEqual(set(self.states(ids)), {"applied"})
        self.assertEqual(self.effects(names), self.effects(control))
        self.assertAppliedOnce(names)

    def test_killed_with_a_claim(self):
        self.assertKilledWithoutTrace("claimed")

    def test_killed_before_it_applied(self):
        self.assertKilledWithoutTrace("read")

    def test_killed_between_apply_and_record(self):
        self.assertKilledWithoutTrace("applied")

    def test_killed_between_record_and_commit(self):
        self.assertKilledWithoutTrace("recorded")

    def test_killed_between_two_portions_of_one_message(self):
        names = self.released(25)
        [message] = self.admit(
            [
                interchange(
                    *(
                        ("214", body_214(shipment=name, pro=name, statuses=STATUSES[:1]))
                        for name in names
                    )
                )
            ]
        )
        self.kill_one("between portions")
        self.assertEqual(self.effects(names)[0], 10, "the first portion stands")
        self.assertEqual(self.states((message,)), ["received"])
        self.work_off()
        self.assertEqual(self.states((message,)), ["applied"])
        self.assertEqual(self.effects(names)[0], 25)
        self.assertEqual(self.effects(names)[2], 0, "nothing was handed out twice")

    def test_a_message_that_kills_whoever_reads_it_ends_as_a_dead_letter(self):
        names = self.released(1)
        ids = self.admit(self.statuses(names)[:1])
        for _death in range(3):
            self.kill_one("read")
            self.database.let_a_minute_pass()
        with self.database.env() as env:
            env["freight.queue.lane"]._drain("inbox")
        self.assertEqual(self.states(ids), ["dead"])
