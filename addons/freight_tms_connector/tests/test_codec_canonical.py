"""Canonical documents are taken as they are, and a CloudEvents envelope is taken off."""

import json

from odoo.tests import BaseCase, tagged

from .. import api_tokens, codecs
from ..codecs.canonical import decode, load

EVENT = {"kind": "event", "id": "1", "stop": {"sequence": 2}}


@tagged("post_install", "-at_install")
class TestCanonical(BaseCase):
    def test_a_document_is_its_own_tree(self):
        [item] = decode(json.dumps(EVENT).encode())
        self.assertEqual((item.kind, item.tree, item.error), ("canonical", EVENT, None))

    def test_an_envelope_says_what_its_data_does_not(self):
        envelope = {"specversion": "1.0", "id": "7", "source": "/tms", "data": {"type": "x"}}
        [item] = decode(json.dumps(envelope).encode())
        self.assertEqual(item.tree, {"kind": "event", "id": "/tms#7", "type": "x"})
        envelope["data"]["id"] = "own"
        [item] = decode(json.dumps(envelope).encode())
        self.assertEqual(item.tree["id"], "own")

    def test_what_says_no_kind_is_rejected_alone(self):
        for root in ({}, [], "text", 1, None, {"kind": 1}, {"specversion": "1.0", "data": []}):
            [item] = decode(json.dumps(root).encode())
            with self.subTest(root):
                self.assertIn("kind", item.error)

    def test_whole_numbers_are_integers(self):
        loaded = load(b'{"a": [2.0, 2.5, 1e3, 1e400], "b": {"c": -0.0}}')
        self.assertEqual([type(one).__name__ for one in loaded["a"]],
                         ["int", "Decimal", "int", "Decimal"])  # fmt: skip
        self.assertEqual(loaded["b"], {"c": 0})

    def test_what_is_no_json_cannot_be_read(self):
        for raw in (b"", b"{", b"\xff", b'{"a": "\\u0000"}'):
            with self.subTest(raw), self.assertRaises(codecs.CodecError):
                decode(raw)


@tagged("post_install", "-at_install")
class TestCredentialTexts(BaseCase):
    def test_a_bearer_token_is_read(self):
        self.assertEqual(api_tokens.read_bearer("Bearer abc"), "abc")
        self.assertEqual(api_tokens.read_bearer("bearer  abc "), "abc")
        for header in (None, "", "Bearer", "Bearer a b", "Basic abc", "Bearer ä", "Bearer \x00"):
            self.assertIsNone(api_tokens.read_bearer(header), header)

    def test_a_client_is_read_from_basic(self):
        self.assertEqual(api_tokens.read_basic("Basic YSUyMGI6Yw=="), ("a b", "c"))
        for header in (None, "", "Basic", "Basic ???", "Basic YQ==", "Basic //8=", "Bearer YTpi"):
            self.assertIsNone(api_tokens.read_basic(header), header)

    def test_nothing_is_the_same_as_nothing(self):
        for one, other in ((None, None), ("", ""), (False, "a"), ("a", None)):
            self.assertFalse(api_tokens.same(one, other), (one, other))
        self.assertTrue(api_tokens.same("a", "a"))

    def test_what_we_issue_is_long_and_known_by_its_beginning(self):
        texts = {api_tokens.issue(api_tokens.LONG) for _number in range(100)}
        self.assertEqual(len(texts), 100)
        for text in texts:
            self.assertTrue(text.startswith("freight_lt_") and len(text) == 54)
            self.assertTrue(api_tokens.is_printable(text))
