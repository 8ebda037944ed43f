"""An Integration Manager of one company reaches nothing of another's."""

import base64

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import SECRET, ConnectorCase
from .x12_samples import build_214

MANAGER = "base.group_user,freight_tms_connector.group_integration_manager"
DISPATCHER = "base.group_user,freight_canonical.group_freight_dispatcher"


class BorderCase(ConnectorCase):
    """A sister company with an endpoint, and a manager of each company."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sister = cls.env["res.company"].create({"name": "Sister Company"})
        cls.theirs = cls.make_endpoint(
            cls.make_system("sister_tms", "tms"),
            "generic_hmac",
            SECRET,
            [],
            company_id=cls.sister.id,
        )
        cls.manager = new_test_user(cls.env, "b_manager", groups=MANAGER)
        cls.stranger = new_test_user(
            cls.env,
            "b_stranger",
            groups=MANAGER,
            company_id=cls.sister.id,
            company_ids=[(6, 0, cls.sister.ids)],
        )


@tagged("post_install", "-at_install")
class TestMoves(BorderCase):
    def test_what_belongs_to_an_endpoint_is_not_moved_to_one_of_another_company(self):
        ours = self.carrier_endpoint.id
        for model, values in (
            ("freight.api.client", {"name": "Ours"}),
            ("freight.credential", {"secret": "known to us"}),
            ("freight.subscription", {}),
            ("freight.poll", {"name": "Ours", "url": "https://api.example.com/"}),
            ("freight.folder", {"name": "Ours", "host": "sftp.example.com", "user": "us"}),
            ("freight.routing.rule", {"action": "ignore", "reason": "Noise"}),
        ):
            record = self.env[model].with_user(self.manager).create({"endpoint_id": ours, **values})
            with self.subTest(model), self.assertRaises(AccessError):
                record.write({"endpoint_id": self.theirs.id})

    def test_an_endpoint_is_not_moved_to_another_company(self):
        endpoint = self.carrier_endpoint.with_user(self.manager)
        with self.assertRaises(AccessError):
            endpoint.company_id = self.sister

    def test_a_secret_does_not_go_over_to_another_partner(self):
        client = self.env["freight.api.client"].create(
            {"name": "Ours", "endpoint_id": self.carrier_endpoint.id}
        )
        client._new_secret(0)
        with self.assertRaisesRegex(UserError, "Make a new one"):
            client.endpoint_id = self.tms_endpoint


@tagged("post_install", "-at_install")
class TestDialogs(BorderCase):
    def test_rows_of_dialogs_are_their_makers_alone(self):
        dialogs = self.env["ir.model"].search(
            [("model", "like", "freight.%"), ("transient", "=", True)]
        )
        ours = dialogs.filtered(lambda one: "freight_tms_connector" in one.modules)
        self.assertTrue(ours)
        for model in ours:
            rules = model.rule_ids.filtered(lambda rule: "create_uid" in (rule.domain_force or ""))
            self.assertTrue(rules, model.model)

    def test_a_draft_of_a_message_is_seen_by_its_writer_alone(self):
        answer = self.post(
            self.carrier_endpoint, build_214(statuses=[("ZZ", "2026-11-02", "0930", "CS")])
        )
        message = self.message(answer)
        message.write({"state": "dead"})
        fix = (
            self.env["freight.message.fix"]
            .with_user(self.manager)
            .create({"message_id": message.id, "reason": "Typing error"})
        )
        self.assertIn("ISA", fix.body)
        fix.body = f"{fix.body}~CONFIDENTIAL"
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            fix.with_user(self.stranger).read(["body"])

    def test_a_file_is_seen_by_who_uploads_it_alone(self):
        dispatchers = [
            new_test_user(self.env, f"b_dispatcher{number}", groups=DISPATCHER)
            for number in range(2)
        ]
        upload = (
            self.env["freight.upload"]
            .with_user(dispatchers[0])
            .create(
                {
                    "endpoint_id": self.carrier_endpoint.id,
                    "file_ids": [
                        (0, 0, {"name": "a.edi", "data": base64.b64encode(build_214())}),
                    ],
                }
            )
        )
        upload.action_preview()
        self.env.invalidate_all()
        for user in (dispatchers[1], self.manager, self.stranger):
            for records in (upload, upload.file_ids, upload.line_ids):
                seen = records.with_user(user)
                with self.subTest(f"{user.login} {records._name}"):
                    self.assertFalse(seen.search([("id", "in", records.ids)]))
                    with self.assertRaises(AccessError):
                        seen.read()
