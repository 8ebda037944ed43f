import base64
import json

from hypothesis import given
from hypothesis import strategies as st
from odoo import SUPERUSER_ID
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import BaseCase, Form, new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .. import json_lines, mapping, mapping_difference, mapping_files
from ..models.freight_mapping import SHIPPED
from .common import ConnectorCase

NAMES = ["kind", "fields", "target", "source", "foreach", "when", "code_map", "require",
         "date_formats", "cast"]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


@tagged("post_install", "-at_install")
class TestMappingFiles(BaseCase):
    """Files of mappings, without a database."""

    def test_each_shipped_mapping_is_written_one_way(self):
        for path in SHIPPED.glob("*.json"):
            definition = mapping_files.read(path.read_text("utf-8"))
            text = mapping_files.write(definition)
            self.assertEqual(mapping_files.read(text), definition)
            self.assertEqual(mapping_files.write(mapping_files.read(text)), text)
            self.assertEqual(mapping_difference.of_definitions(definition, json.loads(text)), [])

    def test_an_error_names_the_rule_and_its_line(self):
        definition = json.loads((SHIPPED / "x12_214.json").read_text("utf-8"))
        definition["documents"][0]["fields"][5]["source"] = "doc.["
        text = mapping_files.write(definition)
        with self.assertRaises(mapping_files.FileError) as caught:
            mapping_files.read(text)
        line = text.splitlines()[caught.exception.line - 1 :][1]
        self.assertIn("type", line)
        self.assertIn("documents[0].fields[5] (type)", str(caught.exception))
        with self.assertRaisesRegex(mapping_files.FileError, "line 2"):
            mapping_files.read('{\n"a": }')

    def test_what_is_no_mapping_is_refused_with_a_sentence(self):
        good = json.loads((SHIPPED / "csv_status.json").read_text("utf-8"))
        for change in (
            {"format": "other"}, {"code": 5}, {"codec": "xml"}, {"version": "1"}, {"kind": ""},
            {"documents": {}}, {"documents": [5]}, {"code_maps": []}, {"code_maps": {"a": []}},
            {"added_codes": {"a": {"b": 5}}},
        ):  # fmt: skip
            with self.subTest(change), self.assertRaises(mapping_files.FileError):
                mapping_files.read(json.dumps({**good, **change}))

    @given(JSON)
    def test_no_definition_whatever_breaks_the_compiler(self, value):
        for definition in (value, {"documents": [{"kind": "event", "fields": [value]}]},
                           {"documents": value, "code_maps": value}):  # fmt: skip
            try:
                mapping.compile(definition)
            except mapping.MappingError as error:
                mapping_files.line_of(error.rule, json.dumps(definition, indent=1))

    @given(JSON)
    def test_the_lines_of_any_json_are_found(self, value):
        found = json_lines.lines(json.dumps(value, indent=1))
        self.assertEqual(found[""], 1)

    def test_documents_are_compared_field_by_field(self):
        before = [{"kind": "event", "type": "delivered", "place": {"city": "Dallas"}}]
        after = [{"kind": "event", "type": None, "place": {"city": "Dallas", "zip": "1"}}]
        found = mapping_difference.of_documents(before, [*after, {"kind": "invoice"}])
        self.assertEqual(
            [(one.kind, one.where, one.before, one.after) for one in found],
            [
                ("changed", "event 1/type", "delivered", None),
                ("added", "event 1/place/zip", None, "1"),
                ("added", "invoice 2", None, {"kind": "invoice"}),
            ],
        )


@tagged("post_install", "-at_install")
class TestMappingVersions(ConnectorCase):
    """Draft, approved by a second person, active, retired."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        group = "freight_tms_connector.group_integration_manager"
        cls.writer = new_test_user(cls.env, "maps_writer", group)
        cls.second = new_test_user(cls.env, "maps_second", group)
        cls.mapping = cls.env["freight.mapping"].search([("code", "=", "x12_214")])

    def draft(self, user=None):
        mapping = self.mapping.with_user(user or self.writer)
        return self.env["freight.mapping.version"].browse(mapping.action_new_version()["res_id"])

    def test_a_new_version_copies_the_active_one_and_says_what_changes(self):
        draft = self.draft()
        active = self.mapping.active_version_id
        self.assertEqual((draft.number, draft.state), (active.number + 1, "draft"))
        self.assertEqual(draft.definition["documents"], active.definition["documents"])
        self.assertIn("Nothing differs", draft.difference)
        definition = json.loads(draft.definition_text)
        definition["code_maps"]["statuses"]["<b>"] = "delivered"
        definition["documents"][0]["fields"].pop(0)
        draft.with_user(self.writer).definition_text = json.dumps(definition)
        self.assertIn("statuses: &lt;b&gt;", draft.difference)
        self.assertNotIn("<b>", draft.difference)
        self.assertIn("removed", draft.difference)

    def test_who_wrote_or_changed_the_rules_does_not_approve_them(self):
        draft = self.draft()
        with self.assertRaises(UserError):
            draft.with_user(self.writer).action_approve()
        draft.with_user(self.second).definition_text = draft.definition_text.replace(
            "delivered", "loaded"
        )
        draft.sudo().write({"number": 77})
        with self.assertRaises(UserError):
            draft.with_user(self.second).action_approve()
        third = new_test_user(
            self.env, "maps_third", "freight_tms_connector.group_integration_manager"
        )
        draft.with_user(third).action_approve()
        self.assertEqual((draft.state, draft.approver_id), ("approved", third))
        self.assertTrue(draft.approved)

    def test_no_way_in_skips_the_second_person(self):
        versions = self.env["freight.mapping.version"].with_user(self.writer)
        values = {"mapping_id": self.mapping.id, "number": 50,
                  "definition": self.mapping.active_version_id.definition}  # fmt: skip
        for guarded in (
            {"state": "active"}, {"approver_id": self.second.id}, {"shipped": True},
            {"author_ids": [(6, 0, self.second.ids)]},
        ):  # fmt: skip
            with self.assertRaises(AccessError):
                versions.create({**values, **guarded})
            with self.assertRaises(AccessError):
                self.draft().with_user(self.writer).write(guarded)
        result = versions.load(
            ["mapping_id/.id", "number", "definition_text", "state"],
            [[str(self.mapping.id), "51", mapping_files.write(values["definition"]), "active"]],
        )
        self.assertFalse(result["ids"])
        with self.assertRaises(UserError):
            self.draft().with_user(self.second).action_activate()

    def test_what_was_approved_never_changes(self):
        draft = self.draft()
        draft.with_user(self.second).action_approve()
        other = self.env["freight.mapping"].search([("code", "=", "x12_210")])
        for change in (
            {"definition": {}}, {"definition_text": "{}"}, {"number": 9},
            {"mapping_id": other.id},
        ):  # fmt: skip
            for user in (self.writer, self.second, self.env["res.users"].browse(SUPERUSER_ID)):
                with self.assertRaises(UserError):
                    draft.with_user(user).write(change)
        with self.assertRaises(UserError):
            draft.with_user(self.writer).unlink()
        with self.assertRaises(UserError):
            self.mapping.with_user(self.writer).unlink()
        for change in ({"kind": "990"}, {"codec": "json"}, {"code": "other"}):
            with self.assertRaises(UserError):
                self.mapping.with_user(self.writer).write(change)

    def test_one_version_is_active_and_the_one_before_it_is_retired(self):
        before, draft = self.mapping.active_version_id, self.draft()
        draft.with_user(self.second).action_approve()
        draft.with_user(self.writer).action_activate()
        self.assertEqual((draft.state, before.state), ("active", "retired"))
        self.assertEqual(self.mapping.active_version_id, draft)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            with self.env.cr.savepoint():
                before.sudo().write({"state": "active"})
                self.env.flush_all()
        before.invalidate_recordset()
        before.with_user(self.writer).action_activate()
        self.assertEqual((draft.state, before.state), ("retired", "active"))

    def test_broken_rules_are_refused_with_the_line(self):
        draft = self.draft().with_user(self.writer)
        for text, words in (
            ("{", "line 1"),
            ("[]", "no JSON object"),
            (draft.definition_text.replace('"each.AT701"', '"each.["', 1), r"line \d+"),
        ):
            with self.assertRaisesRegex((UserError, ValidationError), words):
                draft.definition_text = text
                self.env.flush_all()

    # Files ----------------------------------------------------------------------------------------

    def export(self, version, with_codes=True):
        wizard = self.env["freight.mapping.export"].with_user(self.writer)
        wizard = wizard.browse(version.with_user(self.writer).action_export()["res_id"])
        wizard.with_codes = with_codes
        return base64.b64decode(wizard.file)

    def imported(self, body, with_codes=False):
        wizard = self.env["freight.mapping.import"].with_user(self.writer).create(
            {"file": base64.b64encode(body), "file_name": "x.json", "with_codes": with_codes}
        )  # fmt: skip
        preview = wizard.preview
        return preview, wizard

    def test_export_import_export_gives_the_same_bytes(self):
        self.env["freight.code.map.line"].create(
            {"mapping_id": self.mapping.id, "map_name": "statuses", "source_code": "ZZ",
             "target_code": "delivered"}
        )  # fmt: skip
        for code in ("x12_214", "cloudevents_default", "csv_status", "edifact_iftsta"):
            origin = self.env["freight.mapping"].search([("code", "=", code)])
            body = self.export(origin.active_version_id)
            elsewhere = body.replace(code.encode(), f"{code}_copy".encode())
            _preview, wizard = self.imported(elsewhere, with_codes=True)
            version = self.env["freight.mapping.version"].browse(wizard.action_import()["res_id"])
            self.assertEqual(version.state, "draft")
            self.assertFalse(version.mapping_id.active_version_id)
            self.assertEqual(self.export(version), elsewhere)
        copied = self.env["freight.mapping"].search([("code", "=", "x12_214_copy")])
        self.assertEqual(copied.code_line_ids.mapped("target_code"), ["delivered"])
        self.assertNotIn(b"added_codes", self.export(self.mapping.active_version_id, False))

    def test_the_same_file_again_makes_nothing_and_another_one_gets_a_number(self):
        body = self.export(self.mapping.active_version_id)
        preview, wizard = self.imported(body)
        self.assertIn("holds the same rules already", preview)
        self.assertEqual(wizard.action_import()["res_id"], self.mapping.active_version_id.id)
        changed = body.replace(b'"D1": "delivered"', b'"D1": "loaded"')
        preview, wizard = self.imported(changed)
        self.assertIn("statuses: D1", preview)
        self.assertIn("the number changes", preview)
        version = self.env["freight.mapping.version"].browse(wizard.action_import()["res_id"])
        self.assertEqual((version.mapping_id, version.number), (self.mapping, 2))
        self.assertEqual(version.author_ids, self.writer)

    def test_a_bad_file_says_why_and_makes_nothing(self):
        body = self.export(self.mapping.active_version_id)
        count = self.env["freight.mapping.version"].search_count([])
        for bad, words in (
            (b"", "no JSON"),
            (b"\xff\xfe\x00", "UTF-8"),
            (b"<script>alert(1)</script>", "line 1"),
            (body.replace(b'"kind": "214"', b'"kind": "990"'), "reads 214 here"),
            (body.replace(b"each.AT701", b"each.["), "line"),
        ):
            wizard = self.env["freight.mapping.import"].with_user(self.writer).new(
                {"file": base64.b64encode(bad) or b" "}
            )  # fmt: skip
            self.assertFalse(wizard.valid)
            with self.subTest(words), self.assertRaises(UserError):
                wizard.action_import()
        self.assertEqual(self.env["freight.mapping.version"].search_count([]), count)

    def test_the_screens_open(self):
        for model, kinds in (
            ("freight.mapping", ["tree", "kanban", "form", "search"]),
            ("freight.mapping.version", ["form"]),
            ("freight.unmapped.code", ["tree", "form", "search"]),
            ("freight.routing.rule", ["tree"]),
            ("freight.endpoint", ["form"]),
            ("freight.mapping.import", ["form"]),
            ("freight.mapping.try", ["form"]),
        ):
            views = [(False, kind) for kind in kinds]
            self.env[model].with_user(self.writer).get_views(views)
        with Form(self.env["freight.mapping"].with_user(self.writer)) as form:
            form.code, form.name, form.codec, form.kind = "new", "New", "json", "json"
            with form.version_ids.new():
                pass
        self.assertEqual(form.record.version_ids.number, 1)
