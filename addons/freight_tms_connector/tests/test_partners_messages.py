"""Messages that the shipped mappings read, from the door to the shipment."""

from odoo.tests import tagged

from .common import SECRET, ConnectorCase
from .edifact_samples import interchange
from .edifact_samples import message as edifact_message
from .test_shipped_mappings import HISTORY, INSTRUCTION, history
from .x12_samples import interchange as x12_interchange


@tagged("post_install", "-at_install")
class TestPartnersMessages(ConnectorCase):
    def endpoint(self, code, mappings, kind="carrier"):
        partner = self.carrier if kind == "carrier" else None
        system = self.make_system(code, kind, partner)
        return self.make_endpoint(system, "generic_hmac", SECRET, mappings)

    def send(self, endpoint, body, **options):
        answer = self.post(endpoint, body, **options)
        self.assertEqual(answer.status, 202)
        self.drain()
        return self.message(answer)

    def test_a_whole_history_in_each_push(self):
        shipment = self.make_shipment(
            mode="parcel", reference_ids=[(0, 0, {"type": "tracking", "value": "EZ1000000001"})]
        )
        endpoint = self.endpoint("histories", ["easypost_tracker"])
        for length in (1, 3, 2, 4, 4):
            # The same history is another message each time, for the sender stamps it.
            body = history(*HISTORY[:length], updated_at=f"2026-11-03T11:0{length}:00Z")
            message = self.send(endpoint, body)
            self.assertIn(message.state, ("applied", "ignored"))
        told = shipment.event_ids.filtered(lambda event: event.source_id == endpoint.system_id)
        self.assertEqual(
            sorted(told.mapped("type_code")),
            ["delivered", "departed_terminal", "label_created", "out_for_delivery"],
        )
        self.assertEqual(shipment.transport_state, "delivered")

    def test_a_tender_is_answered(self):
        endpoint = self.endpoint("answers", ["x12_990"])
        for code, state in (("A", "accepted"), ("D", "declined")):
            shipment = self.make_shipment()
            body = [f"B1*ABCD*{shipment.name}*20261101*{code}"]
            message = self.send(endpoint, x12_interchange(("990", body)))
            self.assertEqual((message.state, message.error), ("applied", False))
            self.assertEqual(shipment.transport_state, state)

    def test_a_counter_offer_waits_for_a_person(self):
        shipment = self.make_shipment()
        before = shipment.transport_state
        body = [f"B1*ABCD*{shipment.name}*20261101*C", "K1*NEXT WEEK FOR 900"]
        message = self.send(self.endpoint("answers", ["x12_990"]), x12_interchange(("990", body)))
        self.assertEqual(message.state, "applied")
        self.assertEqual(shipment.transport_state, before)
        [event] = shipment.event_ids.filtered(lambda event: event.type_code == "tender_countered")
        self.assertEqual(event.raw_code, "C")
        self.assertIn("tender", shipment.exception_ids.mapped("code"))

    def test_a_waterfall_of_answers(self):
        """Asked one after the other: declined, countered and refused, accepted."""
        carriers = [self.make_carrier(scac, f"Carrier {scac}") for scac in ("EFGH", "IJKL")]
        doors = [self.endpoint("answers", ["x12_990"])]
        for carrier in carriers:
            system = self.make_system(f"answers_{carrier.freight_scac}", "carrier", carrier)
            doors.append(self.make_endpoint(system, "generic_hmac", SECRET, ["x12_990"]))
        shipment = self.make_shipment(carrier_id=False, tms_id=False)
        shipment._tender([(carrier, 2) for carrier in (self.carrier, *carriers)])

        def states():
            self.env.invalidate_all()
            return shipment.tender_ids.sorted("position").mapped("state")

        def reply(door, scac, code, *segments):
            body = [f"B1*{scac}*{shipment.name}*20261101*{code}", *segments]
            message = self.send(door, x12_interchange(("990", body)))
            self.assertEqual((message.state, message.error), ("applied", False))

        reply(doors[0], "ABCD", "D")
        self.assertEqual(states(), ["declined", "sent", "waiting"])
        reply(doors[1], "EFGH", "C", "K1*NEXT WEEK FOR 900")
        self.assertEqual(states(), ["declined", "countered", "waiting"])
        shipment.tender_ids.sorted("position")[1].action_refuse()
        self.assertEqual(states(), ["declined", "declined", "sent"])
        reply(doors[2], "IJKL", "A")
        self.assertEqual(states(), ["declined", "declined", "accepted"])
        self.assertEqual(shipment.carrier_id, carriers[1])
        self.assertEqual(shipment.transport_state, "accepted")

    def test_an_instruction_makes_a_shipment(self):
        body = interchange(edifact_message("IFTMIN", INSTRUCTION))
        message = self.send(
            self.endpoint("orders", ["edifact_iftmin"], "tms"),
            body,
            media_type="application/edifact",
        )
        self.assertEqual((message.state, message.error), ("applied", False))
        shipment = message.document_ids.shipment_id
        self.assertEqual(shipment.stop_ids.mapped("role"), ["pickup", "delivery"])
        self.assertEqual(shipment.stop_ids.mapped("city"), ["DAYTON", "ROTTERDAM"])
        self.assertEqual(shipment.line_ids.mapped("weight"), [480.5, 0.0])
        self.assertIn("TSTU1234565", shipment.reference_ids.mapped("value"))
