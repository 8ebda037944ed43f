"""Who may do what, asked as RPC asks: through ``with_user``, without sudo."""

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import CanonicalCase

#: model -> operations of user, dispatcher, manager and auditor (create, read, write, delete)
MATRIX = {
    "freight.shipment": ("r", "crwd", "crwd", "r"),
    "freight.stop": ("r", "crwd", "crwd", "r"),
    "freight.shipment.line": ("r", "crwd", "crwd", "r"),
    "freight.charge": ("r", "crwd", "crwd", "r"),
    "freight.reference": ("r", "crwd", "crwd", "r"),
    "freight.event": ("r", "r", "r", "r"),
    "freight.event.goods": ("r", "r", "r", "r"),
    "freight.event.reading": ("r", "r", "r", "r"),
    "freight.event.tally": ("r", "r", "r", "r"),
    "freight.ping.tally": ("r", "r", "r", "r"),
    "freight.proof": ("r", "r", "r", "r"),
    "freight.tender.acceptance": ("r", "r", "r", "r"),
    "freight.tender": ("r", "r", "r", "r"),
    "freight.tender.answer": ("r", "r", "r", "r"),
    "freight.tender.plan": ("r", "r", "crwd", "r"),
    "freight.tender.plan.line": ("r", "r", "crwd", "r"),
    "freight.tender.start": ("", "crw", "crw", ""),
    "freight.tender.reply": ("", "crw", "crw", ""),
    "freight.event.refusal": ("r", "r", "r", "r"),
    "freight.audit.entry": ("", "", "", "r"),
    "freight.audit.link": ("", "", "", "r"),
    "freight.audit.pending": ("", "", "", ""),
    "freight.audit.chain": ("", "", "", "r"),
    "freight.audit.checkpoint": ("", "", "", "r"),
    "freight.audit.verification": ("", "", "", "r"),
    "freight.audit.check": ("", "", "", "crwd"),
    "freight.master.identity": ("r", "r", "crwd", "r"),
    "freight.master.proposal": ("", "", "rw", "r"),
    "freight.event.work": ("r", "r", "rw", "r"),
    "freight.customer.notice": ("r", "r", "r", "r"),
    "freight.exception": ("rw", "rw", "rw", "r"),
    "freight.exception.type": ("r", "r", "crwd", "r"),
    "freight.exception.resolution": ("r", "r", "crwd", "r"),
    "freight.exception.resolve": ("crwd", "crwd", "crwd", ""),
    "freight.exception.reopen": ("crwd", "crwd", "crwd", ""),
    "freight.team": ("r", "r", "crwd", "r"),
    "freight.event.type": ("r", "r", "crwd", "r"),
    "freight.exception.reason": ("r", "r", "crwd", "r"),
    "freight.equipment.type": ("r", "r", "crwd", "r"),
    "freight.charge.code": ("r", "r", "crwd", "r"),
    "freight.system": ("r", "r", "crwd", "r"),
    "freight.partner.duplicate": ("", "", "r", "r"),
    "freight.ownership": ("r", "r", "crwd", "r"),
    "freight.consumer": ("r", "r", "rw", "r"),
    "freight.event.work.decision": ("r", "r", "r", "r"),
    "freight.consumer.replay": ("", "", "crwd", ""),
    "freight.consumer.replay.line": ("", "", "crwd", ""),
    "freight.event.work.skip": ("", "", "crwd", ""),
    "freight.charge.withdraw": ("", "crwd", "crwd", ""),
    "freight.event.report": ("", "crw", "crw", ""),
    "freight.zone": ("r", "r", "crwd", "r"),
    "freight.zone.entry": ("r", "r", "crwd", "r"),
    "freight.zone.finder": ("", "", "crw", ""),
    "freight.lane": ("r", "r", "crwd", "r"),
    "freight.queue.lane": ("", "", "crw", "r"),
}
OPERATIONS = {"create": "c", "read": "r", "write": "w", "unlink": "d"}


@tagged("post_install", "-at_install")
class TestAccess(CanonicalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.roles = {
            role: cls.make_user(f"a_{role}", role)
            for role in ("user", "dispatcher", "manager", "auditor")
        }
        cls.sister = cls.env["res.company"].create({"name": "Sister Company"})

    def as_role(self, role, records):
        return records.with_user(self.roles[role])

    def test_every_stored_model_stands_in_the_matrix(self):
        models = self.env["ir.model.data"].search(
            [("module", "=", "freight_canonical"), ("model", "=", "ir.model")]
        )
        names = {self.env["ir.model"].browse(one.res_id).model for one in models}
        own = {
            name
            for name in names
            if name.startswith("freight.") and not self.env[name]._abstract
            and self.env[name]._original_module == "freight_canonical"
        }  # fmt: skip
        self.assertEqual(own, set(MATRIX))

    def test_the_matrix(self):
        for model, allowed in MATRIX.items():
            for role, operations in zip(self.roles, allowed, strict=True):
                records = self.as_role(role, self.env[model])
                granted = {
                    letter
                    for operation, letter in OPERATIONS.items()
                    if records.check_access_rights(operation, raise_exception=False)
                }
                with self.subTest(model=model, role=role):
                    self.assertEqual(granted, set(operations))

    def test_an_employee_without_a_role_sees_nothing(self):
        employee = self.make_user("an_employee", "base.group_user")
        for model in MATRIX:
            with self.subTest(model), self.assertRaises(AccessError):
                self.env[model].with_user(employee).search([])

    def test_a_dispatcher_runs_a_shipment(self):
        as_dispatcher = self.as_role("dispatcher", self.env["freight.shipment"])
        shipment = self.make_shipment(release=False).with_env(as_dispatcher.env)
        shipment.write({"service": "Guaranteed"})
        shipment.action_release()
        self.assertEqual(shipment.transport_state, "released")
        self.assertTrue(shipment.get_trace()["nodes"])
        shipment.action_cancel()
        self.assertEqual(shipment.transport_state, "cancelled")

    def test_who_may_not_write_a_shipment_neither_releases_nor_cancels_it(self):
        draft, released = self.make_shipment(release=False), self.make_shipment()
        for role in ("user", "auditor"):
            for attempt in (
                self.as_role(role, draft).action_release,
                self.as_role(role, draft).action_cancel,
                self.as_role(role, released).action_cancel,
            ):
                with self.subTest(role=role, attempt=attempt), self.assertRaises(AccessError):
                    attempt()
        self.env.invalidate_all()
        self.assertEqual((draft.transport_state, released.transport_state), ("draft", "released"))

    def test_an_auditor_reads_all_and_writes_nothing(self):
        shipment = self.make_shipment()
        case = self.env["freight.exception"]._raise_case("delay", "x", "Late.", shipment=shipment)
        case.resolution = "Accepted."
        lane = self.env["freight.queue.lane"].search([], limit=1)
        self.assertTrue(self.as_role("auditor", shipment).read())
        self.assertTrue(self.as_role("auditor", shipment.event_ids).read())
        self.assertTrue(self.as_role("auditor", case).read())
        self.assertTrue(self.as_role("auditor", shipment).get_trace()["nodes"])
        for attempt in (
            lambda: self.as_role("auditor", shipment).write({"service": "x"}),
            lambda: self.as_role("auditor", shipment).message_post(body="x"),
            lambda: self.as_role("auditor", shipment).copy(),
            lambda: self.as_role("auditor", shipment).unlink(),
            lambda: self.as_role("auditor", shipment.stop_ids).write({"city": "x"}),
            lambda: self.as_role("auditor", case).action_resolve(),
            lambda: self.as_role("auditor", lane).action_run_now(),
        ):
            with self.assertRaises(AccessError):
                attempt()

    def test_a_user_works_on_exceptions(self):
        shipment = self.make_shipment()
        case = self.env["freight.exception"]._raise_case("delay", "x", "Late.", shipment=shipment)
        mine = self.as_role("user", case)
        mine.resolution = "Customer told."
        mine.action_resolve()
        self.assertEqual((case.state, case.resolver_id), ("resolved", self.roles["user"]))

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_the_other_company_is_out_of_sight(self):
        theirs = self.make_shipment(
            company_id=self.sister.id,
            charge_ids=[
                (0, 0, {"code_id": self.env["freight.charge.code"].search([], limit=1).id,
                        "amount": 5}),
            ],
        )  # fmt: skip
        self.make_consumer("anything")
        self.report_as_sister(theirs)
        case = self.env["freight.exception"]._raise_case("delay", "x", "Late.", shipment=theirs)
        hidden = (
            theirs, theirs.stop_ids, theirs.line_ids, theirs.charge_ids, theirs.reference_ids,
            theirs.event_ids, case, self.env["freight.event.work"].search(
                [("shipment_id", "=", theirs.id)]),
            self.env["freight.event.tally"].search([("event_id", "in", theirs.event_ids.ids)]),
        )  # fmt: skip
        for records in hidden:
            self.assertTrue(records)
            for role in self.roles:
                seen = self.as_role(role, records)
                with self.subTest(model=records._name, role=role):
                    self.assertFalse(seen.search([("id", "in", records.ids)]))
                    with self.assertRaises(AccessError):
                        seen.read(["display_name"])
        for name in ("get_trace", "action_release"):
            with self.subTest(name), self.assertRaises(AccessError):
                getattr(self.as_role("dispatcher", theirs), name)()

    def report_as_sister(self, shipment):
        """Report twice, so that there is a tally."""
        for _time in range(2):
            document = self.document(shipment, "departed_pickup")
            object.__setattr__(document, "company", self.sister)
            self.report(document)

    def test_who_belongs_to_both_sees_both(self):
        ours, theirs = self.make_shipment(), self.make_shipment(company_id=self.sister.id)
        both = self.make_user(
            "of_both", "user", company_ids=[(6, 0, (self.company | self.sister).ids)]
        )
        shipments = self.env["freight.shipment"].with_user(both)
        wanted = [("id", "in", (ours | theirs).ids)]
        one = shipments.with_context(allowed_company_ids=self.company.ids)
        self.assertEqual(one.search(wanted), ours)
        all_of_them = shipments.with_context(allowed_company_ids=(self.company | self.sister).ids)
        self.assertEqual(all_of_them.search(wanted), ours | theirs)

    def test_systems_are_shared_or_of_a_company(self):
        own = self.make_system("of_sister", "other", company_id=self.sister.id)
        seen = self.as_role("user", self.env["freight.system"]).search([])
        self.assertIn(self.tms, seen)
        self.assertNotIn(own, seen)

    def test_what_belongs_to_another_company_is_not_mixed_in(self):
        stop = self.make_shipment(release=False).stop_ids[0]
        theirs = self.make_shipment(release=False, company_id=self.sister.id)
        self.assertEqual(theirs.stop_ids.company_id, self.sister)
        self.assertEqual(stop.company_id, self.company)
