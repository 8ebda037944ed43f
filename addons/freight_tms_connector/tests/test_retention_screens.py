"""The screens of retention and keys open for who may see them, and for nobody else."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .desk_common import DeskCase

MODELS = (
    "freight.retention.class",
    "freight.retention.policy",
    "freight.retention.run",
    "freight.legal.hold",
    "freight.erasure.request",
)
ACTIONS = ("freight_retention_preview_action", "freight_vault_keys_action")


@tagged("post_install", "-at_install")
class TestRetentionScreens(DeskCase):
    def test_views_open(self):
        for user in (self.manager, self.auditor):
            for name in (*MODELS, "freight.region"):
                with self.subTest(user=user.login, model=name):
                    model = self.env[name].with_user(user)
                    self.assertTrue(model.get_views([(False, "tree"), (False, "form")]))
                    model.search_read([], limit=1)

    def test_pages_open(self):
        for name in ACTIONS:
            action = self.env.ref(f"freight_tms_connector.{name}")
            for user in (self.manager, self.auditor):
                opened = action.with_user(user).run()
                page = self.env[opened["res_model"]].with_user(user).browse(opened["res_id"])
                self.assertTrue(page.read())
            with self.assertRaises(AccessError):
                self.env[action.model_id.sudo().model].with_user(self.clerk).action_open()

    def test_auditors_change_nothing_and_others_see_nothing(self):
        for name in MODELS:
            with self.subTest(name), self.assertRaises(AccessError):
                self.env[name].with_user(self.clerk).search([])
            for right in ("write", "create", "unlink"):
                with self.subTest(name), self.assertRaises(AccessError):
                    self.env[name].with_user(self.auditor).check_access_rights(right)

    def test_a_page_is_its_makers_alone(self):
        action = self.env["freight.vault.keys"].with_user(self.manager).action_open()
        page = self.env["freight.vault.keys"].browse(action["res_id"])
        with self.assertRaises(AccessError):
            page.with_user(self.auditor).read(["current"])
