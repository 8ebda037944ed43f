"""The document is made of what is checked, is valid, and can be extended."""

import json
import re
from unittest.mock import patch

import jsonschema
import schemathesis
from odoo.tests import tagged

from .. import api_cursor, api_schemas, openapi_page
from ..api_operation import BEARER, Answer, OneOrMany, Operation
from ..api_routes import OPERATIONS
from ..openapi import all_answers
from ..schemas import SchemaError
from .api_common import ApiCase


@tagged("post_install", "-at_install")
class TestDocument(ApiCase):
    def setUp(self):
        super().setUp()
        self.document = self.env["freight.api"]._document()

    def test_it_is_valid_openapi_3_1(self):
        schemathesis.openapi.from_dict(self.document).validate()
        self.assertEqual(self.document["openapi"], "3.1.0")

    def test_its_schemas_are_valid_in_the_dialect_of_3_1(self):
        for name, schema in self.document["components"]["schemas"].items():
            with self.subTest(name):
                jsonschema.Draft202012Validator.check_schema(schema)

    def test_every_reference_leads_somewhere(self):
        schemas = self.document["components"]["schemas"]
        for name in re.findall(r'"#/components/schemas/([^"/]+)', json.dumps(self.document)):
            self.assertIn(name, schemas)
        self.assertNotIn("#/definitions/", json.dumps(self.document))

    def test_every_operation_has_a_handler_and_a_known_scope(self):
        scopes = self.env["freight.api.scope"]._described()
        for operation in OPERATIONS:
            with self.subTest(operation.id):
                if operation.access == BEARER:
                    self.assertIn(operation.scope, scopes)
                if operation.model:
                    self.assertTrue(hasattr(self.env[operation.model], operation.handler))

    def test_every_example_is_what_its_schema_says(self):
        for operation in OPERATIONS:
            if operation.body and operation.body.example is not None:
                schema = next(iter(operation.body.schemas.values()))
                if isinstance(schema, OneOrMany):
                    schema = schema.of(operation.body.example)
                with self.subTest(operation.id):
                    self.env["freight.api"]._check(schema, operation.body.example)

    def test_what_checks_requests_agrees_with_another_validator(self):
        """The same schemas read by jsonschema, in the dialect that the document is read in."""
        named = api_schemas.definitions()
        event = _example("sendEvents")
        for document in (
            event,
            {**event, "classifier": "maybe"},
            {**event, "unknown": 1},
            {**event, "place": {"country": "germany"}},
            {key: value for key, value in event.items() if key != "shipment"},
        ):
            schema = {"$ref": "#/definitions/Event", "definitions": named}
            oracle = jsonschema.Draft202012Validator(schema).is_valid(document)
            with self.subTest(document):
                self.assertEqual(self._accepts("Event", document), oracle)

    def test_every_answer_is_documented_with_what_it_carries(self):
        for operation in OPERATIONS:
            answers = all_answers(operation)
            self.assertIn(503, answers, operation.id)
            if operation.access == BEARER:
                self.assertLessEqual({401, 403, 429}, set(answers), operation.id)

    def test_an_addon_adds_an_operation_and_its_schema(self):
        quote = Operation(
            id="rateQuote",
            method="POST",
            path="/quotes",
            summary="Rate a would-be shipment",
            tag="Quotes",
            scope="quotes:write",
            answers={200: Answer("The rate.", "Quote")},
        )
        api = type(self.env["freight.api"])
        operations, definitions = api._operations, api._definitions
        with (
            patch.object(api, "_operations", lambda self: (*operations(self), quote)),
            patch.object(
                api, "_definitions", lambda self: {**definitions(self), "Quote": {"type": "object"}}
            ),
        ):
            document = self.env["freight.api"]._document()
        self.assertIn("post", document["paths"]["/quotes"])
        self.assertEqual(document["components"]["schemas"]["Quote"], {"type": "object"})
        self.assertIn("Quotes", [tag["name"] for tag in document["tags"]])

    def _accepts(self, name, document):
        try:
            self.env["freight.api"]._check({"$ref": f"#/definitions/{name}"}, document)
        except SchemaError:
            return False
        return True


@tagged("post_install", "-at_install")
class TestPages(ApiCase):
    def test_the_document_is_served_and_revalidated(self):
        answer = self.call("GET", "/openapi.json", token=None)
        self.assertEqual((answer.status_code, answer.json()["openapi"]), (200, "3.1.0"))
        again = self.call(
            "GET", "/openapi.json", token=None, headers={"If-None-Match": answer.headers["ETag"]}
        )
        self.assertEqual((again.status_code, again.content), (304, b""))

    def test_the_page_shows_every_operation_scope_and_body(self):
        page = self.call("GET", "/docs", token=None)
        self.assertEqual(page.headers["Content-Type"], "text/html; charset=utf-8")
        for operation in OPERATIONS:
            self.assertIn(f'id="op-{operation.id}"', page.text)
        for scope in self.env["freight.api.scope"]._described():
            self.assertIn(scope, page.text)
        self.assertIn('id="s-problem"', page.text)

    def test_the_page_needs_no_other_host_and_no_script(self):
        page = self.call("GET", "/docs", token=None).text
        self.assertNotIn("<script", page)
        loaded = re.findall(r'(?:src|<link[^>]*href)="([^"]+)"', page)
        self.assertTrue(loaded)
        for address in loaded:
            self.assertTrue(address.startswith("/"), address)
            self.assertEqual(self.url_open(address).status_code, 200)

    def test_links_on_the_page_lead_somewhere(self):
        page = self.call("GET", "/docs", token=None).text
        anchors = set(re.findall(r'id="([^"]+)"', page))
        for target in re.findall(r'href="#([^"]+)"', page):
            self.assertIn(target, anchors)

    def test_a_type_is_said_in_words(self):
        pieces = openapi_page._pieces(
            {"type": "array", "maxItems": 3, "items": {"$ref": "#/components/schemas/Event"}}
        )
        self.assertEqual("".join(piece.text for piece in pieces), "array of Event (at most 3)")


@tagged("post_install", "-at_install")
class TestAgeing(ApiCase):
    def test_an_ageing_operation_says_so_in_each_answer(self):
        self.assertNotIn("Deprecation", self.call("GET", "/shipments").headers)
        self.env["freight.api.ageing"].create(
            {
                "operation": "listShipments",
                "deprecated": "2026-11-01 00:00:00",
                "sunset": "2027-05-01 12:00:00",
                "link": "https://odoo.example.com/ageing",
            }
        )
        for answer in (self.call("GET", "/shipments"), self.call("GET", "/shipments", limit="x")):
            self.assertEqual(answer.headers["Deprecation"], "@1793491200")
            self.assertEqual(answer.headers["Sunset"], "Sat, 01 May 2027 12:00:00 GMT")
            self.assertEqual(
                answer.headers["Link"], '<https://odoo.example.com/ageing>; rel="deprecation"'
            )
        self.assertNotIn("Deprecation", self.call("GET", "/masters/carriers").headers)
        paths = self.env["freight.api"]._document()["paths"]
        self.assertTrue(paths["/shipments"]["get"]["deprecated"])
        self.assertNotIn("deprecated", paths["/shipments"]["post"])

    def test_a_whole_version_ages(self):
        self.env["freight.api.ageing"].create({"operation": "*"})
        self.assertIn("Deprecation", self.call("GET", "/masters/carriers").headers)


@tagged("post_install", "-at_install")
class TestCursor(ApiCase):
    def test_a_cursor_comes_back(self):
        text = api_cursor.encode(b"key", "list", ["2026-11-02T12:00:00", 7])
        self.assertEqual(api_cursor.decode(b"key", "list", text), ["2026-11-02T12:00:00", 7])

    def test_none_can_be_made_up(self):
        text = api_cursor.encode(b"key", "list", [7])
        for key, listing, cursor in (
            (b"other", "list", text),
            (b"key", "another list", text),
            (b"key", "list", text[:-2] + ("AA" if text[-2:] != "AA" else "BB")),
            (b"key", "list", ""),
            (b"key", "list", "???"),
            (b"key", "list", "é"),
        ):
            with self.subTest(cursor), self.assertRaises(api_cursor.CursorError):
                api_cursor.decode(key, listing, cursor)


def _example(operation_id):
    return next(one.body.example for one in OPERATIONS if one.id == operation_id)
