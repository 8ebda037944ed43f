"""Secrets change over without a gap and are shown once; a second person approves profiles."""

from base64 import b64decode
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from ..models.freight_reception import Rejection
from ..signing import SHIPPED, sign, verify
from ..signing_secrets import TheirKey, generate
from .common import SECRET, WHSEC, ConnectorCase

MANAGER = "base.group_user,base.group_allow_export,freight_tms_connector.group_integration_manager"


class CredentialCase(ConnectorCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = new_test_user(cls.env, "first", groups=MANAGER)
        cls.second = new_test_user(cls.env, "second", groups=MANAGER)

    def accepts(self, endpoint, secret):
        """Tell whether the door takes a message that this secret proves."""
        try:
            self.post(endpoint, b"{}", secret)
        except Rejection as rejection:
            self.assertEqual(rejection.status, 401)
            return False
        return True


@tagged("post_install", "-at_install")
class TestRotation(CredentialCase):
    def rotate(self, endpoint=None, user=None, **values):
        """Rotate as a person does; return (the answer, what it shows)."""
        endpoint = (endpoint or self.tms_endpoint).with_user(user or self.first)
        action = endpoint.action_rotate_secret()
        wizard = Form(endpoint.env[action["res_model"]].with_context(**action["context"]))
        for name, value in values.items():
            setattr(wizard, name, value)
        answer = wizard.save().action_rotate()
        return answer, answer["context"]["default_shown"]

    def test_two_live_secrets_until_the_overlap_ends(self):
        _answer, newer = self.rotate(overlap="24")
        self.assertTrue(newer.startswith("whsec_"))
        self.assertEqual(len(b64decode(newer.removeprefix("whsec_"))), 32)
        self.assertTrue(self.accepts(self.tms_endpoint, WHSEC))
        self.assertTrue(self.accepts(self.tms_endpoint, newer))
        with freeze_time(fields.Datetime.now() + timedelta(hours=25)):
            self.assertFalse(self.accepts(self.tms_endpoint, WHSEC))
            self.assertTrue(self.accepts(self.tms_endpoint, newer))

    def test_a_secret_that_others_know_ends_at_once(self):
        _answer, newer = self.rotate(overlap="0")
        self.assertFalse(self.accepts(self.tms_endpoint, WHSEC))
        self.assertTrue(self.accepts(self.tms_endpoint, newer))

    def test_no_secret_lives_longer_than_it_did(self):
        soon = fields.Datetime.now() + timedelta(minutes=5)
        old = self.tms_endpoint.credential_ids
        old.expires = soon
        self.rotate(overlap="168")
        self.assertEqual(old.expires, soon)

    def test_the_new_secret_is_shown_in_the_answer_and_nowhere_else(self):
        answer, newer = self.rotate()
        wizards = self.env["freight.credential.rotation"].search([])
        self.assertNotIn(newer, str(wizards.read()))
        self.env.flush_all()
        for table in ("freight_credential", "freight_credential_rotation"):
            self.env.cr.execute(f"SELECT t::text FROM {table} t")
            self.assertNotIn(newer, str(self.env.cr.fetchall()))
        shown = Form(
            self.env["freight.credential.rotation"].with_context(**answer["context"]),
            view=answer["view_id"],
        )
        self.assertEqual(shown.shown, newer)

    def test_only_integration_managers_rotate(self):
        auditor = new_test_user(self.env, "a", groups="freight_canonical.group_freight_auditor")
        with self.assertRaises(AccessError):
            self.rotate(user=auditor)
        with self.assertRaises(AccessError):
            self.env["freight.credential.rotation"].with_user(auditor).create(
                {"endpoint_id": self.tms_endpoint.id}
            )

    def test_not_in_another_company(self):
        self.tms_endpoint.company_id = self.env["res.company"].create({"name": "Sister"})
        wizard = self.env["freight.credential.rotation"].create(
            {"endpoint_id": self.tms_endpoint.id}
        )
        with self.assertRaises(AccessError):
            wizard.with_user(self.first).with_company(self.company).action_rotate()

    def test_outbound_signs_with_both(self):
        endpoint = self.tms_endpoint
        endpoint.outbound_profile_id = endpoint.auth_profile_id
        self.rotate(use="outbound")
        self.rotate(use="outbound")
        self.assertEqual(len(endpoint._live_secrets("outbound")), 2)
        self.assertTrue(self.accepts(endpoint, WHSEC), "the other direction is left alone")

    def test_each_form_of_secret(self):
        for code, profile in SHIPPED.items():
            with self.subTest(code):
                if code == "shipengine":
                    with self.assertRaises(TheirKey):
                        generate(profile, True)
                    continue
                kept, told = generate(profile, True, user="acme")
                self.assertEqual(kept, told)
                headers = sign(profile, told, b"{}", "m-1", 1_700_000_000)
                verify(profile, [kept], headers, b"{}", 1_700_000_000)
        self.assertEqual(generate(SHIPPED["basic"], True, "bob:old")[0].partition(":")[0], "bob")

    def test_a_pair_of_keys_that_we_make(self):
        profile = SHIPPED["standard_webhooks"]
        kept, told = generate(profile, False, "whsk_x")
        headers = sign(profile, kept, b"{}", "m-1", 1_700_000_000)
        verify(profile, [told], headers, b"{}", 1_700_000_000)
        with self.assertRaises(TheirKey):
            generate(profile, True, "whpk_x")

    def test_a_key_that_only_the_partner_can_make(self):
        self.tms_endpoint.auth_profile_id = self.env["freight.auth.profile"].search(
            [("code", "=", "shipengine")]
        )
        with self.assertRaisesRegex(UserError, "rsa-sha256"):
            self.rotate()

    def test_without_a_profile(self):
        with self.assertRaisesRegex(UserError, "Choose first"):
            self.rotate(use="outbound")


@tagged("post_install", "-at_install")
class TestUnreadable(CredentialCase):
    """A stored secret is not readable again, by whatever call."""

    def test_every_way_to_read(self):
        credential = self.carrier_endpoint.credential_ids.with_user(self.first)
        model = credential.browse()
        answers = [
            credential.read(),
            credential.export_data(["secret", "label"]),
            model.search_read([("id", "=", credential.id)]),
            model.name_search("Secret"),
            model.web_search_read([], {"secret": {}, "label": {}}),
            model.default_get(["secret", "label", "sealed"]),
            credential.copy_data(),
            credential.copy().read(),
            model.with_context(default_sealed=b"x").default_get(["secret"]),
            credential.onchange({}, [], {"secret": {}, "label": {}}),
            self.carrier_endpoint.with_user(self.first).web_read(
                {"credential_ids": {"fields": {"secret": {}, "label": {}}}}
            ),
        ]
        self.assertNotIn(SECRET, str(answers))
        for attempt in (
            lambda: model.read_group([], ["sealed"], ["sealed"]),
            lambda: model.search([("sealed", "!=", False)]),
            lambda: model.search([], order="sealed"),
            lambda: model.web_search_read([], {"sealed": {}}),
        ):
            with self.assertRaises(Exception) as raised:
                attempt()
            self.assertIsInstance(raised.exception, AccessError | ValueError)

    def test_it_cannot_be_guessed_by_searching(self):
        model = self.env["freight.credential"].with_user(self.first)
        for operator in ("=", "like", "=like"):
            with self.subTest(operator):
                try:
                    found = model.search([("secret", operator, SECRET)])
                except (UserError, ValueError, NotImplementedError):
                    continue
                every = model.search([("secret", operator, "surely not this one")])
                self.assertEqual(found, every, "the search tells nothing")

    def test_what_the_server_notes_is_its_own(self):
        credential = self.carrier_endpoint.credential_ids.with_user(self.first)
        for values in ({"last_used": fields.Datetime.now()}, {"uuid": "0" * 32}):
            with self.assertRaises(AccessError):
                credential.write(values)

    def test_its_use_is_noted_once_a_minute(self):
        from ..models import freight_credential

        credential = self.carrier_endpoint.credential_ids
        note = self.env["freight.credential"]._note_use
        with patch.object(freight_credential, "_record_use") as record:
            for _time in range(5):
                note(credential.id, None)
            self.assertEqual(record.call_count, 1)
            freight_credential._noted[self.env.cr.dbname, credential.id] -= 61
            note(credential.id, None)
            self.assertEqual(record.call_count, 2)


@tagged("post_install", "-at_install")
class TestProfileVersions(CredentialCase):
    def setUp(self):
        super().setUp()
        self.profiles = self.env["freight.auth.profile"].with_user(self.first)

    def draft(self, **values):
        return self.profiles.create({"code": "acme", "name": "Acme", "header": "x-acme", **values})

    def test_shipped_ones_are_approved(self):
        shipped = self.profiles.search([("code", "in", list(SHIPPED))])
        self.assertEqual(len(shipped), len(SHIPPED))
        self.assertEqual(set(shipped.mapped("state")), {"approved"})

    def test_a_draft_opens_no_door(self):
        draft = self.draft()
        for name in ("auth_profile_id", "outbound_profile_id"):
            with self.subTest(name), self.assertRaisesRegex(ValidationError, "second person"):
                self.carrier_endpoint[name] = draft
        self.env.cr.execute(
            "UPDATE freight_endpoint SET auth_profile_id = %s WHERE id = %s",
            [draft.id, self.carrier_endpoint.id],
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self.assertIsNone(self.env["freight.endpoint"]._door(self.carrier_endpoint.code).profile)

    def test_who_wrote_it_does_not_approve_it(self):
        draft = self.draft()
        with self.assertRaisesRegex(UserError, "second person"):
            draft.action_approve()
        draft.with_user(self.second).action_approve()
        self.assertEqual((draft.state, draft.approver_id), ("approved", self.second))
        self.carrier_endpoint.auth_profile_id = draft

    def test_nor_who_changed_it_before_somebody_else_did(self):
        third = new_test_user(self.env, "third", groups=MANAGER)
        draft = self.draft()
        draft.with_user(self.second).header = "x-other"
        draft.with_user(third).prefix = "sha256="
        with self.assertRaisesRegex(UserError, "second person"):
            draft.with_user(self.second).action_approve()

    def test_nobody_approves_by_writing(self):
        draft = self.draft()
        for values in (
            {"state": "approved"}, {"approver_id": self.second.id}, {"author_ids": [(5,)]},
            {"number": 7},
        ):  # fmt: skip
            with self.subTest(values), self.assertRaises(AccessError):
                draft.with_user(self.second).write(values)
        with self.assertRaises(AccessError):
            self.draft(code="b", state="approved")
        defaulted = self.profiles.with_context(default_state="approved").create(
            {"code": "c", "name": "C", "header": "x"}
        )
        self.assertEqual(defaulted.state, "draft")

    def test_what_was_approved_is_not_changed(self):
        generic = self.carrier_endpoint.auth_profile_id.with_user(self.first)
        for values in (
            {"algorithm": "api-key"}, {"tolerance": 99999}, {"header": "x"}, {"code": "x"},
            {"variants": [["", "api-key"]]}, {"template": "{body}"},
        ):  # fmt: skip
            with self.subTest(values), self.assertRaisesRegex(UserError, "new version"):
                generic.write(values)
        with self.assertRaisesRegex(UserError, "history"):
            generic.unlink()
        generic.name = "Another name"

    def test_a_new_version_takes_the_place_of_the_one_before(self):
        before = self.carrier_endpoint.auth_profile_id
        action = before.with_user(self.first).action_new_version()
        draft = self.profiles.browse(action["res_id"])
        self.assertEqual((draft.code, draft.number, draft.state), (before.code, 2, "draft"))
        self.assertEqual(draft.author_ids, self.first)
        draft.tolerance = 60
        with self.assertRaisesRegex(UserError, "draft"):
            before.with_user(self.second).action_new_version()
        self.assertEqual(self.carrier_endpoint.auth_profile_id, before)
        draft.with_user(self.second).action_approve()
        self.assertEqual(self.carrier_endpoint.auth_profile_id.id, draft.id)
        self.assertEqual(self.carrier_endpoint.auth_profile_id.tolerance, 60)
        self.assertEqual(before.state, "retired")
        self.assertEqual(before.version_ids, before | draft.sudo(False).with_env(self.env))
        self.assertTrue(self.accepts(self.carrier_endpoint, SECRET))
        with self.assertRaises(ValidationError):
            self.tms_endpoint.auth_profile_id = before

    def test_loading_again_leaves_everything_as_it_is(self):
        count = self.profiles.search_count([])
        self.env["freight.auth.profile"]._load_shipped()
        self.assertEqual(self.profiles.search_count([]), count)

    def test_profiles_of_before_there_were_versions_go_on_working(self):
        draft = self.draft()
        self.env.flush_all()
        self.env["freight.auth.profile"]._init_column("state")
        self.env.invalidate_all()
        self.assertEqual(draft.state, "approved")

    def test_weak_ones_say_so(self):
        weak = self.draft(algorithm="query-token", encoding="text")
        self.assertTrue(weak.weakness)
        self.assertFalse(self.profiles.search([("code", "=", "standard_webhooks")]).weakness)

    def test_the_views_load(self):
        for model, kinds in (
            ("freight.auth.profile", ("tree", "form", "search")),
            ("freight.endpoint", ("tree", "form")),
            ("freight.credential", ("tree",)),
            ("freight.credential.rotation", ("form",)),
        ):
            views = (
                self.env[model].with_user(self.first).get_views([(False, kind) for kind in kinds])
            )
            self.assertEqual(set(views["views"]), set(kinds))
