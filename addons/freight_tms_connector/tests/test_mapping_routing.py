from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import ConnectorCase
from .x12_samples import build_214

D1 = ("D1", "2026-11-04", "1115", "CS")


@tagged("post_install", "-at_install")
class TestRouting(ConnectorCase):
    """Rules send messages of a certain content to another mapping or company, or nowhere."""

    def rule(self, **values):
        return self.env["freight.routing.rule"].create(
            {"endpoint_id": self.carrier_endpoint.id, **values}
        )

    def send(self, control=1, **details):
        shipment = details.pop("shipment", None) or self.make_shipment()
        answer = self.post(
            self.carrier_endpoint,
            build_214(shipment=shipment.name, statuses=[D1], control=control, **details),
        )
        self.drain()
        return shipment, self.message(answer)

    def test_without_a_fitting_rule_the_endpoints_mapping_reads(self):
        self.rule(condition="doc.B10[0].B1003 == 'OTHR'", action="ignore", reason="Not ours")
        self.rule(kind="990", action="ignore", reason="Not ours")
        shipment, message = self.send()
        self.assertEqual((shipment.transport_state, message.state), ("delivered", "applied"))

    def test_a_rule_ignores_and_says_why(self):
        self.rule(condition="doc.B10[0].B1003 == 'ABCD'", action="ignore", reason="A test carrier")
        shipment, message = self.send()
        self.assertEqual((shipment.transport_state, message.state), ("released", "ignored"))
        self.assertEqual(message.document_ids.mapped("detail"), ["A test carrier"])

    def test_the_first_rule_that_fits_counts(self):
        self.rule(sequence=20, action="ignore", reason="Everything")
        other = (
            self.env["freight.mapping"]
            .search([("code", "=", "x12_214")])
            .copy({"code": "special", "name": "Special"})
        )
        definition = dict(
            self.env["freight.mapping"]
            .search([("code", "=", "x12_214")])
            .active_version_id.definition
        )
        definition["code_maps"] = {
            **definition["code_maps"],
            "statuses": {**definition["code_maps"]["statuses"], "D1": "arrived_delivery"},
        }
        version = self.env["freight.mapping.version"].create(
            {"mapping_id": other.id, "number": 1, "definition": definition}
        )
        version._activate()
        self.rule(sequence=10, condition="kind == '214'", mapping_id=other.id)
        shipment, message = self.send()
        self.assertEqual(shipment.transport_state, "arrived")
        self.assertEqual(message.version_id, version)
        self.assertNotIn(other, self.carrier_endpoint.mapping_ids)

    def test_a_rule_for_another_company_looks_there(self):
        sister = self.env["res.company"].create({"name": "Sister Company"})
        shipment = self.make_shipment()
        self.rule(condition="doc.B10[0].B1003 == 'ABCD'", company_id=sister.id)
        _shipment, message = self.send(shipment=shipment)
        self.assertEqual(message.state, "retry", "nothing of that number is known there")
        self.assertEqual(shipment.transport_state, "released")

    def test_a_company_that_the_system_does_not_serve_is_refused(self):
        sister = self.env["res.company"].create({"name": "Sister Company"})
        self.carrier_system.company_id = self.company
        with self.assertRaises(ValidationError):
            self.rule(company_id=sister.id)
        self.carrier_system.company_id = False
        manager = new_test_user(
            self.env, "routing_im", "freight_tms_connector.group_integration_manager"
        )
        with self.assertRaises(ValidationError):
            self.env["freight.routing.rule"].with_user(manager).create(
                {"endpoint_id": self.carrier_endpoint.id, "company_id": sister.id}
            )

    def test_rules_are_checked_when_they_are_written(self):
        for values in (
            {"condition": "doc.[", "action": "ignore", "reason": "x"},
            {"action": "ignore"},
            {"action": "ignore", "reason": " "},
            {"action": "route"},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                self.rule(**values)
        user = new_test_user(self.env, "routing_us", "freight_canonical.group_freight_dispatcher")
        with self.assertRaises(AccessError):
            self.env["freight.routing.rule"].with_user(user).create(
                {"endpoint_id": self.carrier_endpoint.id, "action": "ignore", "reason": "x"}
            )

    def test_a_rule_that_cannot_be_applied_stops_the_message(self):
        self.rule(condition="length(doc.nothing) > `1`", action="ignore", reason="x")
        shipment, message = self.send()
        self.assertEqual((shipment.transport_state, message.state), ("released", "quarantined"))
        self.assertIn("routing rule", message.error)

    def test_an_archived_rule_rests(self):
        self.rule(action="ignore", reason="Off", active=False)
        self.assertEqual(self.send()[0].transport_state, "delivered")


@tagged("post_install", "-at_install")
class TestLookups(ConnectorCase):
    """A partner's own codes become our codes, and places."""

    def test_a_location_code_becomes_a_place_and_is_asked_for_when_it_is_unknown(self):
        mapping = self.env["freight.mapping"].search([("code", "=", "cloudevents_default")])
        definition = dict(mapping.active_version_id.definition)
        documents = [dict(one) for one in definition["documents"]]
        event = next(one for one in documents if one["kind"] == "event")
        event["fields"] = [
            {"target": "place", "source": "doc.data.dock", "lookup": "place"},
            {"target": "equipment", "source": "doc.data.dock", "lookup": "location",
             "report": False},
            *(one for one in event["fields"]
              if not one["target"].startswith("place") and one["target"] != "equipment"),
        ]  # fmt: skip
        self.env["freight.mapping.version"].create(
            {"mapping_id": mapping.id, "number": 9,
             "definition": {**definition, "documents": documents}}
        )._activate()  # fmt: skip
        shipment = self.make_shipment()
        self.post(self.tms_endpoint, self.cloud_event(shipment, "delivered", "d-1", dock="D-7"))
        self.drain()
        waiting = self.env["freight.unmapped.code"].search([("source_code", "=", "D-7")])
        self.assertEqual((waiting.map_name, waiting.system_id), ("location", self.tms))
        self.env["res.partner"].create({"name": "Dallas DC", "ref": "DC7", "city": "Dallas"})
        waiting._map("DC7", False)
        self.assertEqual(waiting.state, "mapped")
        self.post(self.tms_endpoint, self.cloud_event(shipment, "delivered", "d-2", dock="D-7"))
        self.drain()
        event = self.env["freight.event"].search([("source_event_id", "=", "/tms#d-2")])
        self.assertEqual((event.city, event.equipment), ("Dallas", "DC7"))
