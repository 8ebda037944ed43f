from odoo.tests import tagged

from .common import SettlementCommon


@tagged("post_install", "-at_install")
class TestChargeTable(SettlementCommon):
    """Billed stands beside expected, and codes that name one charge stand in one row."""

    def table(self, shipment):
        (table,) = shipment._compare_charges()["tables"]
        rows = [(row["label"], row["amounts"], row["difference"]) for row in table["rows"]]
        return table["compared"], rows

    def test_billed_beside_expected(self):
        shipment = self.make_shipments()
        self.report(shipment, "delivered")
        self.bill(shipment, lines=(("LHS", "130.00"), ("405", "24.80")))
        compared, rows = self.table(shipment)
        self.assertEqual(compared, ["Billed", "Contract"])
        freight = {"estimated": 124.0, "contract": 124.0, "billed": 130.0}
        self.assertEqual(rows[0], ("400 Freight", freight, 6.0))
        self.assertEqual(rows[1][2], 0.0)

    def test_a_duplicate_asks_for_nothing(self):
        shipment = self.make_shipments()
        self.report(shipment, "delivered")
        self.bill(shipment)
        self.bill(shipment, number="INV-1")
        _compared, rows = self.table(shipment)
        self.assertEqual(rows[0][1]["billed"], 124.0)

    def test_who_may_not_see_bills_sees_none_here(self):
        shipment = self.make_shipments()
        self.report(shipment, "delivered")
        self.bill(shipment)
        user = self.new_user("table_user", "freight_canonical.group_freight_user")
        _compared, rows = self.table(self.as_user(shipment, user))
        self.assertNotIn("billed", rows[0][1])
