from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from ..models.freight_code_map_line import SUBJECTS
from .common import ConnectorCase


@tagged("post_install", "-at_install")
class TestCodeMaps(ConnectorCase):
    """Codes of one system, for its messages and for what money needs."""

    def line(self, **values):
        return self.env["freight.code.map.line"].create(
            {"source_code": "X", "target_code": "Y", **values}
        )

    def test_each_subject_is_translated_for_its_system_alone(self):
        lines = self.env["freight.code.map.line"]
        for subject, _name in SUBJECTS:
            self.line(system_id=self.tms.id, subject=subject, target_code=f"our {subject}")
            self.assertEqual(lines._our_code(self.tms, subject, "X"), f"our {subject}")
            self.assertIsNone(lines._our_code(self.tms, subject, "Z"))
            self.assertIsNone(lines._our_code(self.carrier_system, subject, "X"))

    def test_a_change_holds_at_once(self):
        line = self.line(system_id=self.tms.id, subject="warehouse")
        self.assertEqual(line._our_code(self.tms, "warehouse", "X"), "Y")
        line.target_code = "Z"
        self.assertEqual(line._our_code(self.tms, "warehouse", "X"), "Z")

    def test_the_codes_of_a_system_go_before_those_of_its_mapping(self):
        shipment = self.make_shipment()
        mapping = self.env["freight.mapping"].search([("code", "=", "cloudevents_default")])
        self.line(mapping_id=mapping.id, map_name="types", source_code="gone", target_code="loaded")
        self.line(
            system_id=self.tms.id, map_name="types", source_code="gone",
            target_code="departed_pickup",
        )  # fmt: skip
        self.post(self.tms_endpoint, self.cloud_event(shipment, "gone", "g-1"))
        self.drain()
        self.assertIn("departed_pickup", shipment.event_ids.mapped("type_code"))
        version = mapping.active_version_id
        shared = mapping._compiled(version.id, self.carrier_system.id)
        self.assertEqual(shared.code_maps["types"]["gone"], "loaded")

    @mute_logger("odoo.sql_db")
    def test_a_line_is_for_one_mapping_or_one_system_and_stands_once(self):
        mapping = self.env["freight.mapping"].search([], limit=1)
        self.line(system_id=self.tms.id, subject="location")
        for values in (
            {"subject": "location"},
            {"subject": "location", "system_id": self.tms.id, "mapping_id": mapping.id},
            {"subject": "location", "system_id": self.tms.id},
        ):
            with self.assertRaises(IntegrityError), self.env.cr.savepoint():
                self.line(**values)

    def test_the_screen_is_for_integration_managers_of_the_company(self):
        sister = self.env["res.company"].create({"name": "Sister Company"})
        theirs = self.make_system("sisters_tms", "tms")
        theirs.company_id = sister
        hidden = self.line(system_id=theirs.id, subject="location")
        manager = new_test_user(
            self.env, "maps_im", "freight_tms_connector.group_integration_manager"
        )
        lines = self.env["freight.code.map.line"].with_user(manager)
        with Form(lines, "freight_tms_connector.freight_code_map_line_view_tree") as form:
            form.system_id = self.tms
            form.subject = "legal_entity"
            form.source_code, form.target_code = "A", "B"
        self.assertEqual(lines._our_code(self.tms, "legal_entity", "A"), "B")
        self.assertNotIn(hidden, lines.search([]))
        with self.assertRaises(AccessError):
            hidden.with_user(manager).write({"target_code": "Z"})
        auditor = new_test_user(self.env, "maps_au", "freight_canonical.group_freight_auditor")
        with self.assertRaises(AccessError):
            self.line(system_id=self.tms.id, subject="location").with_user(auditor).unlink()
