from datetime import datetime

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from .common import ConnectorCase
from .x12_samples import build_214

ZZ = ("ZZ", "2026-11-04", "1115", "CS")
AF = ("AF", "2026-11-02", "0930", "CS")


@tagged("post_install", "-at_install")
class TestUnmapped(ConnectorCase):
    """A person maps a code once, and everything that waited for it is run again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env, "unmapped_im", "freight_tms_connector.group_integration_manager"
        )
        cls.codes = cls.env["freight.unmapped.code"]

    def send(self, shipment, *statuses, control=1):
        answer = self.post(
            self.carrier_endpoint,
            build_214(
                shipment=shipment.name, pro=shipment.name, statuses=statuses, control=control
            ),
        )
        self.drain()
        return self.message(answer)

    def queued(self, code="ZZ"):
        return self.codes.search([("source_code", "=", code)])

    def two_unknown(self):
        shipments = [self.make_shipment(), self.make_shipment()]
        messages = [
            self.send(shipment, AF, ZZ, control=number)
            for number, shipment in enumerate(shipments, 1)
        ]
        return shipments, messages

    def map(self, code, choice, scope="system"):
        wizard = self.env["freight.unmapped.map"].with_user(self.manager)
        wizard = wizard.browse(code.with_user(self.manager).action_map()["res_id"])
        with Form(wizard) as form:
            form.choice_id = wizard.choice_ids.filtered(lambda one: one.code == choice)
            form.scope = scope
        form.record.action_map()
        self.drain()

    def test_a_code_mapped_once_delivers_whatever_waited_for_it(self):
        shipments, messages = self.two_unknown()
        for shipment in shipments:
            self.assertEqual(shipment.transport_state, "in_transit")
            self.assertIn("unknown", shipment.event_ids.mapped("type_code"))
        cases = self.env["freight.exception"].search(
            [("code", "=", "unknown_code"), ("dedup_key", "=", "test_carrier:ZZ")]
        )
        self.assertEqual(len(cases), 1)
        code = self.queued()
        self.assertEqual((code.state, code.message_count, code.target), ("open", 2, "type"))
        self.assertEqual(code.message_id, messages[1])
        events = self.env["freight.event"].search_count([])

        self.map(code, "delivered")

        for shipment, message in zip(shipments, messages, strict=True):
            self.assertEqual(shipment.transport_state, "delivered")
            self.assertEqual(shipment.actual_delivery, datetime(2026, 11, 4, 17, 15))
            delivery = shipment.stop_ids.filtered(lambda stop: stop.role == "delivery")
            event = shipment.event_ids.filtered(lambda one: one.raw_code == "ZZ")
            self.assertEqual((event.type_code, event.stop_id), ("delivered", delivery))
            self.assertEqual(event.type_id.code, "delivered")
            self.assertEqual(event.duplicate_count, 0, "nothing is applied twice")
            self.assertEqual(message.state, "applied")
        self.assertEqual(self.env["freight.event"].search_count([]), events)
        self.assertEqual(cases.state, "resolved")
        self.assertEqual((code.state, code.target_code), ("mapped", "delivered"))

    def test_what_was_recorded_stays_in_the_ledger(self):
        [shipment, _other], _messages = self.two_unknown()
        self.map(self.queued(), "delivered")
        event = shipment.event_ids.filtered(lambda one: one.raw_code == "ZZ")
        self.env.cr.execute("SELECT type_code, stop_id FROM freight_event WHERE id = %s", event.ids)
        self.assertEqual(self.env.cr.fetchone(), ("unknown", None))
        found = self.env["freight.event"].search(
            [("shipment_id", "=", shipment.id), ("type_code", "=", "delivered")]
        )
        self.assertEqual(found, event, "a search goes by the meaning")
        groups = event._read_group([("id", "=", event.id)], ["type_id"], ["__count"])
        self.assertEqual([kind.code for kind, _count in groups], ["delivered"])
        self.assertFalse(event.search([("id", "=", event.id), ("type_code", "=", "unknown")]))

    def test_consumers_get_the_events_under_their_new_type_and_under_the_old_one_again(self):
        self.two_unknown()
        self.drain("consumers")
        work = self.env["freight.event.work"]
        consumer = self.env["freight.consumer"].create(
            {
                "code": "deliveries",
                "name": "Deliveries",
                "model_name": "freight.announcer",
                "method": "_consume_announcements",
                "event_type_ids": [
                    (6, 0, self.env.ref("freight_canonical.event_type_delivered").ids)
                ],
            }
        )
        self.map(self.queued(), "delivered")
        mine = [("consumer_id", "=", consumer.id)]
        self.assertEqual(work.search(mine).event_id.mapped("raw_code"), ["ZZ", "ZZ"])
        self.drain("consumers")
        self.env["freight.code.map.line"].search([("source_code", "=", "ZZ")]).unlink()
        self.drain()
        self.assertEqual(len(work.search(mine)), 2, "it must take back what it did")

    def test_undoing_and_correcting_reads_again(self):
        [shipment, _other], _messages = self.two_unknown()
        code = self.queued()
        self.map(code, "delivered", "mapping")
        line = self.env["freight.code.map.line"].search([("source_code", "=", "ZZ")])
        self.assertEqual(line.mapping_id.code, "x12_214")
        self.map(code, "arrived_delivery", "mapping")
        self.assertEqual(
            (shipment.transport_state, line.target_code), ("arrived", code.target_code)
        )
        line.with_user(self.manager).unlink()
        self.drain()
        self.assertEqual(shipment.transport_state, "in_transit")
        self.assertEqual(code.state, "open")
        self.assertFalse(self.env["freight.event.reading"].search([]))
        case = self.env["freight.exception"].search(
            [("code", "=", "unknown_code"), ("dedup_key", "=", "test_carrier:ZZ")]
        )
        self.assertIn("open", case.mapped("state"))

    def test_a_repeat_after_the_mapping_changes_nothing(self):
        [shipment, _other], _messages = self.two_unknown()
        self.map(self.queued(), "delivered")
        self.send(shipment, ZZ, control=9)
        self.assertEqual(shipment.transport_state, "delivered")
        counting = shipment.event_ids.filtered(lambda one: one.raw_code == "ZZ" and one.counts)
        self.assertEqual(len(counting), 1)

    def test_a_message_that_is_translated_while_its_code_is_mapped_is_not_left_behind(self):
        shipment = self.make_shipment()
        self.post(self.carrier_endpoint, build_214(shipment=shipment.name, statuses=[AF, ZZ]))
        inbox = self.env["freight.message.in"]
        token, ids = inbox._queue_claim()
        inbox._queue_perform(token, ids)
        self.env["freight.code.map.line"].create(
            {"system_id": self.carrier_system.id, "map_name": "statuses",
             "source_code": "ZZ", "target_code": "delivered"}
        )  # fmt: skip
        self.assertFalse(self.queued(), "nobody has counted yet")
        self.drain()
        self.drain()
        self.assertEqual(shipment.transport_state, "delivered")
        self.assertEqual(self.queued().state, "mapped")

    def test_a_code_that_a_new_version_knows_is_off_the_list(self):
        [shipment, _other], _messages = self.two_unknown()
        mapping = self.queued().mapping_id
        definition = dict(mapping.active_version_id.definition)
        definition["code_maps"] = {
            **definition["code_maps"],
            "statuses": {**definition["code_maps"]["statuses"], "ZZ": "delivered"},
        }
        version = self.env["freight.mapping.version"].create(
            {"mapping_id": mapping.id, "number": 7, "definition": definition}
        )
        version._activate()
        self.drain()
        self.assertEqual(shipment.transport_state, "delivered")
        self.assertEqual(self.queued().state, "mapped")

    def test_a_wrong_code_is_refused_and_the_list_is_the_fields_own(self):
        self.two_unknown()
        code = self.queued().with_user(self.manager)
        choices = dict(code._choices())
        self.assertIn("delivered", choices)
        self.assertNotIn("unknown", choices)
        for wrong in ("deliverd", "unknown", "", False):
            with self.assertRaises(ValidationError):
                code._map(wrong, False)
        find = self.env["freight.code.choices"]._of
        self.assertIn("405", dict(find("invoice", "lines[].code", self.company)))
        self.assertIn("bol", dict(find("event", "shipment.references[].type", self.company)))
        self.assertIn("KGM", dict(find("shipment", "lines[].weight_unit", self.company)))
        self.assertEqual(find("shipment", "parties[].name", self.company), [])

    def test_only_integration_managers_map_and_nobody_writes_the_counts(self):
        self.two_unknown()
        code = self.queued()
        auditor = new_test_user(self.env, "unmapped_au", "freight_canonical.group_freight_auditor")
        user = new_test_user(self.env, "unmapped_us", "freight_canonical.group_freight_user")
        self.assertEqual(code.with_user(auditor).source_code, "ZZ")
        for who in (auditor, user):
            with self.assertRaises(AccessError):
                code.with_user(who)._map("delivered", False)
            with self.assertRaises(AccessError):
                code.with_user(who)._dismiss("no")
        for values in ({"state": "mapped"}, {"message_count": 0}, {"system_id": self.tms.id}):
            with self.assertRaises(AccessError):
                code.with_user(self.manager).write(values)
        code.with_user(self.manager).user_id = self.manager
        sister = self.env["res.company"].create({"name": "Sister Company"})
        self.carrier_system.company_id = sister
        self.env.invalidate_all()
        self.assertFalse(self.codes.with_user(self.manager).search([]))

    def test_a_dismissed_code_says_why_and_stays_off_the_list(self):
        [shipment, _other], _messages = self.two_unknown()
        code = self.queued().with_user(self.manager)
        with self.assertRaises(UserError):
            code._dismiss(" ")
        wizard = self.env["freight.unmapped.dismiss"].with_user(self.manager)
        wizard.with_context(**code.action_dismiss()["context"]).create(
            {"reason": "Internal to the carrier"}
        ).action_dismiss()
        self.assertEqual((code.state, code.reason), ("dismissed", "Internal to the carrier"))
        self.send(shipment, ZZ, control=7)
        self.assertEqual((code.state, code.message_count), ("dismissed", 3))
        code.action_reopen()
        self.assertEqual((code.state, code.reason), ("open", False))

    def test_a_batch_costs_one_insert_and_one_count(self):
        bodies = [
            build_214(shipment=self.make_shipment().name, statuses=[ZZ], control=number)
            for number in range(1, 6)
        ]
        for body in bodies:
            self.post(self.carrier_endpoint, body)
        statements = []
        execute = type(self.env.cr).execute

        def noted(cursor, query, *args, **kwargs):
            statements.append(str(query))
            return execute(cursor, query, *args, **kwargs)

        self.patch(type(self.env.cr), "execute", noted)
        self.drain()
        inserts = [one for one in statements if "INSERT INTO" in one and "sighting" in one]
        self.assertEqual(len([one for one in inserts if "unmapped_code" not in one]), 1, inserts)
        self.assertEqual(self.queued().message_count, 5)


@tagged("post_install", "-at_install")
class TestReading(ConnectorCase):
    """How events are read again, beyond their type."""

    def event(self, shipment, status, identity, **data):
        self.post(self.tms_endpoint, self.cloud_event(shipment, status, identity, **data))
        self.drain()

    def line(self, source_code, target_code, map_name="types", system=None):
        line = self.env["freight.code.map.line"].create(
            {
                "system_id": (system or self.tms).id,
                "map_name": map_name,
                "source_code": source_code,
                "target_code": target_code,
            }
        )
        self.drain()
        return line

    def of(self, shipment, raw_code):
        return shipment.event_ids.filtered(lambda event: event.raw_code == raw_code)

    def test_the_time_is_that_of_the_stop_which_follows_from_the_type(self):
        shipment = self.make_shipment()
        shipment.stop_ids.filtered(lambda stop: stop.role == "delivery").tz = "America/Denver"
        self.event(shipment, "dropped", "t-1", occurred="2026-11-04T10:00:00")
        recorded = self.of(shipment, "dropped").occurred
        self.line("dropped", "delivered")
        self.assertEqual(shipment.actual_delivery, datetime(2026, 11, 4, 17, 0))
        self.assertEqual(self.of(shipment, "dropped").occurred, datetime(2026, 11, 4, 17, 0))
        self.assertNotEqual(recorded, shipment.actual_delivery)

    def test_a_reason_is_read_again_as_well(self):
        shipment = self.make_shipment()
        self.event(shipment, "delayed", "r-1", reason="snowed in")
        event = self.of(shipment, "delayed")
        self.assertFalse(event.reason_id)
        self.line("snowed in", "weather", "reasons")
        self.assertEqual((event.type_code, event.reason_id.code), ("delayed", "weather"))
        self.assertEqual(event.reading_ids.reason_id.code, "weather")

    def test_what_its_source_takes_back_is_gone_under_its_new_meaning_too(self):
        shipment = self.make_shipment()
        self.event(shipment, "dropped", "g-1")
        self.line("dropped", "delivered")
        self.assertEqual(shipment.transport_state, "delivered")
        self.event(shipment, "retraction", "g-2", retracts="g-1")
        self.assertEqual(shipment.transport_state, "released")

    def test_where_it_is_not_clear_which_stop_is_meant_the_event_keeps_its_meaning(self):
        shipment = self.make_shipment()
        self.env["freight.stop"].create(
            {"shipment_id": shipment.id, "sequence": 3, "role": "delivery", "city": "Austin"}
        )
        answer = self.post(
            self.carrier_endpoint,
            build_214(
                shipment=shipment.name, pro="P", statuses=[("ZZ", "2026-11-04", "1115", "CS")]
            ),
        )
        self.drain()
        case = self.env["freight.exception"].search([("dedup_key", "=", "test_carrier:ZZ")])
        message = self.message(answer)
        event = self.of(shipment, "ZZ")
        event_type = event.type_code
        self.line("ZZ", "delivered", "statuses", self.carrier_system)
        if event.type_code == event_type:
            self.assertIn("which stop", message.document_ids.detail)
            self.assertEqual(case.state, "open", "somebody still has to look")
        else:
            self.assertEqual(event.stop_id.city, "Dallas")

    def test_only_the_suite_writes_readings(self):
        shipment = self.make_shipment()
        self.event(shipment, "dropped", "w-1")
        self.line("dropped", "delivered")
        reading = self.of(shipment, "dropped").reading_ids
        manager = new_test_user(self.env, "reading_fm", "freight_canonical.group_freight_manager")
        for attempt in (
            lambda: reading.with_user(manager).write({"type_code": "loaded"}),
            lambda: reading.with_user(manager).unlink(),
            lambda: reading.with_user(manager).create({"event_id": shipment.event_ids[0].id}),
        ):
            with self.assertRaises(AccessError):
                attempt()

    def test_many_events_are_read_again_in_few_statements(self):
        shipments = [self.make_shipment() for _number in range(12)]
        for number, shipment in enumerate(shipments):
            self.post(self.tms_endpoint, self.cloud_event(shipment, "dropped", f"m-{number}"))
        self.drain()
        self.line("warm up", "loaded")
        counts = []
        for part in (shipments[:3], shipments[3:]):
            events = self.env["freight.event"]
            told = {}
            for shipment in part:
                event = self.of(shipment, "dropped")
                told[event.id] = self._document(event)
            before = self.env.cr.sql_log_count
            events._reread(told)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLess(counts[1], counts[0] * 2, "the number of events does not multiply queries")
        self.assertEqual({one.transport_state for one in shipments}, {"delivered"})

    def _document(self, event):
        translation = self.env["freight.translation"]._translate(event.message_id)[0]
        [document] = translation.documents.values()
        document.data["type"] = "delivered"
        return document
