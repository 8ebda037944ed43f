"""Every screen opens for every role that has its menu."""

from odoo.tests import Form, tagged

from .common import SettlementCommon
from .test_access import APPROVER, AUDITOR, CLERK, MANAGER

ACTIONS = (
    "freight_carrier_invoice_action",
    "freight_carrier_invoice_action_to_do",
    "freight_accrual_action",
    "freight_accrual_action_report",
    "freight_contract_action",
    "freight_tolerance_action",
)


@tagged("post_install", "-at_install")
class TestViews(SettlementCommon):
    @classmethod
    def setUpClass(cls, chart_template_ref=None):
        super().setUpClass(chart_template_ref=chart_template_ref)
        cls.shipment = cls.make_shipments()
        cls.report(cls.shipment, "delivered")
        cls.invoice = cls.bill(cls.shipment)

    def test_screens_by_role(self):
        for group in (CLERK, APPROVER, MANAGER, AUDITOR):
            user = self.new_user(f"screens_{group}", group)
            for name in ACTIONS:
                with self.subTest(group=group, action=name):
                    self.open_action(name, user)

    def open_action(self, name, user):
        action = self.env.ref(f"freight_settlement.{name}")
        model = self.as_user(self.env[action.res_model], user)
        views = [(False, mode) for mode in action.view_mode.split(",")] + [(False, "search")]
        found = model.get_views(views)
        record = model.search([], limit=1)
        self.assertTrue(record)
        names = found["models"][action.res_model]
        for kind in ("form", "list", "kanban"):
            arch = found["views"].get(kind, {}).get("arch", "")
            record.read([field for field in names if f'name="{field}"' in arch])

    def test_shipment_form_by_role(self):
        for group in ("freight_canonical.group_freight_user", CLERK, AUDITOR):
            user = self.new_user(f"shipment_{group}", group)
            with Form(self.as_user(self.shipment, user)) as form:
                self.assertEqual(form.finance_state, "approved")

    def test_settings(self):
        settings = self.env["res.config.settings"].with_company(self.company).create({})
        self.assertFalse(settings.freight_setup_missing)
        result = settings.action_freight_setup()
        self.assertEqual(result["params"]["type"], "success")

    def test_contract_form(self):
        manager = self.new_user("contracts", MANAGER)
        form = Form(self.as_user(self.env["freight.contract"], manager))
        form.name = "Spot"
        form.carrier_id = self.carrier
        with form.rate_ids.new() as rate:
            rate.code_id = self.codes["400"]
            rate.rate = 10
        contract = form.save()
        self.assertEqual(contract.rate_ids.maintainer_ids, manager)

    def test_a_tolerance_is_versioned(self):
        tolerance = self.env["freight.tolerance"].search(
            [("company_id", "=", self.company.id)], limit=1
        )
        tolerance.over_percent = 3
        self.assertEqual(tolerance.version, 2)
        self.assertEqual(tolerance._rule().version, f"{tolerance.id}.2")
        self.assertEqual(tolerance.name, "Charge: all carriers")
