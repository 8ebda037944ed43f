import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import jmespath
from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase

from .. import codecs, mapping, moments, schemas
from ..expressions import ExpressionError, compile_expression
from .edifact_samples import build_iftsta
from .x12_samples import body_214, build_204, build_210, build_214, interchange

SHIPPED = Path(mapping.__file__).parent / "data" / "mappings"


def definition(name):
    return json.loads((SHIPPED / f"{name}.json").read_text("utf-8"))


def translated(name, raw, **options):
    """Translate the first document of `raw` by a shipped mapping, and check what it gives."""
    source = definition(name)
    tree = codecs.get(source["codec"]).decode(raw)[0].tree
    translation = mapping.translate(mapping.compile(source), tree, **options)
    for document in translation.documents:
        schemas.check(document["kind"], document)
    return translation


def run(fields, tree, code_maps=None, **options):
    """Translate `tree` by an event rule with just these fields."""
    rule = {"kind": "event", "fields": fields}
    version = mapping.compile({"documents": [rule], "code_maps": code_maps or {}})
    translation = mapping.translate(version, tree, **options)
    return translation.documents[0], translation


class TestRules(BaseCase):
    def test_first_rule_with_a_value_wins(self):
        fields = [
            {"target": "equipment", "source": "doc.missing"},
            {"target": "equipment", "source": "doc.blank"},
            {"target": "equipment", "source": "doc.first"},
            {"target": "equipment", "source": "doc.second", "default": "none"},
        ]
        document, _ = run(fields, {"first": " A ", "second": "B", "blank": "  "})
        self.assertEqual(document["equipment"], "A")
        document, _ = run(fields, {})
        self.assertEqual(document["equipment"], "none")

    def test_conditions(self):
        fields = [
            {"target": "unit", "when": "doc.kilograms", "default": "KGM"},
            {"target": "unit", "when": "!(doc.kilograms)", "default": "LBR"},
        ]
        self.assertEqual(run(fields, {"kilograms": True})[0]["unit"], "KGM")
        self.assertEqual(run(fields, {"kilograms": False})[0]["unit"], "LBR")

    def test_unknown_code_is_null_and_reported_once(self):
        fields = [
            {"target": "type", "source": "doc.code", "code_map": "statuses"},
            {"target": "raw_code", "source": "doc.code"},
        ]
        document, translation = run(fields, {"code": "ZZ"}, {"statuses": {"D1": "delivered"}})
        self.assertIsNone(document["type"])
        self.assertEqual(document["raw_code"], "ZZ")
        self.assertEqual(translation.unmapped, [mapping.Unmapped("statuses", "ZZ", "type")])
        self.assertEqual(
            run(fields, {"code": "D1"}, {"statuses": {"D1": "delivered"}})[1].unmapped, []
        )

    def test_code_map_that_nobody_maintains(self):
        field = {"target": "stop.role", "source": "doc.code", "code_map": "roles", "report": False}
        document, translation = run([field], {"code": "ZZ"}, {"roles": {}})
        self.assertNotIn("stop", document)
        self.assertEqual(translation.unmapped, [])
        document, _ = run([field | {"default": "transfer"}], {"code": "ZZ"}, {"roles": {}})
        self.assertEqual(document["stop"], {"role": "transfer"})

    def test_nested_loops_know_what_is_around_them(self):
        tree = {"a": [{"n": 1, "b": [{"m": 2}, {"m": 3}]}, {"n": 4}, {"n": 5, "b": {"m": 6}}]}
        rule = {
            "kind": "event",
            "foreach": ["doc.a", "each.b"],
            "when": "each.m != `2`",
            "fields": [
                {"target": "id", "source": "[outer.n, '-', each.m, '-', index]", "cast": "concat"},
                {"target": "unit", "source": "outers[1].n", "cast": "str"},
            ],
        }
        translation = mapping.translate(mapping.compile({"documents": [rule]}), tree)
        self.assertEqual([d["id"] for d in translation.documents], ["1-3-1", "5-6-0"])
        self.assertEqual([d["unit"] for d in translation.documents], ["1", "5"])

    def test_lists_are_gathered_from_several_rules(self):
        item = [{"target": "type", "default": "po"}, {"target": "value", "source": "each.number"}]
        fields = [
            {"target": "shipment.references[]", "foreach": "doc.orders", "require": ["value"],
             "distinct": True, "fields": item},
            {"target": "shipment.references[]", "require": ["value"], "fields": [
                {"target": "type", "default": "bol"}, {"target": "value", "source": "doc.bol"}]},
        ]  # fmt: skip
        tree = {
            "orders": [{"number": "1"}, {"number": "1"}, {"no": 1}, {"number": "2"}],
            "bol": "B",
        }
        document, _ = run(fields, tree)
        values = [(item["type"], item["value"]) for item in document["shipment"]["references"]]
        self.assertEqual(values, [("po", "1"), ("po", "2"), ("bol", "B")])

    def test_conversion_that_fails_leaves_the_field_empty_and_says_so(self):
        fields = [
            {"target": "quantity", "source": "doc.quantity", "cast": "decimal"},
            {"target": "occurred", "source": "doc.when", "cast": "datetime"},
            {"target": "unit", "source": "length(doc.number)"},
        ]
        document, translation = run(fields, {"quantity": "ten", "when": "20261301", "number": 5})
        self.assertEqual(set(document), {"kind", "id", "shipment", "type", "reason"})
        self.assertEqual([p.target for p in translation.problems], ["quantity", "occurred", "unit"])
        self.assertIn("'ten'", translation.problems[0].detail)

    def test_trees_of_any_shape(self):
        for name in ("x12_214", "x12_204", "x12_210", "edifact_iftsta", "ups_track_alert"):
            version = mapping.compile(definition(name))
            for tree in (None, 5, "text", [], [1], {}, {"LX": 5}, {"CNI": {"STS": "x"}}):
                mapping.translate(version, tree)

    def test_a_version_is_not_changed_by_its_use(self):
        version = mapping.compile(definition("x12_214"))
        tree = (
            codecs.get("x12").decode(build_214(statuses=[("X3", "20261102", "0930", "LT")]))[0].tree
        )
        before = json.dumps(tree)
        first = mapping.translate(version, tree)
        first.documents[0]["shipment"]["references"].clear()
        self.assertTrue(mapping.translate(version, tree).documents[0]["shipment"]["references"])
        self.assertEqual(json.dumps(tree), before)


class TestCasts(BaseCase):
    def cast(self, cast, value, **options):
        field = {"target": "quantity", "source": "doc.value", "cast": cast}
        document, translation = run([field], {"value": value}, **options)
        self.assertLessEqual(len(translation.problems), 1)
        return document.get("quantity")

    def test_decimal(self):
        for value, expected in (
            ("11.80", "11.80"), ("-.5", "-0.5"), ("+7", "7"), ("5.", "5"), (3, "3"), (-2, "-2"),
            (Decimal("1E+2"), "100"), (Decimal("0.10"), "0.10"), ("1,5", None), ("1e5", None),
            ("", None), (True, None), ({}, None), ([1], None), (Decimal("1E+999999"), None),
            (Decimal("1E-999999"), None), ("9" * 50, None), ("NaN", None),
        ):  # fmt: skip
            self.assertEqual(self.cast("decimal", value), expected, value)

    def test_decimal_comma(self):
        self.assertEqual(self.cast("decimal_comma", "1.234,50"), "1234.50")
        self.assertEqual(self.cast("decimal_comma", "7"), "7")

    def test_implied_decimals(self):
        self.assertEqual(self.cast("implied_decimal:2", "-44949"), "-449.49")
        self.assertEqual(self.cast("implied_decimal:2", "1"), "0.01")
        self.assertEqual(self.cast("implied_decimal:2", "449.5"), "449.5")
        self.assertEqual(self.cast("implied_decimal:3", "1000"), "1.000")
        self.assertEqual(self.cast("implied_decimal", "1000"), "10.00")
        self.assertEqual(self.cast("implied_decimal:2", "1200", implied_decimals=0), "1200")

    @given(st.decimals(-(10**9), 10**9, places=2))
    def test_implied_decimals_are_exact(self, amount):
        cents = str(int(amount * 100))
        self.assertEqual(Decimal(self.cast("implied_decimal:2", cents) or 0), amount)

    def test_text_numbers_and_truth(self):
        self.assertEqual(self.cast("str", 5), "5")
        self.assertEqual(self.cast("str", Decimal("1.50")), "1.50")
        self.assertEqual(self.cast("int", "007"), 7)
        self.assertIsNone(self.cast("int", "7.5"))
        self.assertEqual(self.cast("words", ["a ", None, "", "b"]), "a b")
        self.assertEqual(self.cast("concat", ["a", None, 1]), "a1")
        self.assertEqual(self.cast("strip", ["x", "y"]), "x y")
        self.assertIs(self.cast("bool", "Yes"), True)
        self.assertIs(self.cast("bool", False), False)
        self.assertIsNone(self.cast("bool", "perhaps"))
        self.assertIsNone(self.cast("str", {"a": 1}))


class TestMoments(BaseCase):
    def assert_moment(self, expected, value, *formats, zone=None):
        self.assertEqual(moments.parse(value, formats, zone).isoformat(), expected, value)

    def test_iso_and_edi(self):
        for value, expected in (
            ("2026-11-02T09:30:00Z", "2026-11-02T09:30:00+00:00"),
            ("2026-11-02T09:30:00.5+0200", "2026-11-02T09:30:00.500000+02:00"),
            ("2026-11-02 09:30", "2026-11-02T09:30:00"),
            ("20261102T093000Z", "2026-11-02T09:30:00+00:00"),
            ("202611020930", "2026-11-02T09:30:00"),
            (["20261102", "0930"], "2026-11-02T09:30:00"),
            (["20261102", "930"], "2026-11-02T09:30:00"),
            (["20261102", "09:30:15"], "2026-11-02T09:30:15"),
            (["20261102", "09301599"], "2026-11-02T09:30:15.990000"),
            (["20261102", None], "2026-11-02"),
            ("261102", "2026-11-02"),
            ("991231", "1999-12-31"),
            ("2611020930", "2026-11-02T09:30:00"),
            (["20261231", "2400"], "2027-01-01T00:00:00"),
        ):
            self.assert_moment(expected, value)

    def test_patterns(self):
        self.assert_moment("2026-11-02", "11/02/2026", "%d.%m.%Y", "%m/%d/%Y")
        self.assert_moment("2026-11-02T21:05:00", "2.11.2026 9:05 PM", "%d.%m.%Y %I:%M %p")

    def test_zones(self):
        for zone, offset in (
            ("PS", "-08:00"), ("PD", "-07:00"), ("ES", "-05:00"), ("ED", "-04:00"),
            ("CT", "-06:00"),
            ("UT", "+00:00"), ("GM", "+00:00"), ("LT", ""), (None, ""), ("05", "+05:00"),
            ("13", "-12:00"), ("24", "-01:00"), ("+0530", "+05:30"), ("Europe/Berlin", "+01:00"),
            ("NS", "-03:30"),
        ):  # fmt: skip
            self.assert_moment(f"2026-11-02T09:30:00{offset}", "202611020930", zone=zone)

    def test_a_zone_without_season_follows_the_calendar(self):
        self.assert_moment("2026-07-01T09:30:00-05:00", "202607010930", zone="CT")
        self.assert_moment("2026-12-01T09:30:00-06:00", "202612010930", zone="CT")

    def test_an_offset_of_its_own_comes_first(self):
        self.assert_moment("2026-11-02T09:30:00+02:00", "2026-11-02T09:30+02:00", zone="PS")

    def test_what_is_no_date(self):
        for value in (
            "",
            "00000000",
            "20261302",
            "20261102 2560",
            "yesterday",
            "2026",
            "9" * 40,
            [],
        ):
            with self.assertRaises(ValueError, msg=value):
                moments.parse(value)
        with self.assertRaises(ValueError):
            moments.parse("202611020930", (), "Mars/Olympus")

    @settings(max_examples=300)
    @given(st.text(max_size=20), st.text(max_size=6))
    def test_any_text(self, text, zone):
        try:
            moments.parse([text, text], (), zone)
        except (ValueError, OverflowError) as error:
            self.assertTrue(str(error))


class TestCompiling(BaseCase):
    def assert_refused(self, words, **changes):
        rule = {"kind": "event", "fields": [{"target": "id", "source": "doc.id"}]} | changes
        with self.assertRaises(mapping.MappingError) as caught:
            mapping.compile({"documents": [rule]})
        self.assertIn(words, str(caught.exception))
        self.assertIn("documents[0]", caught.exception.rule)

    def test_what_is_refused_names_the_rule(self):
        self.assert_refused("the kind", kind="poem")
        self.assert_refused("unknown keys: colour", colour="red")
        self.assert_refused("no fields", fields=[])
        self.assert_refused("no JMESPath", foreach="doc.[")
        self.assert_refused("no JMESPath", when="each..x")
        self.assert_refused("no target", fields=[{"source": "doc.id"}])
        self.assert_refused("no target", fields=["id"])
        self.assert_refused("fields[0] (id)", fields=[{"target": "id", "source": "doc.["}])
        self.assert_refused("neither", fields=[{"target": "id"}])
        self.assert_refused("the cast", fields=[{"target": "id", "source": "a", "cast": "poem"}])
        self.assert_refused("code map", fields=[{"target": "id", "source": "a", "code_map": "m"}])
        self.assert_refused("unknown keys", fields=[{"target": "a[]", "fields": [], "source": "b"}])
        both = [{"target": "stop", "source": "a"}, {"target": "stop.role", "source": "b"}]
        self.assert_refused("lies within", fields=both)

    def test_other_formats(self):
        for wrong in ({}, {"documents": []}, {"format": "poem"}, {"schema": 9}):
            with self.assertRaises(mapping.MappingError):
                mapping.compile(wrong)

    def test_shipped_mappings_compile(self):
        names = sorted(path.stem for path in SHIPPED.glob("*.json"))
        self.assertEqual(
            names,
            ["cloudevents_default", "csv_invoice", "csv_order_out", "csv_status"]
            + ["easypost_tracker", "edifact_iftmin", "edifact_iftmin_out", "edifact_iftsta"]
            + ["edifact_invoic", "json_plain_out", "ups_track_alert", "x12_204", "x12_204_out"]
            + ["x12_210", "x12_214", "x12_214_out", "x12_990"],
        )
        for name in names:
            source = definition(name)
            self.assertEqual(source["code"], name)
            self.assertIn(source["codec"], codecs.NAMES)
            mapping.compile(source)


class TestExpressions(BaseCase):
    EXPRESSIONS = (
        "a", "a.b", "a[0]", "a[-1].b", "a[0].b[1]", "a || b", "a && b", "!a", "[a, b]", "`5`",
        "'x'", "a.b || 'none'", "a[?b=='1'].c | [0]", "a[].b", "a[*].b[]", "[a, b][]", "@", "a.*",
        "a == b", "{x: a, y: b}", "a | b", "a[1:]", "not_null(a, b)", "a.b.c", "(a || b).c",
        "a == `1`", "a != b", "a == `true`", "a < b", "a[?b!='1'].c", "a[?b]", "a[?@=='x']",
        "a[?b && c]", "a[?!(b)] | [-1]", "a[?b > `0`]", "a[?c==`null`].b", "a[?b==c].[b, c]",
    )  # fmt: skip
    VALUES = st.recursive(
        st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "1", "x"]),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
        ),
        max_leaves=12,
    )

    @settings(max_examples=300, deadline=None)
    @given(st.sampled_from(EXPRESSIONS), VALUES)
    def test_same_as_jmespath(self, text, value):
        try:
            expected = jmespath.search(text, value)
        except (jmespath.exceptions.JMESPathError, TypeError):  # it compares 1 with "a"
            with self.assertRaises(ExpressionError):
                compile_expression(text)(value)
        else:
            self.assertEqual(compile_expression(text)(value), expected)

    def test_what_would_never_end_is_refused(self):
        for text in (
            "|".join(["[@,@]"] * 40) + "|to_string(@)",
            "|".join(["{a: @, b: @}"] * 40),
            "|".join(["join('', [@, @])"] * 40),
            "(" * 3000 + "a" + ")" * 3000,
            "!" * 3000 + "a",
        ):
            with self.subTest(text[:20]), self.assertRaises(ExpressionError):
                compile_expression(text)
        self.assertEqual(compile_expression("a[:2] | [[0], [1]]")({"a": [1, 2, 3]}), [1, 2])


class TestStatusMessages(BaseCase):
    def test_statuses_and_appointments(self):
        raw = build_214(
            shipment="SHP9",
            pro="PRO9",
            statuses=[
                ("AA", "2026-11-02", "0800", "PS", "NA"),
                ("X3", "2026-11-02", "0930", "PS"),
                ("AG", "2026-11-03", "1200", "ET", "AO"),
                ("D1", "2026-11-03", "1400", "LT"),
            ],
            references=[("QN", "2"), ("DO", "88001"), ("BM", "B7")],
        )
        arrived, expected, delivered, appointment = translated("x12_214", raw).documents
        self.assertEqual(arrived["type"], "pickup_arrived")
        self.assertEqual(arrived["occurred"], "2026-11-02T09:30:00-08:00")
        self.assertEqual(arrived["classifier"], "actual")
        self.assertEqual(arrived["reason"], "normal")
        self.assertEqual(arrived["stop"]["sequence"], 2)
        self.assertIsNone(arrived["id"])
        self.assertEqual(
            [(item["type"], item["value"]) for item in arrived["shipment"]["references"]],
            [("shipment", "SHP9"), ("pro", "PRO9"), ("delivery_order", "88001"), ("bol", "B7")],
        )
        self.assertEqual(expected["classifier"], "estimated")
        self.assertEqual(expected["type"], "estimated_delivery")
        self.assertEqual(expected["reason"], "weather")
        self.assertEqual(expected["occurred"], "2026-11-03T12:00:00-05:00")
        self.assertEqual(delivered["occurred"], "2026-11-03T14:00:00")
        self.assertEqual(delivered["stop"]["role"], "delivery")
        self.assertEqual(appointment["type"], "appointment")
        self.assertEqual(appointment["classifier"], "planned")
        self.assertEqual(appointment["stop"]["role"], "pickup")
        self.assertEqual(appointment["raw_code"], "AA")

    def test_when_it_was_said(self):
        raw = build_214(statuses=[("AG", "2026-11-03", "1200", "ET")])
        document = translated("x12_214", raw).documents[0]
        group = next(iter(codecs.get("x12").decode(raw))).tree["group"]
        said = datetime.strptime(group["date"] + group["time"], "%Y%m%d%H%M")
        self.assertEqual(document["reported"], said.isoformat())
        damaged = raw.replace(f"*{group['date']}*{group['time']}*".encode(), b"*LATELY*SOON*")
        self.assertNotIn("reported", translated("x12_214", damaged).documents[0])

    def test_the_ends_of_an_appointment(self):
        codes = {"EP": "not_before", "LP": "not_after", "ED": "not_before", "LD": "not_after"}
        for code, kind in codes.items():
            raw = build_214(statuses=[(code, "2026-11-02", "0800", "PS")])
            document = translated("x12_214", raw).documents[0]
            self.assertEqual((document["type"], document["classifier"]), (kind, "planned"))

    def test_unknown_status_and_reason(self):
        raw = build_214(statuses=[("Q9", "2026-11-02", "0930", "PS", "ZZ")])
        translation = translated("x12_214", raw)
        document = translation.documents[0]
        self.assertEqual((document["type"], document["raw_code"]), (None, "Q9"))
        self.assertEqual((document["reason"], document["raw_reason"]), (None, "ZZ"))
        self.assertEqual(
            [(item.map_name, item.code) for item in translation.unmapped],
            [("statuses", "Q9"), ("reasons", "ZZ")],
        )

    def test_place_equipment_and_quantity(self):
        body = body_214(statuses=[("D1", "20261103", "1400", "LT")])
        body += ["MS1*ERIE*PA*US", "MS2*TSTU*1234565*CN", "AT8*G*L*4200*24"]
        document = translated("x12_214", interchange(("214", body))).documents[0]
        self.assertEqual(document["place"], {"city": "ERIE", "state": "PA", "country": "US"})
        self.assertEqual(document["equipment"], "TSTU1234565")
        self.assertEqual(document["quantity"], "24")

    def test_rail_report(self):
        documents = translated("edifact_iftsta", build_iftsta()).documents
        told = [
            (d["type"], d["classifier"], d["occurred"], d["place"]["locode"]) for d in documents
        ]
        self.assertEqual(
            told,
            [
                ("departed_terminal", "actual", "2026-11-02T10:30:00", "USDAY"),
                ("departed_terminal", "actual", "2026-10-29T14:15:00", "USOAK"),
                ("arrived_terminal", "actual", "2026-11-01T05:05:00", "USCHI"),
                ("departed_terminal", "estimated", "2026-11-03T16:30:00", "USCHI"),
                ("estimated_arrival", "estimated", "2026-11-04T07:00:00", "USCLE"),
            ],
        )
        self.assertEqual(documents[0]["raw_description"], "Left the ramp, it's moving")
        for document in documents:
            self.assertEqual(document["equipment"], "TSTU1234565")
            self.assertIn({"type": "bol", "value": "BOL42"}, document["shipment"]["references"])

    def test_parcel_push(self):
        push = {
            "trackingNumber": "1Z999AA10123456784",
            "activityLocation": {"city": "DAYTON", "stateProvince": "OH", "country": "US"},
            "activityStatus": {"type": "D", "descriptionCode": "011", "description": "Delivered"},
            "gmtActivityDate": "20261102",
            "gmtActivityTime": "153000",
            "localActivityDate": "20261102",
            "localActivityTime": "103000",
            "receivedBy": "Dock 4",
        }
        document = translated("ups_track_alert", json.dumps(push).encode()).documents[0]
        self.assertEqual(document["type"], "delivered")
        self.assertEqual(document["occurred"], "2026-11-02T15:30:00+00:00")
        self.assertEqual(document["proof"], {"signer": "Dock 4"})
        del push["gmtActivityDate"]
        push["activityStatus"] = {"type": "X", "descriptionCode": "999"}
        translation = translated("ups_track_alert", json.dumps(push).encode())
        self.assertEqual(translation.documents[0]["occurred"], "2026-11-02T10:30:00")
        self.assertNotIn("proof", translation.documents[0])
        self.assertEqual(translation.unmapped[0].code, "X/999")

    def test_status_lines(self):
        raw = (
            b"Shipment;PRO;Status;Date;Time;Zone;City;Stop;Signer\n"
            b"SHP1;PRO1;Delivered;2026-11-02;10:30;ET;Erie;2;Dock 4\n"
        )
        document = translated("csv_status", raw).documents[0]
        self.assertEqual(document["type"], "delivered")
        self.assertEqual(document["occurred"], "2026-11-02T10:30:00-05:00")
        self.assertEqual(document["stop"], {"sequence": 2})


class TestCloudEvents(BaseCase):
    ENVELOPE = {
        "specversion": "1.0",
        "id": "42",
        "source": "/tms",
        "time": "2026-11-02T09:00:00Z",
        "type": "shipment.milestone.v1",
    }

    def document(self, data, **envelope):
        raw = json.dumps(self.ENVELOPE | envelope | {"data": data}).encode()
        return translated("cloudevents_default", raw).documents[0]

    def test_what_was_said_when_of_which_goods(self):
        document = self.document(
            {
                "shipment": "SHP1",
                "type": "delivered",
                "occurred": "2026-11-02T08:00:00Z",
                "goods": [{"line": 1, "quantity": 4}, {"sku": "SHELF-1", "quantity": "2.5"}],
            }
        )
        self.assertEqual(document["reported"], "2026-11-02T09:00:00+00:00")
        self.assertEqual(
            document["goods"],
            [{"line": 1, "quantity": "4"}, {"sku": "SHELF-1", "quantity": "2.5"}],
        )
        self.assertNotIn("reported", self.document({"shipment": "SHP1", "type": "delivered"}))

    def test_tender_accepted_with_its_charges(self):
        document = self.document(
            {
                "shipment": {"references": [{"type": "shipment", "value": "SHP1"}]},
                "carrier": {"scac": "ABCD", "name": "Example Freight"},
                "charges": [{"code": "400", "amount": 1200.5, "currency": "USD"}],
            },
            type="tender.accepted.v1",
        )
        self.assertEqual(document["type"], "tender_accepted")
        self.assertEqual(document["id"], "/tms#42")
        self.assertEqual(document["occurred"], "2026-11-02T09:00:00+00:00")
        self.assertEqual(document["carrier"]["scac"], "ABCD")
        self.assertEqual(document["charges"][0]["amount"], "1200.5")

    def test_plain_milestone(self):
        document = self.document({"shipment": "SHP1", "status": "delivered"})
        self.assertEqual(document["type"], "delivered")
        self.assertEqual(
            document["shipment"]["references"], [{"type": "shipment", "value": "SHP1"}]
        )
        document = self.document({"status": "delivered"}, subject="SHP2")
        self.assertEqual(document["shipment"]["references"][0]["value"], "SHP2")

    def test_canonical_event_passes_through(self):
        event = {
            "shipment": {"references": [{"type": "bol", "value": "B1"}], "scac": "ABCD"},
            "type": "partly_unloaded",
            "raw_code": "D2",
            "classifier": "actual",
            "occurred": "2026-11-02T08:00:00-05:00",
            "reason": "weather",
            "stop": {"sequence": 2, "role": "delivery"},
            "place": {"city": "Erie", "state": "PA", "country": "US"},
            "quantity": "12.5",
            "unit": "KGM",
            "equipment": "TRAILER1",
            "proof": {"signer": "Dock 4"},
        }
        document = self.document(event)
        for name, value in event.items():
            self.assertEqual(document[name], value, name)

    def test_retraction_names_the_event_of_the_same_source(self):
        document = self.document({"shipment": "SHP1", "retracts": "41"}, type="event.retracted.v1")
        self.assertEqual(document["type"], "retraction")
        self.assertEqual(document["retracts"], "/tms#41")


class TestBusinessDocuments(BaseCase):
    def test_invoice(self):
        raw = build_210(
            invoice="INV7",
            shipment="SHP7",
            charges=[("400", "1200.00"), ("DSC", "-449.49"), ("FUE", "96.10"), ("QQQ", "1.00")],
            currency="CAD",
            correction="CO",
            pro="PRO7",
        )
        translation = translated("x12_210", raw)
        invoice = translation.documents[0]
        self.assertEqual((invoice["number"], invoice["currency"]), ("INV7", "CAD"))
        self.assertEqual((invoice["date"], invoice["delivery_date"]), ("2026-11-04", "2026-11-03"))
        self.assertEqual(invoice["correction"], "CO")
        self.assertEqual(
            invoice["references"],
            [{"type": "shipment", "value": "SHP7"}, {"type": "pro", "value": "PRO7"}],
        )
        self.assertEqual([line["code"] for line in invoice["lines"]], ["400", "DSC", "405", None])
        self.assertEqual(invoice["lines"][1]["amount"], "-449.49")
        self.assertEqual(invoice["lines"][3]["raw_code"], "QQQ")
        self.assertEqual(translation.unmapped, [mapping.Unmapped("charges", "QQQ", "lines[].code")])
        total = sum(Decimal(line["amount"]) for line in invoice["lines"])
        self.assertEqual(total, Decimal(invoice["total"]))

    def test_partner_that_sends_the_decimal_point(self):
        raw = build_210(charges=[("400", "1200.00")]).replace(b"120000", b"1200")
        invoice = translated("x12_210", raw, implied_decimals=0).documents[0]
        self.assertEqual((invoice["total"], invoice["lines"][0]["amount"]), ("1200", "1200"))

    def test_invoice_without_loops(self):
        body = [
            "B3**I1*S1*PP**20261104*10000****ABCD",
            "L5*1*LINE HAUL",
            "L1*1***10000",
            "L3*****10000",
        ]
        invoice = translated("x12_210", interchange(("210", body))).documents[0]
        self.assertEqual(invoice["lines"][0]["description"], "LINE HAUL")
        self.assertEqual(invoice["lines"][0]["amount"], "100.00")

    def test_tender(self):
        shipment = translated(
            "x12_204", build_204(shipment="SHP5", references=[("PO", "P1")])
        ).documents[0]
        self.assertEqual(shipment["purpose"], "original")
        self.assertEqual(shipment["terms"], "PP")
        self.assertEqual([stop["role"] for stop in shipment["stops"]], ["pickup", "delivery"])
        self.assertEqual(shipment["stops"][0]["planned"], {"from": "2026-11-02T08:00:00"})
        self.assertEqual(shipment["stops"][1]["place"]["city"], "ERIE")
        self.assertEqual(shipment["parties"][0]["role"], "shipper")
        self.assertIn({"type": "po", "value": "P1"}, shipment["references"])

    def test_tender_with_hazardous_goods_and_a_container(self):
        body = [
            "B2**ABCD**SHP5**CC", "B2A*04", "S5*1*LD", "N1*SF*RAMP", "L5*1*CHEMICALS",
            "G61*HM*DESK",
            "LH1*PK*4*UN1993***KG*4276***III", "LH2*3", "LH3*FLAMMABLE LIQUID", "L5*2*PAPER",
            "AT8*G*L*900*3", "N7*TSTU*123456*8880*G*******CN******K*5", "S5*2*UL", "N1*ST*STORE",
        ]  # fmt: skip
        shipment = translated("x12_204", interchange(("204", body))).documents[0]
        self.assertEqual(shipment["purpose"], "change")
        self.assertEqual(
            shipment["lines"],
            [
                {
                    "description": "FLAMMABLE LIQUID", "quantity": "4", "unit": "PK",
                    "weight": "4276", "weight_unit": "KGM",
                    "hazmat": {"un_number": "UN1993", "class": "3", "packing_group": "III"},
                },
                {"description": "PAPER", "quantity": "3", "weight": "900", "weight_unit": "LBR"},
            ],
        )  # fmt: skip
        self.assertEqual(shipment["equipment"][0]["number"], "TSTU1234565")
        self.assertIn({"type": "container", "value": "TSTU1234565"}, shipment["references"])
