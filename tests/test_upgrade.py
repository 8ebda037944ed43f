"""An upgrade of a database that is in use: the ledger untouched, people's edits kept."""

import os
import subprocess
import sys
from datetime import datetime, timedelta

from odoo.addons.freight_canonical.documents import APPLIED, Document
from odoo.addons.freight_tms_connector.tests.live_server import LiveDatabase
from odoo.tests import BaseCase, tagged

ADDONS = (
    "freight_canonical,freight_tms_connector,freight_settlement,"
    "freight_stock,freight_sale_stock,freight_purchase_stock"
)
NOON = datetime(2026, 11, 2, 12)
CODE_LISTS = (
    "freight.charge.code",
    "freight.event.type",
    "freight.exception.reason",
    "freight.equipment.type",
)
#: shipped record -> what its users made of it
EDITS = {
    "freight_canonical.charge_code_lft": {"name": "Tail lift", "sac": "E380 X999"},
    "freight_canonical.event_type_loading": {"name": "Being loaded", "active": False},
    "freight_canonical.reason_weather": {"name": "Snow", "service_failure": True},
    "freight_canonical.equipment_reefer": {"name": "Cold box", "x12_40": "RT TW XX"},
    "freight_canonical.system_odoo": {"name": "Our own house"},
    "freight_canonical.lane_consumers_1": {"name": "The only lane"},
    "freight_settlement.consumer_accrual": {"name": "Accruing", "paused": True},
}
#: a shipped record that is not there yet: what a release that brings a code looks like
ARRIVES = "freight_canonical.equipment_boxcar"


def append_only_tables(database):
    """Return the tables that refuse updates, whichever addon made them."""
    return [
        row[0]
        for row in database.query(
            """
            SELECT DISTINCT c.relname FROM pg_trigger t
              JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
             WHERE p.proname LIKE '%%append_only%%' ORDER BY 1
            """
        )
    ]


#: The largest id there can be.
MAX_ID = 2**31 - 1


def digests(database, until=None):
    """Return {table: (rows, digest, last id)}; a row that was rewritten has another xmin.

    :param until: {table: last id to look at}; without it all rows count
    """
    return {
        table: database.query(
            f"SELECT count(*), md5(string_agg(concat(t.xmin, t.*), '|' ORDER BY t.id)), max(t.id)"
            f" FROM {table} t WHERE t.id <= %s",
            (until or {}).get(table, MAX_ID) or 0,
        )[0]
        for table in append_only_tables(database)
    }


def upgrade(database):
    """Run ``odoo -u`` as an administrator does.

    :raise AssertionError: with what it wrote, when it fails or has anything to complain of
    """
    done = subprocess.run(
        [
            *(sys.executable, "-m", "odoo", "-c", os.environ["FREIGHT_ODOO_CONF"]),
            *("-d", database.name, "-u", ADDONS, "--stop-after-init", "--no-http"),
            *("--log-level", "warn"),
        ],
        capture_output=True,
        text=True,
    )
    said = done.stdout + done.stderr
    if done.returncode or " ERROR " in said or " CRITICAL " in said:
        raise AssertionError(f"the upgrade failed:\n{said}")


@tagged("post_install", "-at_install")
class TestUpgrade(BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.database = LiveDatabase("upgrade")
        cls.addClassCleanup(cls.database.drop)
        with cls.database.env() as env:
            cls.make_edits(env)
            cls.make_own(env)
            cls.make_history(env)
        cls.before = digests(cls.database)
        upgrade(cls.database)
        cls.database.load()

    @classmethod
    def make_edits(cls, env):
        for xmlid, values in EDITS.items():
            env.ref(xmlid).write(values)
        late = env.ref(ARRIVES)
        env.cr.execute(f"DELETE FROM {late._table} WHERE id = %s", [late.id])
        env.cr.execute(
            "DELETE FROM ir_model_data WHERE module = %s AND name = %s", ARRIVES.split(".")
        )

    @classmethod
    def make_own(cls, env):
        standard = env.ref("freight_canonical.event_type_pickup_arrived")
        own = {"name": "Our own", "company_id": env.company.id}
        for model in CODE_LISTS:
            code = "OWN" if model == "freight.charge.code" else "our_own"
            extra = {"standard_id": standard.id} if model == "freight.event.type" else {}
            env[model].create({**own, **extra, "code": code})

    @classmethod
    def make_history(cls, env):
        carrier = env["res.partner"].create(
            {"name": "Carrier", "is_company": True, "freight_is_carrier": True}
        )
        cls.source_id = env["freight.system"].create(
            {"code": "upgrade", "name": "Upgrade", "kind": "carrier", "partner_id": carrier.id}
        ).id  # fmt: skip
        shipments = env["freight.shipment"].create(
            [
                {
                    "carrier_id": carrier.id,
                    "stop_ids": [
                        (0, 0, {"sequence": 1, "role": "pickup", "city": "Chicago"}),
                        (0, 0, {"sequence": 2, "role": "delivery", "city": "Dallas"}),
                    ],
                }
                for _number in range(20)
            ]
        )
        shipments.action_release()
        cls.shipment_ids = shipments.ids
        for hours, kind in enumerate(("our_own", "departed_pickup", "delivered", "delivered")):
            cls.report(env, shipments, kind, hours)

    @classmethod
    def report(cls, env, shipments, kind, hours):
        """Report ``kind`` of ``shipments``. Return what became of it."""
        occurred = f"{(NOON + timedelta(hours=hours)).isoformat()}Z"
        return env["freight.event"]._apply_freight_documents(
            [
                Document(
                    data={
                        "kind": "event",
                        "id": None,
                        "shipment": {"references": [{"type": "shipment", "value": shipment.name}]},
                        "type": kind,
                        "raw_code": kind,
                        "classifier": "actual",
                        "occurred": occurred,
                    },
                    system=env["freight.system"].browse(cls.source_id),
                    company=shipment.company_id,
                    received=NOON,
                    trace_id="0" * 31 + "1",
                )
                for shipment in shipments
            ]
        )

    def test_the_ledger_is_untouched_row_by_row(self):
        self.assertGreaterEqual(self.before["freight_event"][0], 80)
        last = {table: row[2] for table, row in self.before.items()}
        # What arrives with the update joins the audit log, and the audit log alone.
        last |= {table: MAX_ID for table in last if not table.startswith("freight_audit_")}
        self.assertEqual(digests(self.database, last), self.before)

    def test_the_database_still_refuses_changes(self):
        self.assertEqual(append_only_tables(self.database), list(self.before))

    def test_what_people_made_of_shipped_rows_stays(self):
        with self.database.env() as env:
            for xmlid, values in EDITS.items():
                for name, value in values.items():
                    with self.subTest(xmlid=xmlid, field=name):
                        self.assertEqual(env.ref(xmlid)[name], value)

    def test_new_shipped_rows_arrive(self):
        with self.database.env() as env:
            self.assertTrue(env.ref(ARRIVES).active)

    def test_own_codes_stay(self):
        with self.database.env() as env:
            for model in CODE_LISTS:
                with self.subTest(model):
                    own = env[model].search([("code", "in", ("OWN", "our_own"))])
                    self.assertEqual((own.name, own.company_id), ("Our own", env.company))

    def test_no_code_came_twice(self):
        for model in CODE_LISTS:
            table = model.replace(".", "_")
            with self.subTest(model):
                twice = self.database.query(
                    f"SELECT code FROM {table} GROUP BY code HAVING count(*) > 1"
                )
                self.assertFalse(twice)

    def test_events_join_the_ledger_as_before(self):
        with self.database.env() as env:
            shipments = env["freight.shipment"].browse(self.shipment_ids[:1])
            [outcome] = self.report(env, shipments, "our_own", 9)
            self.assertEqual(outcome.status, APPLIED)
            event = shipments.event_ids.filtered(
                lambda event: event.occurred == NOON + timedelta(hours=9)
            )
            self.assertEqual(event.type_code, "pickup_arrived")
            env.cr.rollback()
