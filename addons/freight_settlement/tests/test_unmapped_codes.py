"""A code that a person maps once, up to the journal entries."""

from odoo.addons.freight_tms_connector.models.freight_admission import Arrival
from odoo.addons.freight_tms_connector.tests.x12_samples import build_210, build_214
from odoo.tests import tagged

from .common import SettlementCommon


@tagged("post_install", "-at_install")
class TestUnmappedCodes(SettlementCommon):
    """Accruals and bills that waited for a code."""

    @classmethod
    def setUpClass(cls, chart_template_ref=None):
        super().setUpClass(chart_template_ref=chart_template_ref)
        cls.registry.enter_test_mode(cls.cr)
        cls.addClassCleanup(cls.registry.leave_test_mode)
        mappings = cls.env["freight.mapping"].search([("code", "in", ("x12_214", "x12_210"))])
        cls.endpoint = cls.env["freight.endpoint"].create(
            {
                "code": "brft",
                "name": "Blue Ridge",
                "system_id": cls.system.id,
                "company_id": cls.company.id,
                "mapping_ids": [(6, 0, mappings.ids)],
            }
        )

    def send(self, *bodies):
        self.env["freight.admission"]._admit(
            [
                Arrival(self.endpoint.id, self.company.id, body, "x12", f"message {number}")
                for number, body in enumerate(bodies)
            ]
        )
        self.work_off()

    def work_off(self):
        self.env["freight.queue.lane"]._drain("inbox")
        self.env["freight.queue.lane"]._drain("consumers")
        self.env.invalidate_all()

    def map(self, source_code, target_code):
        code = self.env["freight.unmapped.code"].search([("source_code", "=", source_code)])
        code._map(target_code, False)
        self.work_off()
        return code

    def accrual_of(self, shipment):
        return sum(shipment.freight_accrual_ids.mapped("amount"))

    def test_a_status_mapped_once_accrues_and_its_undoing_takes_it_back(self):
        shipments = self.make_shipments(2)
        self.send(
            *(
                build_214(
                    shipment=shipment.name,
                    pro=shipment.name,
                    scac="BRFT",
                    statuses=[("ZZ", "2025-03-04", "1500", "UT")],
                    control=number,
                )
                for number, shipment in enumerate(shipments, 1)
            )
        )
        self.assertEqual(shipments.mapped("transport_state"), ["released"] * 2)
        self.assertFalse(shipments.freight_accrual_ids)
        self.map("ZZ", "delivered")
        self.assertEqual(shipments.mapped("transport_state"), ["delivered"] * 2)
        for shipment in shipments:
            self.assertAlmostEqual(self.accrual_of(shipment), 148.8)
            event = shipment.freight_accrual_ids.event_id
            self.assertEqual(event.raw_code, "ZZ")
        entries = shipments.freight_accrual_ids.move_id
        self.env["freight.message.in"].search([]).action_replay()
        self.work_off()
        self.assertEqual(shipments.freight_accrual_ids.move_id, entries, "nothing twice")
        self.env["freight.code.map.line"].search([("source_code", "=", "ZZ")]).unlink()
        self.work_off()
        self.assertEqual(shipments.mapped("transport_state"), ["released"] * 2)
        for shipment in shipments:
            self.assertAlmostEqual(self.accrual_of(shipment), 0)

    def test_a_charge_code_mapped_once_settles_the_bills_that_waited(self):
        shipment = self.make_shipments()
        self.report(shipment, "delivered")
        self.send(
            build_210(
                invoice="INV-9",
                shipment=shipment.name,
                scac="BRFT",
                charges=(("400", "124.00"), ("QQQ", "24.80")),
                date="20250306",
                delivered="20250304",
            )
        )
        bill = self.env["freight.carrier.invoice"].search([("number", "=", "INV-9")])
        self.assertEqual(bill.state, "exception")
        code = self.env["freight.unmapped.code"].search([("source_code", "=", "QQQ")])
        self.assertEqual((code.kind, code.target), ("invoice", "lines[].code"))
        self.map("QQQ", "405")
        self.assertEqual(bill.line_ids.code_id.mapped("code"), ["400", "405"])
        self.assertEqual((bill.verdict, bill.state), ("matched", "posted"))
        self.assertEqual(len(self.env["freight.carrier.invoice"].search([])), 1)
