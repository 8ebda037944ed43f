"""Who makes and sees API credentials on screen: the few, and nobody sees a secret twice."""

from datetime import timedelta
from pathlib import Path

from lxml import etree
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .api_common import ApiFixtures
from .test_access import AccessCase

MODELS = ("freight.api.client", "freight.api.token")


class CredentialCase(ApiFixtures, AccessCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls.make_client(cls.tms_endpoint)
        cls.token = cls.env["freight.api.token"]._issue(
            cls.client, "long", ["events:write"], fields.Datetime.now() + timedelta(days=1)
        )[0]

    def issue(self, what, role="integration", replaces=None, **values):
        """Run the wizard as a person does; return the text that it shows."""
        client = self.as_role(role, self.client)
        action = (
            self.as_role(role, replaces).action_rotate()
            if replaces
            else client.action_new_secret() if what == "secret" else client.action_new_token()
        )  # fmt: skip
        wizard = self.as_role(role, self.env[action["res_model"]])
        form = Form(wizard.with_context(**action["context"]))
        for name, value in values.items():
            setattr(form, name, value)
        shown = form.save().action_issue()
        screen = self.as_role(role, self.env[shown["res_model"]]).with_context(**shown["context"])
        return screen.default_get(["secret"])["secret"]


@tagged("post_install", "-at_install")
class TestIssuing(CredentialCase):
    def test_a_secret_is_shown_once_and_works(self):
        secret = self.issue("secret")
        known = self.env["freight.api.client"]._authenticated
        self.assertEqual(known(self.client.client_code, secret, "127.0.0.1"), self.client)
        self.assertFalse(known(self.client.client_code, f"{secret}x", "127.0.0.1"))

    def test_a_token_is_shown_once_and_works(self):
        text = self.issue("token", name="Nightly export")
        caller = self.env["freight.api.token"]._caller(text, "127.0.0.1")
        self.assertEqual(caller.client_id, self.client.id)
        token = self.env["freight.api.token"].browse(caller.token_id)
        self.assertEqual(
            (token.name, token.kind, token.owner_id, token.hint),
            ("Nightly export", "long", self.roles["integration"], text[-4:]),
        )
        self.assertIn(token.hint, self.client.message_ids[0].body)

    def test_what_was_shown_is_nowhere(self):
        text = self.issue("token")
        self.env.flush_all()
        for table in (
            "freight_api_token",
            "freight_api_issue",
            "freight_api_shown",
            "mail_message",
        ):
            self.env.cr.execute(f"SELECT t::text FROM {table} t")
            self.assertNotIn(text, str(self.env.cr.fetchall()))

    def test_a_rotated_token_works_on_for_its_overlap(self):
        text = self.issue("token", replaces=self.token, overlap_hours=2)
        self.assertEqual(self.token.state, "live")
        self.assertLess(self.token.expires, fields.Datetime.now() + timedelta(hours=3))
        new = self.env["freight.api.token"].browse(
            self.env["freight.api.token"]._caller(text, "127.0.0.1").token_id
        )
        self.assertEqual((new.replaces_id, new.scopes), (self.token, "events:write"))
        self.issue("token", replaces=new, overlap_hours=0)
        self.assertEqual(new.state, "expired")

    def test_a_token_ends_and_has_no_more_than_its_client(self):
        self.client.scope_ids -= self.env.ref("freight_tms_connector.scope_masters_read")
        for wrong in (
            {"expires": fields.Datetime.now() + timedelta(days=800)},
            {"expires": fields.Datetime.now() - timedelta(days=1)},
        ):
            with self.assertRaises(UserError):
                self.issue("token", **wrong)
        with self.assertRaises(UserError):
            self.issue("token", replaces=self.token, overlap_hours=-1)
        wizard = self.as_role("integration", self.env["freight.api.issue"]).create(
            {
                "client_id": self.client.id,
                "what": "token",
                "scope_ids": [(6, 0, self.env.ref("freight_tms_connector.scope_masters_read").ids)],
            }
        )
        with self.assertRaises(UserError):
            wizard.action_issue()
        wizard.scope_ids = False
        with self.assertRaises(UserError):
            wizard.action_issue()

    def test_revoking_holds_at_once_and_is_noted(self):
        self.as_role("integration", self.token).action_revoke()
        self.assertEqual(self.token.state, "revoked")
        self.assertIn("revoked", self.client.message_ids[0].body)
        text = self.issue("token")
        self.as_role("integration", self.client).action_revoke_tokens()
        self.assertIsNone(self.env["freight.api.token"]._caller(text, "127.0.0.1"))

    def test_dropped_secrets_work_no_more(self):
        secret = self.issue("secret")
        self.as_role("integration", self.client).action_drop_secrets()
        known = self.env["freight.api.client"]._authenticated
        self.assertFalse(known(self.client.client_code, secret, "127.0.0.1"))

    def test_a_client_stays_with_its_endpoint(self):
        with self.assertRaises(UserError):
            self.client.endpoint_id = self.carrier_endpoint
        with self.assertRaises(UserError):
            self.client.unlink()
        self.client.active = False
        with self.assertRaises(UserError):
            self.issue("secret")

    def test_states_are_found(self):
        tokens = self.env["freight.api.token"]
        self.assertIn(self.token, tokens.search([("state", "=", "live")]))
        self.token.revoked = fields.Datetime.now()
        self.assertIn(self.token, tokens.search([("state", "in", ["revoked", "expired"])]))
        self.assertNotIn(self.token, tokens.search([("state", "=", "live")]))


@tagged("post_install", "-at_install")
class TestRights(CredentialCase):
    def test_integration_managers_write_auditors_read_others_see_nothing(self):
        for role in ("integration", "auditor"):
            for record in (self.client, self.token):
                self.assertTrue(self.as_role(role, record).read(["name"]))
        for role in ("user", "dispatcher", "freight_manager", "employee"):
            for record in (self.client, self.token):
                with self.subTest(role), self.assertRaises(AccessError):
                    self.as_role(role, record).read(["name"])
        for attempt in (
            lambda: self.as_role("auditor", self.client).write({"name": "x"}),
            lambda: self.as_role("auditor", self.client)._new_secret(0),
            lambda: self.as_role("auditor", self.client).action_revoke_tokens(),
            lambda: self.as_role("auditor", self.client).action_drop_secrets(),
            lambda: self.as_role("auditor", self.token).action_revoke(),
            lambda: self.issue("token", role="auditor"),
            lambda: self.issue("secret", role="user"),
        ):
            with self.assertRaises(AccessError):
                attempt()

    def test_nobody_reads_a_digest(self):
        for role in self.roles:
            for record, name in (
                (self.client, "secret_digest"),
                (self.client, "previous_digest"),
                (self.token, "digest"),
            ):
                mine = self.as_role(role, record)
                for attempt in (
                    lambda mine=mine, name=name: mine.read([name]),
                    lambda mine=mine, name=name: mine.export_data([name]),
                    lambda mine=mine, name=name: mine.search_read([], [name]),
                    lambda mine=mine, name=name: mine.search([(name, "=like", "a%")]),
                    lambda mine=mine, name=name: mine.write({name: "mine"}),
                ):
                    with self.subTest(f"{role} {name}"), self.assertRaises(AccessError):
                        attempt()

    def test_nobody_makes_or_changes_a_token_by_hand(self):
        for role in ("integration", "admin"):
            tokens = self.as_role(role, self.env["freight.api.token"])
            values = {"client_id": self.client.id, "kind": "long", "digest": "x",
                      "expires": "2030-01-01", "owner_id": self.roles[role].id}  # fmt: skip
            for attempt in (
                lambda tokens=tokens, values=values: tokens.create(values),
                lambda tokens=tokens: tokens._issue(self.client, "long", [], "2030-01-01"),
                lambda tokens=tokens: tokens.browse(self.token.id).write({"scopes": "x"}),
                lambda tokens=tokens: tokens.browse(self.token.id).write({"expires": "2099-01-01"}),
                lambda tokens=tokens: tokens.browse(self.token.id).unlink(),
                lambda role=role: self.as_role(role, self.client).write({"client_code": "x"}),
            ):
                with self.subTest(role), self.assertRaises(AccessError):
                    attempt()

    def test_the_other_company_is_out_of_sight(self):
        sister = self.env["res.company"].create({"name": "Sister Company"})
        self.tms_endpoint.company_id = sister
        for record in (self.client, self.token):
            seen = self.as_role("integration", record)
            self.assertFalse(seen.search([("id", "in", record.ids)]))
        with self.assertRaises(AccessError):
            self.issue("secret")

    def test_a_copied_database_lets_nobody_in(self):
        self.issue("secret")
        text = self.issue("token")
        self.env.flush_all()
        script = Path(__file__).parents[1] / "data" / "neutralize.sql"
        self.env.cr.execute(script.read_text())
        self.env.invalidate_all()
        self.tms_endpoint.state = "active"
        self.client.active = True
        self.assertIsNone(self.env["freight.api.token"]._caller(text, "127.0.0.1"))
        self.assertFalse(self.client.sudo().secret_digest)


@tagged("post_install", "-at_install")
class TestScreens(CredentialCase):
    def test_each_view_loads_for_who_may_see_it(self):
        for name in ("client", "token", "ageing", "document"):
            action = self.env.ref(f"freight_tms_connector.freight_api_{name}_action")
            model = self.as_role("integration", self.env[action.res_model])
            kinds = [(False, kind) for kind in action.view_mode.split(",")]
            views = model.get_views([*kinds, (False, "search")])["views"]
            with self.subTest(name):
                self.assertEqual(set(views), {*action.view_mode.split(","), "search"})
                self.assertTrue(action.help, "an empty screen says how to begin")

    def test_the_buttons_are_for_those_who_may(self):
        for role, wanted in (("integration", True), ("auditor", False)):
            arch = self.as_role(role, self.env["freight.api.client"]).get_view(view_type="form")
            buttons = etree.fromstring(arch["arch"]).xpath("//button[@name='action_new_secret']")
            self.assertEqual(bool(buttons), wanted)

    def test_the_menus_lead_there(self):
        menus = self.env["ir.ui.menu"].with_user(self.roles["integration"])
        visible = menus._visible_menu_ids()
        for name in ("clients", "tokens", "documents", "ageing"):
            self.assertIn(self.env.ref(f"freight_tms_connector.menu_api_{name}").id, visible)
