"""Who reads payloads and secrets: the first few people, and nobody."""

from pathlib import Path

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..vault import VaultError
from .common import SECRET, ConnectorCase
from .x12_samples import build_214

STATUS = ("AF", "2026-11-02", "0930", "CS")
ROLES = {
    "user": "freight_canonical.group_freight_user",
    "dispatcher": "freight_canonical.group_freight_dispatcher",
    "freight_manager": "freight_canonical.group_freight_manager",
    "auditor": "freight_canonical.group_freight_auditor",
    "integration": "freight_tms_connector.group_integration_manager",
    "employee": "base.group_user",
}
#: Whoever may export is tempted to export this, too.
EVERYBODY = "base.group_user,base.group_allow_export"


class AccessCase(ConnectorCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.roles = {
            role: new_test_user(cls.env, f"c_{role}", groups=f"{EVERYBODY},{group}")
            for role, group in ROLES.items()
        }
        cls.roles["admin"] = cls.env.ref("base.user_admin")
        cls.roles["admin"].groups_id |= cls.env.ref("base.group_allow_export")

    def as_role(self, role, records):
        return records.with_user(self.roles[role])


@tagged("post_install", "-at_install")
class TestPayloads(AccessCase):
    def setUp(self):
        super().setUp()
        self.shipment = self.make_shipment()
        answer = self.post(
            self.carrier_endpoint, build_214(shipment=self.shipment.name, statuses=[STATUS])
        )
        self.received = self.message(answer)

    def test_integration_managers_and_auditors_read_payloads(self):
        for role in ("integration", "auditor"):
            with self.subTest(role):
                [row] = self.as_role(role, self.received).read(["payload_text"])
                self.assertIn(self.shipment.name, row["payload_text"])

    def test_others_see_the_message_but_not_what_it_says(self):
        for role in ("user", "dispatcher", "freight_manager"):
            message = self.as_role(role, self.received)
            with self.subTest(role):
                self.assertEqual(message.state, "received")
                self.assertNotIn("payload_text", message.read()[0])
                for attempt in (
                    lambda message=message: message.read(["payload_text"]),
                    lambda message=message: message.mapped("payload_text"),
                    lambda message=message: message.export_data(["payload_text"]),
                ):
                    with self.assertRaises(AccessError):
                        attempt()

    def test_who_has_no_role_sees_no_message(self):
        for model in ("freight.message.in", "freight.message.out", "freight.endpoint"):
            with self.subTest(model), self.assertRaises(AccessError):
                self.as_role("employee", self.env[model]).search([])

    def test_nobody_reads_the_sealed_bytes(self):
        for role in self.roles:
            payloads = self.as_role(role, self.env["freight.message.payload"])
            with self.subTest(role), self.assertRaises(AccessError):
                payloads.search_read([], ["sealed"])

    def test_nobody_deletes_a_message(self):
        for role in self.roles:
            with self.subTest(role), self.assertRaises(UserError):  # an AccessError is one
                self.as_role(role, self.received).unlink()

    def test_an_auditor_changes_nothing(self):
        for attempt in (
            lambda: self.as_role("auditor", self.received).action_replay(),
            lambda: self.as_role("auditor", self.received).write({"resolution": "x"}),
            lambda: self.as_role("auditor", self.carrier_endpoint).write({"name": "x"}),
            lambda: self.as_role("auditor", self.carrier_endpoint.mapping_ids).write({"name": "x"}),
            lambda: self.as_role("auditor", self.carrier_endpoint.auth_profile_id).unlink(),
        ):
            with self.assertRaises(AccessError):
                attempt()

    def test_only_integration_managers_replay(self):
        self.drain()
        for role in ("user", "dispatcher", "freight_manager"):
            with self.subTest(role), self.assertRaises(AccessError):
                self.as_role(role, self.received).action_replay()
        self.as_role("integration", self.received).action_replay()
        self.assertTrue(self.received.replayed)

    def test_the_other_company_is_out_of_sight(self):
        sister = self.env["res.company"].create({"name": "Sister Company"})
        self.env.cr.execute(
            "UPDATE freight_message_in SET company_id = %s WHERE id = %s",
            [sister.id, self.received.id],
        )
        self.carrier_endpoint.company_id = sister
        self.env.invalidate_all()
        for records in (
            self.received, self.carrier_endpoint, self.carrier_endpoint.credential_ids,
        ):  # fmt: skip
            seen = self.as_role("integration", records)
            with self.subTest(records._name):
                self.assertFalse(seen.search([("id", "in", records.ids)]))


@tagged("post_install", "-at_install")
class TestSecrets(AccessCase):
    def setUp(self):
        super().setUp()
        self.credential = self.carrier_endpoint.credential_ids
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT sealed FROM freight_credential WHERE id = %s", [self.credential.id]
        )
        self.sealed = bytes(self.env.cr.fetchone()[0])

    def test_the_database_holds_no_plain_secret(self):
        self.assertNotIn(SECRET.encode(), self.sealed)
        self.env.cr.execute("SELECT t::text FROM freight_credential t")
        self.assertNotIn(SECRET, str(self.env.cr.fetchall()))

    def test_a_secret_is_written_and_never_shown_again(self):
        for role in ("integration", "admin"):
            credential = self.as_role(role, self.credential)
            with self.subTest(role):
                [row] = credential.read()
                self.assertFalse(row["secret"])
                self.assertNotIn("sealed", row)
                self.assertNotIn(SECRET, str(row))
                self.assertEqual(credential.export_data(["secret"])["datas"], [[""]])
                self.assertFalse(credential.copy().with_user(self.env.user).sudo().sealed)

    def test_the_sealed_bytes_are_shown_to_nobody(self):
        technical = self.env.ref("base.group_no_one")
        for role in self.roles:
            self.roles[role].groups_id |= technical
            credential = self.as_role(role, self.credential)
            for attempt in (
                lambda credential=credential: credential.read(["sealed"]),
                lambda credential=credential: credential.sealed,
                lambda credential=credential: credential.export_data(["sealed"]),
                lambda credential=credential: credential.search_read([], ["sealed"]),
                lambda credential=credential: credential.write({"sealed": b"mine"}),
            ):
                with self.subTest(role), self.assertRaises(AccessError):
                    attempt()
            self.assertNotIn("sealed", credential.fields_get())

    def test_only_integration_managers_know_that_there_are_credentials(self):
        for role in ("user", "dispatcher", "freight_manager", "auditor", "employee"):
            with self.subTest(role), self.assertRaises(AccessError):
                self.as_role(role, self.env["freight.credential"]).search([])

    def test_opening_a_secret_is_for_the_server(self):
        self.assertEqual(self.credential.sudo()._open(), SECRET)
        with self.assertRaises(AccessError):
            self.as_role("admin", self.credential)._open()

    def test_an_integration_manager_may_replace_it(self):
        mine = self.as_role("integration", self.credential)
        mine.secret = "another secret of decent length"
        self.env.flush_all()
        self.assertEqual(self.credential.sudo()._open(), "another secret of decent length")

    def test_a_sealed_secret_moved_to_another_row_does_not_open(self):
        other = self.tms_endpoint.credential_ids.sudo()
        self.env.cr.execute(
            "UPDATE freight_credential SET sealed = %s WHERE id = %s", [self.sealed, other.id]
        )
        self.env.invalidate_all()
        with self.assertRaises(VaultError):
            other._open()
        self.assertEqual(self.credential.sudo()._open(), SECRET)


@tagged("post_install", "-at_install")
class TestNeutralize(ConnectorCase):
    def test_a_copied_database_reaches_no_partner_and_knows_no_secret(self):
        retired = self.make_endpoint(
            self.make_system("gone", "tms"), "generic_hmac", SECRET, [],
            environment="production", state="retired",
        )  # fmt: skip
        disabled = self.make_endpoint(
            self.make_system("paused", "tms"), "generic_hmac", SECRET, [],
            environment="production", state="disabled",
        )  # fmt: skip
        self.carrier_endpoint.environment = "production"
        self.env["freight.environment"]._declare(True)
        self.env.flush_all()
        script = Path(__file__).parents[1] / "data" / "neutralize.sql"
        self.env.cr.execute(script.read_text())
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self.assertFalse(self.env["freight.environment"]._is_production())
        endpoints = self.env["freight.endpoint"].with_context(active_test=False).search([])
        self.assertEqual(set(endpoints.mapped("environment")), {"sandbox"})
        self.assertNotIn("active", endpoints.mapped("state"))
        self.assertEqual((retired.state, disabled.state), ("retired", "disabled"))
        credentials = self.env["freight.credential"].with_context(active_test=False)
        self.assertFalse(credentials.search([]))
