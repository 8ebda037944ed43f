"""The chain without a database: what was sealed stands, and what was touched is named."""

import base64
import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import BaseCase, tagged

from ..audit_keys import KeyMissing, Keyring, KeyWrong, is_signed
from ..chain import LAYOUTS, Link, Walk, canonical, extend, genesis
from .properties import relaxed

ONE = "a1:" + base64.b64encode(b"1" * 32).decode()
TWO = "a2:" + base64.b64encode(b"2" * 32).decode()
OTHER_ONE = "a1:" + base64.b64encode(b"3" * 32).decode()
CHAIN = "1/money"
START = genesis("log", CHAIN)

texts = st.none() | st.text(max_size=20)


@st.composite
def logs(draw, least=1):
    """Return the entries of a log, as the sealer reads them."""
    count = draw(st.integers(least, 8))
    return [
        {name: draw(texts) for name in LAYOUTS[1]} | {"id": number}
        for number in range(1, count + 1)
    ]


def seal(entries, keys=ONE):
    """Return the links of ``entries``, sealed by the first of ``keys``."""
    rows = extend(Keyring(keys).current, CHAIN, (0, START), entries)
    by_id = {entry["id"]: entry for entry in entries}
    return [Link(*row, by_id[row[1]]) for row in rows]


def walk(links, keys=ONE, anchors=(), start=START):
    """Return the first fault of ``links``, None where they are whole."""
    steps = Walk(CHAIN, start, Keyring(keys), anchors or {})
    return steps.follow(links) or steps.end()


@tagged("post_install", "-at_install")
class TestChain(BaseCase):
    @relaxed
    @given(logs())
    def test_what_was_sealed_is_whole(self, entries):
        self.assertIsNone(walk(seal(entries)))

    @relaxed
    @given(logs(), st.data())
    def test_a_changed_value_is_named(self, entries, data):
        links = seal(entries)
        place = data.draw(st.integers(0, len(links) - 1))
        name = data.draw(st.sampled_from([name for name in LAYOUTS[1] if name != "id"]))
        changed = {**links[place].entry, name: f"{links[place].entry[name]}x"}
        links[place] = replace(links[place], entry=changed)
        fault = walk(links)
        self.assertEqual((fault.kind, fault.number, fault.entry_id),
                         ("changed", place + 1, links[place].entry_id))  # fmt: skip

    @relaxed
    @given(logs(), st.data())
    def test_a_deleted_entry_and_a_deleted_link_are_named(self, entries, data):
        links = seal(entries)
        place = data.draw(st.integers(0, len(links) - 1))
        orphan = [*links[:place], replace(links[place], entry=None), *links[place + 1 :]]
        self.assertEqual((walk(orphan).kind, walk(orphan).number), ("missing_entry", place + 1))
        gap = links[:place] + links[place + 1 :]
        fault = walk(gap, anchors={len(links): links[-1].digest})
        last = place == len(links) - 1
        self.assertEqual((fault.kind, fault.number),
                         ("truncated" if last else "missing_link", place + 1))  # fmt: skip

    @relaxed
    @given(logs(least=2), st.data())
    def test_two_entries_that_change_places_are_named(self, entries, data):
        links = seal(entries)
        place = data.draw(st.integers(0, len(links) - 2))
        first, second = links[place], links[place + 1]
        links[place] = replace(second, number=first.number)
        links[place + 1] = replace(first, number=second.number)
        self.assertEqual((walk(links).kind, walk(links).number),
                         ("order" if place else "genesis", place + 1))  # fmt: skip

    @relaxed
    @given(logs())
    def test_a_cut_tail_shows_against_a_checkpoint_only(self, entries):
        links = seal(entries)
        anchors = {len(links): links[-1].digest}
        self.assertIsNone(walk(links, anchors=anchors))
        self.assertIsNone(walk(links[:-1]))
        self.assertEqual(walk(links[:-1], anchors=anchors).kind, "truncated")

    @relaxed
    @given(logs())
    def test_a_log_that_was_sealed_anew_shows_against_a_checkpoint(self, entries):
        links = seal(entries)
        again = seal([{**entry, "why": f"{entry['why']}x"} for entry in entries])
        self.assertIsNone(walk(again))
        self.assertEqual(walk(again, anchors={1: links[0].digest}).kind, "replaced")

    @relaxed
    @given(logs())
    def test_keys_rotate(self, entries):
        old = seal(entries)
        more = [{**entries[0], "id": 99}]
        rows = extend(Keyring(f"{TWO},{ONE}").current, CHAIN, (len(old), old[-1].digest), more)
        links = [*old, *(Link(*row, more[0]) for row in rows)]
        self.assertIsNone(walk(links, f"{TWO},{ONE}"))
        self.assertEqual((walk(links, TWO).kind, walk(links, TWO).number), ("missing_key", 1))
        self.assertEqual(walk(links, f"{TWO},{OTHER_ONE}").kind, "wrong_key")

    @relaxed
    @given(logs())
    def test_the_chain_of_another_log_is_told(self, entries):
        fault = walk(seal(entries), start=genesis("another", CHAIN))
        self.assertEqual((fault.kind, fault.number), ("genesis", 1))

    def test_a_column_that_joins_later_changes_no_digest(self):
        entry = dict.fromkeys(LAYOUTS[1], "x") | {"id": 1}
        link = seal([entry])[0]
        self.assertIsNone(walk([replace(link, entry={**entry, "added": "later"})]))


@tagged("post_install", "-at_install")
class TestAuditKeys(BaseCase):
    def test_no_key(self):
        with self.assertRaises(KeyMissing):
            Keyring("")

    def test_bad_keys(self):
        for text in ("a1", "a1:!!", "a1:AAAA", f"{ONE},{ONE}", ONE.replace("a1", "ä"),
                     ":" + ONE.partition(":")[2]):  # fmt: skip
            with self.subTest(text), self.assertRaises(KeyWrong):
                Keyring(text)

    def test_a_signature_needs_the_public_key_alone(self):
        key = Keyring(ONE).current
        message = canonical({"heads": []})
        signature = key.sign(message)
        self.assertTrue(is_signed(message, signature, key.public))
        self.assertFalse(is_signed(message + b" ", signature, key.public))
        self.assertFalse(is_signed(message, signature, Keyring(TWO).current.public))
        for damaged in ("", "!", "AAAA", None):
            with self.subTest(damaged):
                self.assertFalse(is_signed(message, str(damaged), key.public))
                self.assertFalse(is_signed(message, signature, str(damaged)))

    def test_what_is_signed_reads_back_to_the_same_bytes(self):
        tree = {"b": [1, None, True], "a": "é\u2028"}
        self.assertEqual(canonical(json.loads(canonical(tree))), canonical(tree))
