"""A copied production database, neutralised as Odoo does it, reaches nobody and lets nobody in."""

from pathlib import Path

from any_record import RowMaker
from odoo.addons.freight_tms_connector.tests.common import WHSEC, Fixtures
from odoo.addons.freight_tms_connector.tests.live_server import LiveDatabase, Partner
from odoo.modules.neutralize import get_installed_modules, neutralize_database
from odoo.tests import BaseCase, tagged

ADDONS = Path(__file__).parent.parent / "addons"
#: Addons without a neutralize.sql, and why they need none.
NOTHING_TO_NEUTRALIZE = {
    "freight_canonical": "its lanes are crons and its notices mails: Odoo stops both",
    "freight_settlement": "posts to this database's own books alone",
    "freight_stock": "releases into the outbox, which the connector stops",
    "freight_sale_stock": "as freight_stock",
    "freight_purchase_stock": "as freight_stock",
}
#: What opens a door, here or at a partner's, and must be gone or void.
OPEN = {
    "endpoints that reach out or let in": "SELECT code FROM freight_endpoint"
    " WHERE state = 'active' OR environment <> 'sandbox'",
    "secrets, passwords and keys": "SELECT id FROM freight_credential",
    "secrets of clients": "SELECT id FROM freight_api_client WHERE active"
    " OR secret_digest IS NOT NULL OR previous_digest IS NOT NULL",
    "tokens that still open": "SELECT id FROM freight_api_token WHERE revoked IS NULL",
    "polls": "SELECT id FROM freight_poll WHERE active",
    "folders": "SELECT id FROM freight_folder WHERE active",
    "subscriptions": "SELECT id FROM freight_subscription WHERE active",
    "a declaration to be production": "SELECT key FROM ir_config_parameter"
    " WHERE key = 'freight.environment'",
    "crons of ours": "SELECT c.id FROM ir_cron c JOIN ir_act_server s"
    " ON s.id = c.ir_actions_server_id JOIN ir_model m ON m.id = s.model_id"
    " WHERE c.active AND m.model LIKE 'freight.%%'",
}


@tagged("post_install", "-at_install")
class TestNeutralize(Fixtures, BaseCase):
    """On a database of its own: Odoo's statements are committed there."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.database = LiveDatabase("neutralize")
        cls.addClassCleanup(cls.database.drop)
        cls.partner = Partner()
        cls.partner.start()
        cls.addClassCleanup(cls.partner.stop)
        with cls.database.env() as cls.env:
            cls.make_fixtures()
            cls.fill(cls.env)
        cls.control = cls.send("before")
        cls.open_before = cls.still_open()
        cls.tell("waiting")
        with cls.database.registry.cursor() as cr:
            cls.installed = set(get_installed_modules(cr))
            neutralize_database(cr)
        cls.database.load()

    @classmethod
    def fill(cls, env):
        """Make one of everything that opens a door, in use as in production."""
        standard = env["freight.auth.profile"].search([("code", "=", "standard_webhooks")])
        cls.endpoint_id = cls.tms_endpoint.id
        cls.tms_endpoint.write(
            {
                "url": cls.partner.url,
                "outbound_profile_id": standard.id,
                "credential_ids": [(0, 0, {"use": "outbound", "secret": WHSEC})],
                "subscription_ids": [(0, 0, {"pattern": "shipment.*"})],
            }
        )
        rows = RowMaker(env)
        for name in ("freight.poll", "freight.folder", "freight.api.client", "freight.api.token"):
            rows.record(name)
        env.cr.execute(
            "UPDATE freight_api_client SET active = true, secret_digest = 'x';"
            "UPDATE freight_api_token SET revoked = NULL;"
            "UPDATE freight_poll SET active = true; UPDATE freight_folder SET active = true;"
            "UPDATE ir_cron SET active = true"
        )
        env["freight.environment"]._declare(True)
        cls.carrier_endpoint.environment = "production"

    @classmethod
    def tell(cls, subject):
        """Write one message to the partner, committed."""
        with cls.database.env() as env:
            env["freight.message.out"]._enqueue(
                [
                    {
                        "endpoint": env["freight.endpoint"].browse(cls.endpoint_id),
                        "company": env.company,
                        "event_type": "shipment.released",
                        "subject": subject,
                        "shipment": env["freight.shipment"],
                        "trace_id": False,
                        "data": {},
                    }
                ]
            )

    @classmethod
    def send(cls, subject=None):
        """Work the outbox off; return how many messages reached the partner."""
        if subject:
            cls.tell(subject)
        before = len(cls.partner.ids)
        with cls.database.env() as env:
            env["freight.queue.lane"]._drain("outbox")
        return len(cls.partner.ids) - before

    @classmethod
    def still_open(cls):
        """Return the names of what is open."""
        return {what for what, query in OPEN.items() if cls.database.query(query)}

    def test_everything_was_open_before(self):
        self.assertEqual(self.open_before, set(OPEN))
        self.assertEqual(self.control, 1, "what waits afterwards would have been sent")

    def test_nothing_is_open_any_more(self):
        self.assertEqual(self.still_open(), set())

    def test_the_outbox_sends_nothing(self):
        self.assertEqual(self.send(), 0)
        self.assertEqual(
            self.database.scalar("SELECT count(*) FROM freight_message_out WHERE state = 'queued'"),
            1,
            "it is kept, and told to nobody",
        )

    def test_the_database_is_no_production(self):
        with self.database.env() as env:
            self.assertFalse(env["freight.environment"]._is_production())

    def test_mail_goes_nowhere(self):
        hosts = self.database.query("SELECT smtp_host FROM ir_mail_server WHERE active")
        self.assertEqual(hosts, [("invalid",)])

    def test_every_addon_neutralizes_or_says_why_not(self):
        ours = {path.parent.name for path in ADDONS.glob("freight_*/__manifest__.py")}
        self.assertLessEqual(ours, self.installed)
        silent = {name for name in ours if not (ADDONS / name / "data/neutralize.sql").exists()}
        self.assertEqual(silent, set(NOTHING_TO_NEUTRALIZE))
