import json

from odoo.tests import BaseCase

from .. import codecs
from ..codecs import edifact_messages, outline_names, x12_sets
from ..codecs.outline import outline
from .edifact_samples import build_iftsta
from .x12_samples import build_214


def tags_of(structure):
    return set(structure).union(*(tags_of(inner) for inner in structure.values() if inner))


class TestOutline(BaseCase):
    def setUp(self):
        super().setUp()
        self.raw = build_214(
            statuses=[("X3", "2026-11-02", "0930", "PS")], references=[("DO", "8")]
        )

    def test_x12(self):
        rows = outline("x12", self.raw)
        self.assertEqual(
            [(row["number"], row["level"], row["tag"], row["name"]) for row in rows],
            [
                (1, 0, "ISA", "Interchange begins"), (2, 1, "GS", "Group begins"),
                (3, 2, "ST", "Transaction set begins"), (4, 3, "B10", "Reported shipment"),
                (5, 3, "LX", "Numbered line"), (6, 4, "AT7", "Status"), (7, 4, "L11", "Reference"),
                (8, 2, "SE", "Transaction set ends"), (9, 1, "GE", "Group ends"),
                (10, 0, "IEA", "Interchange ends"),
            ],
        )  # fmt: skip
        self.assertEqual(rows[5]["elements"][0], {"key": "AT701", "value": "X3", "name": "Status"})
        self.assertEqual([each["key"] for each in rows[6]["elements"]], ["L1101", "L1102"])

    def test_edifact(self):
        rows = outline("edifact", build_iftsta())
        levels = {row["tag"]: row["level"] for row in rows}
        self.assertEqual(
            {tag: levels[tag] for tag in ("UNB", "UNH", "BGM", "CNI", "STS", "TDT", "UNZ")},
            {"UNB": 0, "UNH": 1, "BGM": 2, "CNI": 2, "STS": 3, "TDT": 4, "UNZ": 0},
        )
        [status] = [row for row in rows if row["tag"] == "STS"]
        self.assertIn(
            {"key": "STS0204", "value": "Left the ramp, it's moving", "name": "Status description"},
            status["elements"],
        )

    def test_every_segment_of_the_structures_has_a_name(self):
        for structures, names in (
            (x12_sets.STRUCTURES, outline_names.X12_SEGMENTS),
            (edifact_messages.STRUCTURES, outline_names.EDIFACT_SEGMENTS),
        ):
            for structure in structures.values():
                self.assertEqual(tags_of(structure) - set(names), set())
        for elements, names in (
            (outline_names.X12_ELEMENTS, outline_names.X12_SEGMENTS),
            (outline_names.EDIFACT_ELEMENTS, outline_names.EDIFACT_SEGMENTS),
        ):
            for key in elements:
                self.assertTrue(key[:-2] in names or key[:-4] in names, key)

    def test_what_is_left_out_is_counted(self):
        *rows, last = outline("x12", self.raw, limit=4)
        self.assertEqual([row["number"] for row in rows], [1, 2, 3, 4])
        self.assertEqual((last["tag"], last["left_out"], last["number"]), ("", 6, None))
        self.assertIn("6 more segments", last["name"])

    def test_damage_shows_as_it_stands(self):
        raw = (
            self.raw.replace(b"AT7*X3", b"at7*X3").replace(b"SE*6", b"SE*9").replace(b"LX*1", b"Q")
        )
        rows = outline("x12", raw[:-20])
        self.assertIn(("at7", ""), [(row["tag"], row["name"]) for row in rows])
        self.assertIn(
            ("SE", "9"),
            [(row["tag"], row["elements"][0]["value"]) for row in rows if row["elements"]],
        )
        rows = outline("x12", self.raw + b"no interchange")
        self.assertEqual(rows[-1]["tag"], "no interchange")
        *_rows, last = outline("x12", self.raw[:-30] + 100_000 * b"A")
        self.assertIn("The rest cannot be read: A segment is longer", last["name"])
        self.assertEqual(last["left_out"], 0)

    def test_what_has_no_outline(self):
        for codec, raw in (("x12", b"hello"), ("edifact", b""), ("json", b"{}"), ("csv", b"a")):
            with self.assertRaises(codecs.CodecError):
                outline(codec, raw)

    def test_long_values_are_cut_and_passwords_hidden(self):
        raw = self.raw.replace(b"PRO001", 5000 * b"9").replace(
            b"*00*          *ZZ", b"*01*secret    *ZZ", 1
        )
        rows = outline("x12", raw, encoding="utf-8", delimiter=None)
        self.assertLess(len(rows[3]["elements"][0]["value"]), 1100)
        self.assertNotIn("secret", json.dumps(rows))
        raw = build_iftsta().replace(b"+77'", b"+77+secret'", 1)
        self.assertNotIn("secret", json.dumps(outline("edifact", raw)))
