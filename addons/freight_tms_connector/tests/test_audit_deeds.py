"""Deeds of the connector, and what the audit log says of each."""

from odoo.addons.freight_canonical.tests.test_audit_deeds import DeedCase
from odoo.tests import tagged

from .test_retention import RetentionCase

CONFIGURED = ("configuration", "initiated")


@tagged("post_install", "-at_install")
class TestConnectorDeeds(DeedCase, RetentionCase):
    def test_endpoints_and_the_database(self):
        endpoint = self.carrier_endpoint.with_user(self.manager)
        endpoint.url = "https://carrier.example/hooks"
        keys = self.env["freight.vault.keys"].with_user(self.manager).create({})
        environment = self.env["freight.environment"]
        region = self.env["freight.region"].create({"code": "xx", "name": "Elsewhere"})
        name = "freight.endpoint"
        parameter = "ir.config_parameter"
        self.assertDeeds(
            [
                (lambda: endpoint.write({"delivery_way": "folder"}), name, "write", *CONFIGURED),
                (lambda: endpoint.write({"edi_sender": "US"}), name, "write", *CONFIGURED),
                (endpoint.sudo()._stop_deliveries, name, "stop_deliveries", *CONFIGURED),
                (endpoint.action_resume_deliveries, name, "resume_deliveries", *CONFIGURED),
                (endpoint.action_try_now, name, "try_now", "operations", "initiated"),
                (keys.action_rotate, "freight.vault.keys", "rotate_keys", "access", "initiated"),
                (lambda: environment._declare(True), parameter, "create", *CONFIGURED),
                (lambda: environment._declare(False), parameter, "unlink", *CONFIGURED),
                (lambda: region.write({"name": "There"}), "freight.region", "write", *CONFIGURED),
                (
                    lambda: self.company.write({"freight_region_ids": [(4, region.id)]}),
                    "res.company", "write", *CONFIGURED,
                ),
            ]
        )  # fmt: skip

    def test_retention(self):
        draft = self.draft("operational")
        hold = self.env["freight.legal.hold"].with_user(self.manager)
        hold = hold.create({"name": "Claim", "reason": "Missing.", "release_reason": "Settled."})
        policy = draft._name
        self.assertDeeds(
            [
                (draft.with_user(self.env.ref("base.user_admin")).action_propose,
                 policy, "propose", *CONFIGURED),
                (draft.with_user(self.colleague).action_activate,
                 policy, "activate", "configuration", "approved"),
                (draft.with_user(self.colleague).action_end, policy, "end", *CONFIGURED),
                (hold.with_user(self.colleague).action_release,
                 hold._name, "release", "configuration", "approved"),
                (lambda: draft.class_id.write({"sequence": 990}),
                 draft.class_id._name, "write", *CONFIGURED),
            ]
        )  # fmt: skip

    def test_an_erasure_is_one_entry_for_each_run(self):
        self.policy("operational", 180)
        for _number in range(3):
            self.received(days=181)
        found = self.recorded(self.run_job)
        run = ("freight.retention.run", "erase", "operations", "transformed")
        self.assertEqual(found, [run])

    def test_an_erasure_on_request(self):
        self.received(days=1)
        request = self.env["freight.erasure.request"].with_user(self.manager)
        request = request.create(
            {"name": "R-1", "reason": "Art. 17.", "shipment_ids": [(6, 0, self.shipment.ids)]}
        )
        self.env.flush_all()
        self.assertEqual(
            self.recorded(request.with_user(self.colleague).action_erase),
            [
                ("freight.retention.run", "erase", "operations", "transformed"),
                (request._name, "erase", "operations", "approved"),
            ],
        )

    def test_engines_leave_no_entry(self):
        endpoint = self.carrier_endpoint

        def work():
            self.take_in(self.status(self.shipment, "P-FLOOD"))
            self.env["freight.queue.lane"]._drain("inbox")
            self.sent(days=0, state="queued")
            endpoint._health_findings()
            self.env["freight.retention"]._sort()
            self.env.flush_all()

        self.assertEqual(self.recorded(work), [])
