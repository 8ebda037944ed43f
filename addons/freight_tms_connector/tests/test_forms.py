"""Messages out in a partner's form: when they are written, numbered, refused and written anew."""

import json
from unittest.mock import patch

from odoo.addons.freight_canonical.announcing import Announcement
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .. import codecs, mapping, writing
from ..retry import Outcome
from .common import SECRET, ConnectorCase

IM = "freight_tms_connector.group_integration_manager"


class FormCase(ConnectorCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["freight.environment"]._declare(False)
        cls.endpoint = cls.carrier_endpoint
        cls.endpoint.write(
            {
                "url": "http://127.0.0.1:9/in",
                "edi_sender": "OURSIDE",
                "edi_receiver": "ABCD",
                "edi_receiver_qualifier": "02",
                "subscription_ids": [(0, 0, {"pattern": "shipment.*, tender.*, invoice.*"})],
            }
        )
        cls.form("shipment.released", "x12_204_out")

    @classmethod
    def form(cls, pattern, code, endpoint=None, **values):
        return cls.env["freight.endpoint.form"].create(
            {
                "endpoint_id": (endpoint or cls.endpoint).id,
                "pattern": pattern,
                "mapping_id": cls.mapping(code).id,
                **values,
            }
        )

    @classmethod
    def mapping(cls, code):
        return cls.env["freight.mapping"].search([("code", "=", code)])

    def sent(self, **domain):
        """Return the messages for the endpoint, the oldest first."""
        return self.env["freight.message.out"].search(
            [("endpoint_id", "=", self.endpoint.id), *((k, "=", v) for k, v in domain.items())],
            order="id",
        )

    def deliver(self, outcome=Outcome.DONE):
        """Work the outbox off against a partner who answers so; return the bodies it got."""
        bodies = []

        def post(parcel):
            bodies.append(parcel["body"])
            return {
                "outcome": outcome,
                "retry_after": None,
                "log": {
                    "started": "2026-11-02 00:00:00",
                    "duration": 0,
                    "status": 200 if outcome is Outcome.DONE else 503,
                    "outcome": outcome.value,
                    "answer": "",
                },
            }

        module = "odoo.addons.freight_tms_connector.models.freight_message_out_delivery"
        with (
            patch(f"{module}._post", post),
            patch(f"{module}.FreightMessageOut._proof", lambda *_args: {}),
        ):
            self.drain("outbox")
        return bodies


@tagged("post_install", "-at_install")
class TestForms(FormCase):
    def test_a_release_goes_as_a_numbered_204(self):
        shipment = self.make_shipment()
        message = self.sent(event_type="shipment.released")
        self.assertTrue(message.unnumbered)
        self.assertFalse(message.control)
        [body] = self.deliver()
        [decoded] = codecs.get("x12").decode(body)
        self.assertIsNone(decoded.error)
        self.assertEqual(decoded.kind, "204")
        self.assertEqual(decoded.tree["B2"][0]["B204"], shipment.name)
        self.assertEqual(decoded.tree["interchange"]["usage"], "T", "a sandbox says so")
        self.assertEqual(decoded.control["interchange"], "000000001")
        self.assertEqual((message.state, message.control), ("delivered", "1"))
        self.assertEqual(
            (message.media_type, message.acknowledged), ("application/edi-x12", "awaited")
        )
        self.assertEqual(message._body(), body)
        self.assertFalse(message.unnumbered)
        self.assertEqual(message.form_version_id.mapping_id.code, "x12_204_out")

    def test_numbers_follow_each_other_and_stay(self):
        for _number in range(3):
            self.make_shipment()
        first = self.deliver(Outcome.RETRY)
        messages = self.sent(event_type="shipment.released")
        self.assertEqual(messages.mapped("control"), ["1", "2", "3"])
        messages.action_resend()
        self.env["freight.breaker"].sudo()._reset(self.endpoint.id)
        self.assertEqual(sorted(self.deliver()), sorted(first))
        self.assertEqual(messages.mapped("control"), ["1", "2", "3"])

    def test_a_repeat_has_the_same_bytes(self):
        self.make_shipment()
        [first] = self.deliver()
        message = self.sent(event_type="shipment.released")
        message.action_resend()
        [second] = self.deliver()
        self.assertEqual(first, second)

    def test_numbers_have_no_gap_where_one_cannot_be_written(self):
        self.make_shipment()
        self.make_shipment()
        self.make_shipment()
        one, two, three = self.sent(event_type="shipment.released")
        two.form_version_id = self.env["freight.mapping.version"]
        self.env["freight.message.out"]._number((one | two | three).ids)
        self.assertEqual((one.control, two.control, three.control), ("1", False, "2"))
        self.assertEqual(two.state, "dead")

    def test_what_cannot_be_written_is_dead_at_once_and_breaks_nothing(self):
        self.carrier.freight_scac = False
        shipment = self.make_shipment()
        self.assertEqual(shipment.transport_state, "released")
        message = self.sent(event_type="shipment.released")
        self.assertEqual((message.state, message.unwritten), ("dead", True))
        self.assertIn("cannot be written", message.error)
        self.assertIn("B202", message.error)
        self.assertEqual(json.loads(message._body())["type"], "shipment.released.v1")
        case = self.env["freight.exception"].search([("code", "=", "message_failed")])
        self.assertIn("B202", case.filtered(lambda one: one.state == "open").description)
        self.assertEqual(self.deliver(), [])

    def test_it_is_written_anew_when_the_form_can(self):
        self.carrier.freight_scac = False
        self.make_shipment()
        message = self.sent(event_type="shipment.released")
        with self.assertRaises(UserError):
            message.action_resend()
        self.endpoint.form_ids.mapping_id = self.mapping("csv_order_out")
        message.action_resend()
        self.assertEqual((message.state, message.unwritten), ("queued", False))
        [body] = self.deliver()
        self.assertTrue(body.startswith(b"purpose,number"))

    def test_a_code_without_translation(self):
        self.endpoint.form_ids.unlink()
        self.form("*", "x12_214_out")
        data = {
            "shipment": {"number": "S", "carrier_scac": "ABCD", "references": []},
            "event": {"type": "abducted", "occurred": "2026-11-02T10:00:00Z", "place": {}},
        }
        message = self.announced("shipment.milestone", data)
        self.assertEqual(message.state, "dead")
        self.assertIn("statuses has nothing for 'abducted'", message.error)
        self.env["freight.code.map.line"].create(
            {"mapping_id": self.mapping("x12_214_out").id, "map_name": "statuses",
             "source_code": "abducted", "target_code": "ZZ"}
        )  # fmt: skip
        message.action_resend()
        [body] = self.deliver()
        self.assertIn(b"AT7*ZZ*NS", body)

    def test_the_codes_of_a_system_are_turned_round(self):
        self.endpoint.form_ids.unlink()
        self.form("*", "x12_214_out")
        for theirs in ("Q1", "Q2"):
            self.env["freight.code.map.line"].create(
                {"system_id": self.carrier_system.id, "map_name": "statuses",
                 "source_code": theirs, "target_code": "delivered"}
            )  # fmt: skip
        data = {
            "shipment": {"number": "S", "carrier_scac": "ABCD", "references": []},
            "event": {"type": "delivered", "occurred": "2026-11-02T10:00:00Z", "place": {}},
        }
        self.announced("shipment.delivered", data)
        [body] = self.deliver()
        self.assertIn(b"AT7*Q1*NS", body)

    def test_a_delimiter_in_a_value(self):
        self.endpoint.subscription_ids.active = True
        self.make_shipment(line_ids=[(0, 0, {"name": "A*B", "quantity": 1, "weight": 1})])
        message = self.sent(event_type="shipment.released")
        self.assertEqual(message.state, "dead")
        self.assertIn("L502", message.error)
        self.endpoint.edi_replacement = " "
        message.action_resend()
        [body] = self.deliver()
        self.assertIn(b"L5*1*A B~", body)

    def test_what_a_mapping_has_no_message_for_is_not_sent(self):
        self.endpoint.form_ids.unlink()
        self.form("*", "x12_214_out")
        message = self.announced("shipment.released", {"shipment": {"number": "S"}})
        self.assertEqual(message.state, "cancelled")
        self.assertIn("no message for this", message.error)
        with self.assertRaises(UserError):
            message.action_resend()
        message._restart("queued")
        self.assertEqual(self.deliver_for_real(), "dead", "never in another form than its own")

    def deliver_for_real(self):
        self.drain("outbox")
        return self.sent()[-1].state

    def test_a_tender_its_change_and_its_end_go_to_its_carrier_alone(self):
        other = self.make_system("other_carrier", "carrier", self.make_carrier("WXYZ", "Other"))
        self.make_endpoint(
            other, "generic_hmac", SECRET, [], url="http://127.0.0.1:9/x",
            subscription_ids=[(0, 0, {"pattern": "tender.*"})],
        )  # fmt: skip
        self.form("tender.*", "x12_204_out")
        shipment = self.make_shipment()
        self.deliver()
        for name, purpose in (("sent", "original"), ("changed", "change"), ("cancelled", "cancel")):
            tender = {
                "number": "T1", "purpose": purpose, "respond_by": "2026-11-01T12:00:00Z",
                "sequence": 1, "carrier_scac": "ABCD", "charges": [],
            }  # fmt: skip
            self.env["freight.emitter"]._announce(
                [
                    Announcement(
                        name=f"tender.{name}",
                        subject="T1",
                        company=self.company,
                        shipment=shipment,
                        trace_id="ab" * 16,
                        body=lambda tender=tender: {"tender": tender, **shipment._release_body()},
                        recipient=self.carrier,
                    )
                ]
            )
        told = self.env["freight.message.out"].search([("event_type", "=like", "tender.%")])
        self.assertEqual(told.endpoint_id, self.endpoint)
        bodies = [body for _round in range(3) for body in self.deliver()]
        purposes = [codecs.get("x12").decode(one)[0].tree["B2A"][0]["B2A01"] for one in bodies]
        self.assertEqual(purposes, ["00", "04", "01"])
        self.assertEqual(told.sorted("id").mapped("control"), ["2", "3", "4"])

    def test_rules_that_break_break_nothing_else(self):
        with (
            patch.object(writing, "trees", side_effect=TypeError("oops")),
            self.assertLogs(
                "odoo.addons.freight_tms_connector.models.freight_message_out_form", "ERROR"
            ),
        ):
            self.make_shipment()
        self.assertEqual(self.sent(event_type="shipment.released").state, "dead")

    def test_without_a_form_it_is_a_cloud_event(self):
        self.endpoint.form_ids.unlink()
        self.make_shipment()
        message = self.sent(event_type="shipment.released")
        self.assertEqual(message.media_type, "application/cloudevents+json")
        self.assertFalse(message.unnumbered)

    def test_the_first_form_that_fits_counts(self):
        self.form("shipment.*", "csv_order_out", sequence=1)
        self.make_shipment()
        self.assertEqual(self.sent(event_type="shipment.released").media_type, "text/csv")

    def test_columns_of_the_partner(self):
        self.endpoint.form_ids.mapping_id = self.mapping("csv_order_out")
        self.endpoint.write({"csv_columns": "order_no = number", "csv_delimiter": ";"})
        self.make_shipment()
        body = self.sent(event_type="shipment.released")._body()
        self.assertTrue(body.startswith(b"purpose;order_no;"))

    def test_a_form_needs_an_outbound_mapping_and_ids(self):
        with self.assertRaises(ValidationError):
            self.form("*", "x12_204")
        with self.assertRaises(ValidationError):
            self.endpoint.edi_sender = False
        with self.assertRaises(ValidationError):
            self.endpoint.edi_replacement = "*"

    def test_an_outbound_mapping_reads_nothing(self):
        self.endpoint.mapping_ids = self.mapping("x12_204_out")
        version = self.env["freight.translation"]._version(self.endpoint, "x12", "204")
        self.assertFalse(version)

    def test_only_managers_choose_forms(self):
        user = new_test_user(self.env, "forms_user", "freight_canonical.group_freight_dispatcher")
        with self.assertRaises(AccessError):
            self.endpoint.form_ids.with_user(user).write({"pattern": "*"})
        auditor = new_test_user(self.env, "forms_aud", "freight_canonical.group_freight_auditor")
        self.assertTrue(self.endpoint.form_ids.with_user(auditor).read(["pattern"]))
        with self.assertRaises(AccessError):
            self.endpoint.form_ids.with_user(auditor).unlink()

    def test_guarded_from_rpc(self):
        user = new_test_user(self.env, "forms_im", IM)
        self.make_shipment()
        with self.assertRaises(AccessError):
            self.sent(event_type="shipment.released").with_user(user).write({"control": "7"})

    def announced(self, event_type, data):
        shipment = self.make_shipment()
        before = self.sent()
        self.env["freight.emitter"]._announce(
            [
                Announcement(
                    name=event_type,
                    subject="S",
                    company=self.company,
                    shipment=shipment,
                    trace_id="ab" * 16,
                    body=lambda: data,
                )
            ]
        )
        message = self.sent() - before
        self.env["freight.message.out"].search(
            [("endpoint_id", "=", self.endpoint.id), ("id", "<", message.id)]
        ).action_cancel()
        return message


@tagged("post_install", "-at_install")
class TestOutboundMappings(FormCase):
    def test_direction_and_rules_agree(self):
        version = self.mapping("x12_204_out").active_version_id
        with self.assertRaises(ValidationError):
            self.env["freight.mapping.version"].create(
                {
                    "mapping_id": self.mapping("x12_214").id,
                    "number": 99,
                    "definition": version.definition,
                }
            )

    def test_first_rules_of_a_new_mapping(self):
        made = self.env["freight.mapping"].create(
            {"code": "mine", "name": "Mine", "direction": "out", "codec": "json", "kind": "json"}
        )
        version = self.env["freight.mapping.version"].with_context(
            default_mapping_id=made.id
        ).create({"mapping_id": made.id})  # fmt: skip
        self.assertEqual(version.definition["direction"], "out")

    def test_a_file_says_its_direction(self):
        version = self.mapping("x12_204_out").active_version_id
        self.assertEqual(json.loads(version._file(False))["direction"], "out")
        self.assertNotIn(
            "direction", json.loads(self.mapping("x12_204").active_version_id._file(False))
        )

    def test_try_it_on_a_shipment_uses_no_number(self):
        shipment = self.make_shipment()
        user = new_test_user(self.env, "try_im", f"{IM},freight_canonical.group_freight_user")
        version = self.mapping("x12_204_out").active_version_id
        action = version.with_user(user).action_try()
        self.assertEqual(action["res_model"], "freight.mapping.try.out")
        wizard = self.env["freight.mapping.try.out"].with_user(user).create(
            {"version_id": version.id, "endpoint_id": self.endpoint.id,
             "shipment_id": shipment.id}
        )  # fmt: skip
        wizard.action_run()
        self.assertIn(f"B2**ABCD**{shipment.name}**PP~\n", wizard.result)
        self.assertIn("Tendered shipment", wizard.result)
        self.assertFalse(self.env["freight.control.counter"].search([]))

    def test_the_editor_writes_a_pasted_sample(self):
        version = self.mapping("json_plain_out").active_version_id
        trial = self.env["freight.mapping.trial"]
        made = trial.preview(version.id, version.definition_text, None, '{"shipment": {"a": 1}}')
        self.assertEqual(made["errors"], [{"line": None, "message": "It cannot be written: time"
                         " is required, and there is nothing to write."}])  # fmt: skip
        sample = json.dumps({"id": "x", "type": "t.v1", "time": "2026-11-02T00:00:00Z", "data": {}})
        made = trial.preview(version.id, version.definition_text, None, sample)
        self.assertEqual(made["errors"], [])
        self.assertIn('"type": "t"', made["documents"][0]["text"])
        self.assertIn("messages", trial.open_editor(version.id))
        made = trial.preview(version.id, version.definition_text, None, "[")
        self.assertTrue(made["errors"])

    def test_all_shipped_ones_are_active(self):
        shipped = self.env["freight.mapping"].search([("direction", "=", "out")])
        self.assertEqual(
            set(shipped.mapped("code")) - {"mine"},
            {"x12_204_out", "x12_214_out", "edifact_iftmin_out", "csv_order_out", "json_plain_out"},
        )
        for one in shipped:
            self.assertEqual(one.active_version_id.state, "active")
            mapping.compile(one.active_version_id.definition)


@tagged("post_install", "-at_install")
class TestFormScreens(FormCase):
    def test_views_load(self):
        user = new_test_user(self.env, "screens_im", IM)
        for model, kinds in (
            ("freight.endpoint.form", ["tree"]),
            ("freight.endpoint", ["form", "kanban", "search"]),
            ("freight.folder", ["tree", "form"]),
            ("freight.mapping", ["tree", "kanban", "form", "search"]),
            ("freight.mapping.try.out", ["form"]),
            ("freight.message.out", ["tree", "form", "search"]),
            ("freight.routing.rule", ["tree"]),
        ):
            views = self.env[model].with_user(user).get_views([(False, kind) for kind in kinds])
            self.assertEqual(set(views["views"]), set(kinds), model)

    def test_the_payload_view_shows_segments(self):
        self.make_shipment()
        self.deliver()
        message = self.sent(event_type="shipment.released")
        auditor = new_test_user(self.env, "seg_aud", "freight_canonical.group_freight_auditor")
        shown = message.with_user(auditor).get_payload()
        self.assertIn("B2", [row["tag"] for row in shown["segments"]])
        self.assertIn(f"/out/{message.id}/", message.with_user(auditor).action_download()["url"])
        plain = new_test_user(self.env, "seg_user", "freight_canonical.group_freight_user")
        with self.assertRaises(AccessError):
            message.with_user(plain).action_download()
