"""Deeds of this addon, and what the audit log says of each."""

import json

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import CanonicalCase


class DeedCase:
    """Run deeds one by one and compare what joined the log."""

    def recorded(self, deed):
        """Return {(model, action, stream, role)} of what joined the log by ``deed()``."""
        entries = self.env["freight.audit.entry"]
        mark = entries.search([], limit=1).id
        deed()
        found = entries.search([("id", ">", mark)], order="id")
        return [(one.model, one.action, one.stream, one.role) for one in found]

    def assertDeeds(self, table):
        """Check (deed, model, action, stream, role) rows: each leaves that one entry."""
        for deed, *expected in table:
            with self.subTest(expected):
                self.assertEqual(self.recorded(deed), [tuple(expected)])


@tagged("post_install", "-at_install")
class TestConfigurationDeeds(DeedCase, CanonicalCase):
    def test_configuration(self):
        parameters = self.env["ir.config_parameter"]
        zone = self.env["freight.zone"].create({"name": "North"})
        plan = self.env["freight.tender.plan"].create({"name": "Guide"})
        line = {"plan_id": plan.id, "carrier_id": self.carrier.id}
        settings = ("configuration", "initiated")
        self.assertDeeds(
            [
                (lambda: zone.write({"name": "South"}), "freight.zone", "write", *settings),
                (
                    lambda: self.env["freight.lane"].create(
                        {"origin_zone_id": zone.id, "destination_zone_id": zone.id}
                    ),
                    "freight.lane", "create", *settings,
                ),
                (lambda: plan.write({"sequence": 3}), "freight.tender.plan", "write", *settings),
                (
                    lambda: self.env["freight.tender.plan.line"].create(line),
                    "freight.tender.plan.line", "create", *settings,
                ),
                (
                    lambda: self.env["freight.equipment.type"].create(
                        {"code": "walking_floor", "name": "Walking floor"}
                    ),
                    "freight.equipment.type", "create", *settings,
                ),
                (
                    lambda: self.company.write({"freight_counter_limit": 25.0}),
                    "res.company", "write", *settings,
                ),
                (
                    lambda: parameters.set_param("freight.outgoing_allowed", "127.0.0.1"),
                    "ir.config_parameter", "create", *settings,
                ),
                (
                    lambda: parameters.set_param("freight.outgoing_allowed", False),
                    "ir.config_parameter", "unlink", *settings,
                ),
            ]
        )  # fmt: skip
        self.assertEqual(self.recorded(lambda: parameters.set_param("other.parameter", "1")), [])

    def test_a_replay_of_consumers(self):
        consumer = self.make_consumer("replayed")
        moment = "2026-01-01 00:00:00"
        wizard = self.env["freight.consumer.replay"].create(
            {"consumer_ids": consumer.ids, "moment": moment, "confirmed": True}
        )
        self.report(self.document(self.make_shipment(), "departed_pickup"))
        self.env["freight.event.work"].search([("consumer_id", "=", consumer.id)]).unlink()
        self.assertDeeds(
            [(wizard.action_replay, "freight.consumer", "replay", "operations", "initiated")]
        )
        entry = self.env["freight.audit.entry"].search([], limit=1)
        self.assertEqual(json.loads(entry.after)["since"], "2026-01-01T00:00:00")

    def test_the_log_of_a_record_is_opened(self):
        zone = self.env["freight.zone"].create({"name": "North"})
        auditor = self.make_user("log_reader", "auditor")
        entries = self.env["freight.audit.entry"].with_user(auditor)
        found = entries.search(entries._open_about(zone)["domain"])
        self.assertEqual(found.mapped("action"), ["create"])
        shipment = self.make_shipment()
        action = self.env.ref("freight_canonical.freight_shipment_action_open_audit")
        context = {"active_model": shipment._name, "active_ids": shipment.ids}
        opened = action.with_user(auditor).with_context(**context).run()
        self.assertEqual(opened["res_model"], "freight.audit.entry")
        clerk = self.make_user("log_clerk", "dispatcher")
        with self.assertRaises(AccessError):
            action.with_user(clerk).with_context(**context).run()


@tagged("post_install", "-at_install")
class TestTenderDeeds(DeedCase, CanonicalCase):
    def setUp(self):
        super().setUp()
        self.others = [self.make_carrier("EFGH"), self.make_carrier("IJKL")]
        self.theirs = self.make_system("other", "carrier", self.others[0])
        self.shipment = self.make_shipment(carrier_id=False, tms_id=False)

    def tender(self):
        self.shipment._tender([(carrier, 2) for carrier in (self.carrier, *self.others)])

    def answer(self, kind, system=None):
        self.report(self.document(self.shipment, kind, system=system))

    def assertTender(self, deed, *expected):
        found = [row[1:] for row in self.recorded(deed) if row[0] == "freight.tender"]
        self.assertEqual(found, [(one, "money", role) for one, role in expected])

    def test_tenders(self):
        send = ("send", "initiated")
        self.assertTender(self.tender, send)
        first, second, third = self.shipment.tender_ids.sorted("position")
        self.answer("tender_conditional")
        self.assertTender(first.action_refuse, send, ("refuse", "approved"))
        self.answer("tender_conditional", system=self.theirs)
        self.assertTender(second.action_confirm, ("confirm", "approved"))
        self.assertTender(second.action_withdraw, send, ("withdraw", "initiated"))
        reply = self.env["freight.tender.reply"].create(
            {"tender_id": third.id, "answer": "tender_accepted", "source": "By phone"}
        )
        self.assertTender(reply.action_record, ("record_answer", "initiated"))
        entry = self.env["freight.audit.entry"].search([], limit=1)
        self.assertEqual((entry.why, entry.res_id), ("By phone", third.id))
        self.assertEqual(json.loads(entry.after)["state"], "accepted")
