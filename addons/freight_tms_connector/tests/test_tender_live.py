"""An answer and the end of its time at the same moment: exactly one of them counts."""

from contextlib import closing
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields
from odoo.addons.freight_canonical import db
from odoo.addons.freight_canonical.documents import Document
from odoo.tests import tagged
from psycopg2 import OperationalError

from .test_live import LiveCase


@tagged("post_install", "-at_install")
class TestTenderLive(LiveCase):
    def tendered(self):
        """Return the id of a committed shipment whose only tender's time is up."""
        with self.database.env() as env:
            type(self).env = env
            type(self).carrier = self.carrier.with_env(env)
            type(self).tms = self.tms.with_env(env)
            shipment = self.make_shipment(carrier_id=False, tms_id=False)
            shipment._tender([(self.carrier, 2)])
            shipment.tender_ids._set(
                {shipment.tender_ids.id: {"respond_by": fields.Datetime.now() - timedelta(hours=1)}}
            )
            return shipment.id

    def accept(self, cr, shipment_id):
        env = api.Environment(cr, SUPERUSER_ID, {})
        shipment = env["freight.shipment"].browse(shipment_id)
        document = Document(
            data={
                "kind": "event",
                "id": f"answer:{shipment_id}",
                "shipment": {"references": [{"type": "shipment", "value": shipment.name}]},
                "type": "tender_accepted",
                "raw_code": "A",
                "classifier": "actual",
                "occurred": "2026-11-02T12:00:00Z",
            },
            system=self.carrier_system.with_env(env),
            company=shipment.company_id,
            received=fields.Datetime.now(),
            trace_id="0" * 32,
        )
        [outcome] = env["freight.event"]._apply_freight_documents([document])
        self.assertEqual(outcome.status, "applied")
        env.flush_all()

    def expire(self, cr):
        env = api.Environment(cr, SUPERUSER_ID, {})
        env["freight.tender"]._cron_tenders()
        env.flush_all()

    def conflicts(self, work, *arguments):
        """Return whether ``work`` is refused for what another transaction did meanwhile."""
        try:
            work(*arguments)
        except OperationalError as error:
            return db.is_conflict(error)
        return False

    def outcome(self, shipment_id):
        return self.database.query(
            "SELECT t.state, s.transport_state FROM freight_tender t"
            " JOIN freight_shipment s ON s.id = t.shipment_id WHERE s.id = %s",
            shipment_id,
        )

    def test_the_answer_comes_first(self):
        shipment = self.tendered()
        with closing(self.database.registry.cursor()) as clock:
            clock.execute("SELECT 1 FROM freight_tender LIMIT 1")  # its view of the data begins
            with closing(self.database.registry.cursor()) as answer:
                self.accept(answer, shipment)
                with closing(self.database.registry.cursor()) as other:
                    self.expire(other)  # who answers holds the lock: passed over
                    other.commit()
                answer.commit()
            self.assertTrue(self.conflicts(self.expire, clock))
        self.assertEqual(self.outcome(shipment), [("accepted", "accepted")])

    def test_the_clock_comes_first(self):
        shipment = self.tendered()
        with closing(self.database.registry.cursor()) as answer:
            answer.execute("SELECT 1 FROM freight_tender LIMIT 1")
            with self.database.env() as env:
                env["freight.tender"]._cron_tenders()
            self.assertTrue(self.conflicts(self.accept, answer, shipment))
        with self.database.registry.cursor() as again:
            self.accept(again, shipment)
        self.assertEqual(self.outcome(shipment), [("expired", "declined")])
