"""A tender on its way to a carrier in X12 and its answer back, byte for byte."""

from odoo.tests import tagged

from .. import codecs
from .test_forms import FormCase
from .x12_samples import interchange as x12_interchange


@tagged("post_install", "-at_install")
class TestTenderMessages(FormCase):
    def setUp(self):
        super().setUp()
        self.form("tender.*", "x12_204_out")
        self.endpoint.subscription_ids.unlink()
        self.endpoint.subscription_ids = [(0, 0, {"pattern": "tender.*"})]
        self.endpoint.mapping_ids += self.mapping("x12_990")
        self.shipment = self.make_shipment(carrier_id=False, tms_id=False)

    def told(self):
        """Bring what waits on its way; return the trees that our own reader finds in it."""
        trees = []
        for body in self.deliver():
            [decoded] = codecs.get("x12").decode(body)
            self.assertIsNone(decoded.error)
            if decoded.kind != "997":  # by which we acknowledge their answers
                self.assertEqual(decoded.kind, "204")
                trees.append(decoded.tree)
        return trees

    def purposes(self):
        return [tree["B2A"][0]["B2A01"] for tree in self.told()]

    def answer(self, code):
        body = [f"B1*ABCD*{self.shipment.name}*20261101*{code}"]
        message = self.message(self.post(self.endpoint, x12_interchange(("990", body))))
        self.drain()
        self.assertEqual(message.state, "applied", message.error)

    def test_a_tender_is_sent_accepted_changed_and_taken_back(self):
        self.shipment._tender([(self.carrier, 2)])
        [tree] = self.told()
        self.assertEqual(tree["B2A"][0]["B2A01"], "00")
        self.assertEqual(tree["B2"][0]["B202"], "ABCD")
        self.assertEqual(tree["B2"][0]["B204"], self.shipment.name)
        self.answer("A")
        tender = self.shipment.tender_ids
        self.assertEqual((tender.state, self.shipment.transport_state), ("accepted", "accepted"))
        self.assertEqual(self.shipment.carrier_id, self.carrier)
        self.shipment.line_ids.weight = 900
        self.shipment.action_send_change()
        self.assertEqual(self.purposes(), ["04"])
        self.assertEqual(tender.state, "sent")
        tender.action_withdraw()
        self.assertEqual(self.purposes(), ["01"])
        self.assertFalse(self.shipment.carrier_id)

    def test_a_confirmation_goes_out_as_one(self):
        self.shipment._tender([(self.carrier, 2)])
        self.answer("B")
        self.shipment.tender_ids.action_confirm()
        self.assertEqual(self.purposes(), ["00", "06"])
