import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged

from .common import ConnectorCase, Fixtures
from .x12_samples import build_214

D1 = ("D1", "2026-11-04", "1115", "CS")
AF = ("AF", "2026-11-02", "0930", "CS")
ZZ = ("ZZ", "2026-11-03", "0930", "CS")


@tagged("post_install", "-at_install")
class TestMappingTrial(ConnectorCase):
    """What a version would make of stored messages, beside what the active one makes of them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env, "trial_im", "freight_tms_connector.group_integration_manager"
        )
        cls.mapping = cls.env["freight.mapping"].search([("code", "=", "x12_214")])
        cls.shipment = cls.make_shipment()
        cls.messages = cls.env["freight.message.in"]
        for number, statuses in enumerate(([AF], [D1], [ZZ, D1]), 1):
            answer = cls.post(
                cls.carrier_endpoint,
                build_214(shipment=cls.shipment.name, statuses=statuses, control=number),
            )
            cls.messages |= cls.message(answer)
        cls.drain()

    def draft(self, change):
        version = self.env["freight.mapping.version"].browse(
            self.mapping.with_user(self.manager).action_new_version()["res_id"]
        )
        definition = json.loads(version.definition_text)
        change(definition)
        version.definition = definition
        return version

    def tried(self, version, user=None, **values):
        wizard = self.env["freight.mapping.try"].with_user(user or self.manager)
        wizard = wizard.create({"version_id": version.id, **values})
        wizard.action_run()
        return wizard.result

    def test_the_same_rules_change_nothing(self):
        version = self.draft(lambda definition: None)
        self.assertIn("3 of 3 the same, 0 changed, 0 fail", self.tried(version))

    def test_what_changes_is_shown_field_by_field_and_nothing_is_applied(self):
        def change(definition):
            definition["code_maps"]["statuses"] |= {"D1": "loaded", "ZZ": "delayed"}

        version = self.draft(change)
        before = (self.shipment.event_ids.ids, self.messages.mapped("state"))
        result = self.tried(version)
        self.assertIn("1 of 3 the same, 2 changed, 0 fail", result)
        self.assertIn("event 1/type", result)
        self.assertIn("delayed", result)
        self.assertIn("Unmapped code", result)
        self.assertEqual((self.shipment.event_ids.ids, self.messages.mapped("state")), before)
        self.assertIn("Unmapped code", self.tried(version, against="applied"))
        few = self.tried(version, message_ids=[(6, 0, self.messages[0].ids)])
        self.assertIn("1 of 1 the same", few)

    def test_what_fails_its_schema_says_so(self):
        def change(definition):
            for document in definition["documents"]:
                document["fields"] = [
                    rule for rule in document["fields"] if rule["target"] != "occurred"
                ]

        self.assertIn("3 changed, 3 fail", self.tried(self.draft(change)))

    def test_what_they_send_is_escaped(self):
        self.post(
            self.carrier_endpoint,
            build_214(shipment="<img src=x>", statuses=[D1], control=9),
        )
        result = self.tried(
            self.draft(lambda definition: definition["documents"][0]["fields"].pop(0))
        )
        self.assertIn("&lt;img src=x&gt;", result)
        self.assertNotIn("<img", result)

    def test_only_who_may_read_payloads_tries(self):
        version = self.draft(lambda definition: None)
        user = new_test_user(self.env, "trial_us", "freight_canonical.group_freight_dispatcher")
        with self.assertRaises(AccessError):
            self.tried(version, user)
        trial = self.env["freight.mapping.trial"].with_user(user)
        with self.assertRaises(AccessError):
            trial.preview(version.id, version.definition_text, self.messages[0].id)
        with self.assertRaises(AccessError):
            trial.open_editor(version.id)
        sister = self.env["res.company"].create({"name": "Sister Company"})
        self.messages.sudo().write({"company_id": sister.id})
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            self.preview(version, version.definition_text)
        self.assertIn("No stored message", self.tried(version))

    def test_the_number_of_messages_is_bounded(self):
        version = self.draft(lambda definition: None)
        for limit in (0, -1, 100000):
            with self.assertRaises(UserError):
                self.tried(version, limit=limit)

    # The editor -----------------------------------------------------------------------------------

    def preview(self, version, text, message=None, **options):
        trial = self.env["freight.mapping.trial"].with_user(self.manager)
        return trial.preview(version.id, text, (message or self.messages[0]).id, **options)

    def test_the_editor_shows_what_the_rules_make_of_a_message(self):
        version = self.draft(lambda definition: None)
        answer = self.preview(version, version.definition_text, self.messages[2])
        self.assertEqual((answer["errors"], answer["document_count"]), ([], 2))
        self.assertIn('"type": "delivered"', answer["documents"][1]["text"])
        self.assertEqual(answer["unmapped"], ["statuses: ZZ (type)"])

    def test_an_error_names_the_rule_and_its_line(self):
        version = self.draft(lambda definition: None)
        text = version.definition_text.replace('"each.AT701"', '"each.["', 1)
        [error] = self.preview(version, text)["errors"]
        broken = "\n".join(text.splitlines()[error["line"] - 1 :][:4])
        self.assertIn("each.[", broken)
        self.assertIn("documents[0].fields", error["message"])
        for text in ("", "{", "[]", "5", '{"documents": 5}', "x" * 100000, "[" * 100000):
            answer = self.preview(version, text)
            self.assertTrue(answer["errors"], text[:20])
            self.assertEqual(answer["documents"], [])
        self.assertEqual(version.state, "draft")

    def test_a_pasted_message_is_tried_without_being_stored(self):
        version = self.draft(lambda definition: None)
        trial = self.env["freight.mapping.trial"].with_user(self.manager)
        count = self.env["freight.message.in"].search_count([])
        body = build_214(shipment="S-1", statuses=[D1]).decode()
        answer = trial.preview(version.id, version.definition_text, None, body)
        self.assertEqual((answer["errors"], answer["document_count"]), ([], 1))
        for sample, errors in (("", 0), ("nonsense", 1), (body.replace("214*", "990*"), 1)):
            answer = trial.preview(version.id, version.definition_text, None, sample)
            self.assertEqual(bool(answer["errors"]), bool(errors), answer)
        self.assertEqual(self.env["freight.message.in"].search_count([]), count)

    def test_the_editor_begins_with_the_rules_and_the_newest_messages(self):
        trial = self.env["freight.mapping.trial"].with_user(self.manager)
        version = self.draft(lambda definition: None)
        start = trial.open_editor(version.id)
        self.assertTrue(start["editable"])
        self.assertEqual(start["messages"][0]["id"], self.messages[2].id)
        self.assertFalse(trial.open_editor(self.mapping.active_version_id.id)["editable"])


@tagged("post_install", "-at_install")
class TestMappingEditor(Fixtures, HttpCase):
    """The editor in a browser."""

    def test_tour(self):
        self.make_fixtures()
        shipment = self.make_shipment()
        mapping = self.env["freight.mapping"].search([("code", "=", "x12_214")])
        version = self.env["freight.mapping.version"].browse(mapping.action_new_version()["res_id"])
        ConnectorCase.post.__func__(
            self, self.carrier_endpoint, build_214(shipment=shipment.name, statuses=[D1])
        )
        self.env.ref("base.user_admin").groups_id += self.env.ref(
            "freight_tms_connector.group_integration_manager"
        )
        action = version.action_edit_rules()
        action = self.env["ir.actions.client"].create(
            {"name": action["name"], "tag": action["tag"], "params": action["params"]}
        )
        url = f"/web#action={action.id}"
        self.start_tour(url, "freight_mapping_editor", login="admin")
        self.assertIn('"default": "planned"', version.definition_text)
