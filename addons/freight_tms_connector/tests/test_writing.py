"""The shipped outbound mappings: what they write, our own readers read back as the same facts."""

import io
import json
import warnings
from datetime import datetime, timezone
from pathlib import Path

import pytz
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odoo.tests import BaseCase

from .. import codecs, mapping, schemas, verdicts, writing
from ..codecs.acknowledged import read_acknowledgement
from ..codecs.acknowledging import Acknowledger
from .edifact_samples import interchange as edifact_interchange
from .edifact_samples import message
from .x12_samples import interchange

SHIPPED = Path(__file__).parents[1] / "data" / "mappings"
MOMENT = datetime(2026, 11, 1, 8, 15, tzinfo=timezone.utc)
WORDS = st.text("ABCDEFGHIJ klmnop0123456789.-/", min_size=1, max_size=24).filter(
    lambda text: text == " ".join(text.split())
)
ZONES = ("America/Chicago", "America/Los_Angeles", "Europe/Berlin", "Asia/Tokyo", "UTC")
TYPES = ("bol", "po", "mbol", "booking", "delivery_order", "shipper", "contract", "load", "invoice")

thorough = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(
    lambda moment: f"{moment.replace(second=0, microsecond=0).isoformat()}Z"
)
decimals = st.integers(0, 10**8).map(lambda number: f"{number / 1000:.3f}")


@st.composite
def stops(draw, sequence, role):
    return {
        "sequence": sequence,
        "role": role,
        "name": draw(st.none() | WORDS),
        "street": draw(st.none() | WORDS),
        "city": draw(WORDS),
        "state": draw(st.none() | st.sampled_from(["IL", "TX"])),
        "zip": draw(st.none() | st.sampled_from(["60601", "75201-1234"])),
        "country": draw(st.none() | st.sampled_from(["US", "DE"])),
        "locode": None,
        "tz": draw(st.sampled_from(ZONES)),
        "window_start": draw(st.none() | moments),
        "window_end": draw(st.none() | moments),
    }


@st.composite
def shipments(draw, middle=2):
    roles = draw(st.lists(st.sampled_from(["pickup", "delivery", "transfer"]), max_size=middle))
    roles = ["pickup", *roles, "delivery"]
    return {
        "number": draw(st.from_regex(r"SHP/[0-9]{1,9}", fullmatch=True)),
        "company": "Example Wholesale",
        "mode": draw(st.sampled_from(["ftl", "ltl", "rail", "ocean", "air"])),
        "freight_terms": draw(st.sampled_from(["PP", "CC"])),
        "service": None,
        "carrier_scac": "ABCD",
        "planned_pickup": draw(st.none() | moments),
        "planned_delivery": draw(st.none() | moments),
        "weight_kg": draw(decimals),
        "volume_m3": draw(decimals),
        "pieces": str(draw(st.integers(0, 999_999))),
        "currency": "USD",
        "references": draw(
            st.lists(
                st.fixed_dictionaries({"type": st.sampled_from(TYPES), "value": WORDS}),
                max_size=4, unique_by=lambda one: (one["type"], one["value"]),
            )
        ),
        "stops": [draw(stops(place, role)) for place, role in enumerate(roles, start=1)],
        "lines": draw(
            st.lists(
                st.fixed_dictionaries(
                    {
                        "description": WORDS,
                        "quantity": st.integers(1, 999_999).map(str),
                        "unit": st.none(),
                        "weight_kg": decimals,
                        "hazmat": st.sampled_from([False, False, "UN1263", "1993"]),
                    }
                ),
                min_size=1, max_size=3,
            )
        ),
        "charges": [],
    }  # fmt: skip


def definition(code):
    return json.loads((SHIPPED / f"{code}.json").read_text("utf-8"))


def document(data, event_type="shipment.released"):
    return {"id": "m-1", "type": event_type, "time": "2026-11-01T08:15:00Z", **data}


def envelope(**changes):
    return writing.Envelope(
        **{"sender": "OURSIDE", "receiver": "ABCD", "moment": MOMENT, "control": 12, **changes}
    )


def local(moment, zone):
    """Return a UTC ``moment`` of a body as the local time that a reader finds."""
    aware = datetime.fromisoformat(moment.replace("Z", "+00:00"))
    return aware.astimezone(pytz.timezone(zone)).replace(tzinfo=None).isoformat()


class WritingCase(BaseCase):
    def written(self, code, data, event_type="shipment.released", **changes):
        """Return the bytes that a shipped mapping makes."""
        rules = definition(code)
        version = mapping.compile(rules)
        made = writing.trees(version, rules["kind"], rules["codec"], document(data, event_type))
        return writing.encoded(
            made, rules["codec"], envelope(**changes), {}, writing.columns(version)
        )

    def read(self, code, raw):
        """Return the one document that an inbound mapping reads in ``raw``, which is sound."""
        rules = definition(code)
        acknowledger = Acknowledger()
        [decoded] = codecs.get(rules["codec"]).decode(raw)
        self.assertIsNone(decoded.error)
        acknowledger.note(decoded)
        [verdict] = acknowledger.verdicts().values()
        self.assertEqual((verdict.accepted, verdict.rejected), (1, 0), "our own 997 takes it")
        self.assertEqual(decoded.kind, rules["kind"])
        translation = mapping.translate(mapping.compile(rules), decoded.tree)
        self.assertEqual((translation.unmapped, translation.problems), ([], []))
        [found] = translation.documents
        schemas.check(found["kind"], found)
        return found

    def refused(self, code, data, *words, **changes):
        with self.assertRaises(writing.Unwritable) as caught:
            self.written(code, data, **changes)
        for word in words:
            self.assertIn(word, str(caught.exception))


class TestLoadTender(WritingCase):
    @thorough
    @given(shipments(), st.sampled_from(["original", "change", "cancel"]))
    def test_read_back(self, shipment, purpose):
        tender = {"number": "T-1", "purpose": purpose, "carrier_scac": "EFGH", "charges": []}
        found = self.read(
            "x12_204", self.written("x12_204_out", {"tender": tender, "shipment": shipment})
        )
        self.assertEqual(found["purpose"], "cancellation" if purpose == "cancel" else purpose)
        self.assertEqual((found["scac"], found["terms"]), ("EFGH", shipment["freight_terms"]))
        self.assertEqual(found["mode"], shipment["mode"])
        self.assertEqual(
            {(one["type"], one["value"]) for one in found["references"]},
            {("shipment", shipment["number"]), ("other", "T-1")}
            | {(one["type"], one["value"]) for one in shipment["references"]},
        )
        self.assertEqual(
            [self.stop_read(stop) for stop in found["stops"]],
            [self.stop_written(stop, shipment) for stop in shipment["stops"]],
        )
        self.assertEqual(
            sorted((float(one.get("weight", 0)), one["quantity"]) for one in found["lines"]),
            sorted((float(one["weight_kg"]), one["quantity"]) for one in shipment["lines"]),
        )
        self.assertEqual(
            {one["hazmat"]["un_number"] for one in found["lines"] if "hazmat" in one},
            {one["hazmat"] for one in shipment["lines"] if one["hazmat"]},
        )

    def stop_read(self, stop):
        place, planned = stop["place"], stop.get("planned", {})
        return (
            *(stop["sequence"], stop["role"], place["name"], place["city"]),
            *(place.get("state"), place.get("zip"), place.get("country")),
            *(planned.get("from"), planned.get("to")),
        )

    def stop_written(self, stop, shipment):
        start, end = stop["window_start"], stop["window_end"]
        if not start and stop is shipment["stops"][0]:
            start = shipment["planned_pickup"]
        if not start and stop is shipment["stops"][-1]:
            start = shipment["planned_delivery"]
        return (stop["sequence"], stop["role"], stop["name"] or stop["city"], stop["city"],
                stop["state"], stop["zip"], stop["country"],
                start and local(start, stop["tz"]), end and local(end, stop["tz"]))  # fmt: skip

    SHIPMENT = {
        "number": "SHP/1", "mode": "ftl", "freight_terms": "PP", "carrier_scac": "ABCD",
        "planned_pickup": None, "planned_delivery": None, "weight_kg": "520.000",
        "volume_m3": "0.000", "pieces": "10",
        "references": [{"type": "shipment", "value": "SHP/1"}, {"type": "so", "value": "S9"}],
        "stops": [
            {"sequence": 1, "role": "pickup", "name": "North", "city": "Chicago",
             "tz": "America/Chicago", "window_start": "2026-11-02T14:00:00Z"},
            {"sequence": 2, "role": "delivery", "name": None, "city": "Dallas",
             "tz": "America/Chicago", "window_end": "2026-11-04T23:30:00Z"},
        ],
        "lines": [{"description": "Paint", "quantity": "10", "weight_kg": "520.000",
                   "hazmat": True}],
    }  # fmt: skip

    def test_segments(self):
        tender = {
            "number": "T1",
            "purpose": "original",
            "respond_by": "2026-11-01T12:00:00Z",
            "charges": [{"amount": "1200.50"}, {"amount": "10.00"}],
        }
        raw = self.written("x12_204_out", {"tender": tender, "shipment": self.SHIPMENT})
        body = raw.decode().split("~")[3:-4]
        self.assertEqual(
            body,
            [
                "B2**ABCD**SHP/1**PP", "B2A*00*LT", "L11*T1*CR", "L11*S9*ZZ",
                "G62*64*20261101*1*1200*UT", "MS3*ABCD*B**M",
                "S5*1*LD", "G62*37*20261102*I*0800*LT", "AT5*HM", "N1*SF*North", "N4*Chicago",
                "L5*1*Paint", "AT8*G*K*520*10",
                "S5*2*UL", "G62*54*20261104*L*1730*LT", "N1*ST*Dallas", "N4*Dallas",
                "L3*520*G***121050******10*K",
            ],
        )  # fmt: skip

    def test_what_cannot_be_written(self):
        shipment = self.SHIPMENT
        for changes, words in (
            ({"carrier_scac": None}, ["B202 (Carrier (SCAC))", "required"]),
            ({"number": "N" * 31}, ["B204", "longer than 30"]),
            ({"stops": shipment["stops"][:1]}, ["needs a pickup and a delivery"]),
            ({"lines": [{**shipment["lines"][0], "description": "A~B"}]}, ["L502", "'~'"]),
            ({"stops": [{**shipment["stops"][0], "role": "tour"}, *shipment["stops"]]},
             ["stop_reasons", "tour"]),
            ({"stops": [{**shipment["stops"][0], "tz": "Mars"}, shipment["stops"][1]]},
             ["Mars", "time zone"]),
            ({"weight_kg": "many"}, ["L301", "not a number"]),
        ):  # fmt: skip
            self.refused("x12_204_out", {"shipment": {**shipment, **changes}}, *words)
        self.refused("x12_204_out", {"shipment": shipment}, "purposes", event_type="x.y")
        self.refused("x12_204_out", {"shipment": shipment}, "ISA06", sender="")

    def test_all_faults_are_told_at_once(self):
        shipment = {**self.SHIPMENT, "carrier_scac": None, "number": None}
        self.refused("x12_204_out", {"shipment": shipment}, "B202", "B204")

    def test_what_has_no_stops_is_left_out(self):
        with self.assertRaises(writing.LeftOut):
            self.written("x12_204_out", {"shipment": {"number": "S"}})

    def test_pyx12_reads_it(self):
        from pyx12.x12file import X12Reader

        raw = self.written("x12_204_out", {"shipment": self.SHIPMENT}).decode()
        reader = X12Reader(io.StringIO(raw))
        tags = [segment.get_seg_id() for segment in reader]
        self.assertEqual(tags[:3] + tags[-3:], ["ISA", "GS", "ST", "SE", "GE", "IEA"])
        self.assertEqual(reader.pop_errors(), [])


class TestStatus(WritingCase):
    STATUSES = sorted(definition("x12_214_out")["code_maps"]["statuses"])
    REASONS = sorted(definition("x12_214_out")["code_maps"]["reasons"])

    @thorough
    @given(
        st.sampled_from(STATUSES),
        st.none() | st.sampled_from(REASONS),
        moments,
        st.none() | st.integers(1, 9),
        st.booleans(),
    )
    def test_read_back(self, kind, reason, occurred, sequence, placed):
        event = {
            "id": "e",
            "type": kind,
            "occurred": occurred,
            "reason": reason,
            "quantity": "7" if kind == "delivered" else None,
            "stop": sequence and {"sequence": sequence, "role": "delivery"},
            "place": {"city": "Dallas" if placed else None, "state": "TX", "country": "US"},
        }
        shipment = {
            "number": "SHP/1",
            "carrier_scac": "ABCD",
            "references": [{"type": "pro", "value": "P1"}, {"type": "po", "value": "O1"}],
        }
        raw = self.written("x12_214_out", {"shipment": shipment, "event": event})
        found = self.read("x12_214", raw)
        self.assertEqual(found["type"], kind)
        self.assertEqual(found["reason"], reason or "normal")
        self.assertEqual(found["occurred"], occurred.replace("Z", "+00:00"))
        self.assertEqual(found.get("stop", {}).get("sequence"), sequence)
        self.assertEqual(found.get("place", {}).get("city"), "Dallas" if placed else None)
        self.assertEqual(
            [(one["type"], one["value"]) for one in found["shipment"]["references"]],
            [("shipment", "SHP/1"), ("pro", "P1"), ("po", "O1")],
        )

    def test_every_status_means_the_same_both_ways(self):
        inbound = definition("x12_214")["code_maps"]
        outbound = definition("x12_214_out")["code_maps"]
        for name in ("statuses", "reasons"):
            for ours, theirs in outbound[name].items():
                self.assertEqual(inbound[name][theirs], ours)
        for code in ("x12_204", "edifact_iftmin"):
            inbound, outbound = (definition(one)["code_maps"] for one in (code, f"{code}_out"))
            for ours, theirs in outbound["references"].items():
                self.assertEqual(inbound["references"][theirs], ours, code)

    def test_what_a_214_has_no_word_for(self):
        for name, event in (
            ("shipment.milestone_retracted", {"type": "delivered"}),
            ("shipment.dispatched", {"type": "dispatched"}),
            ("shipment.exception_opened", None),
        ):
            with self.assertRaises(writing.LeftOut):
                self.written("x12_214_out", {"shipment": {}, "event": event}, event_type=name)


class TestInstruction(WritingCase):
    @thorough
    @given(shipments(middle=0))
    def test_read_back(self, shipment):
        raw = self.written("edifact_iftmin_out", {"shipment": shipment})
        found = self.read("edifact_iftmin", raw)
        self.assertEqual((found["purpose"], found["scac"]), ("original", "ABCD"))
        self.assertEqual(found["terms"], shipment["freight_terms"])
        self.assertEqual(
            [(one["type"], one["value"]) for one in found["references"]],
            [("shipment", shipment["number"])]
            + [(one["type"], one["value"]) for one in shipment["references"]],
        )
        for read, stop, planned in zip(
            found["stops"], shipment["stops"], ("planned_pickup", "planned_delivery"), strict=True
        ):
            self.assertEqual((read["role"], read["place"]["city"]), (stop["role"], stop["city"]))
            start = stop["window_start"] or shipment[planned]
            times = read.get("planned", {})
            self.assertEqual(times.get("from"), start and local(start, stop["tz"]))
            end = stop["window_end"]
            self.assertEqual(times.get("to"), end and local(end, stop["tz"]))
        for read, line in zip(found["lines"], shipment["lines"], strict=True):
            self.assertEqual(read["description"], line["description"])
            self.assertEqual(read["quantity"], line["quantity"])
            self.assertEqual(float(read.get("weight", 0)), float(line["weight_kg"]))
            number = read.get("hazmat", {}).get("un_number")
            self.assertEqual(number, line["hazmat"] and line["hazmat"].removeprefix("UN") or None)

    def test_several_stops_have_no_place_in_it(self):
        stops = TestLoadTender.SHIPMENT["stops"]
        self.refused(
            "edifact_iftmin_out",
            {"shipment": {**TestLoadTender.SHIPMENT, "stops": [*stops, stops[1]]}},
            "one pickup and one delivery",
        )

    def test_pydifact_reads_it(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pydifact.segmentcollection import Interchange

            raw = self.written("edifact_iftmin_out", {"shipment": TestLoadTender.SHIPMENT})
            read = Interchange.from_str(raw.decode("latin-1"))
            tags = [segment.tag for segment in read.segments]
        self.assertEqual(tags[:3], ["UNH", "BGM", "DTM"])
        self.assertEqual(read.control_reference, "12")


class TestFiles(WritingCase):
    @thorough
    @given(shipments())
    def test_a_row_for_each_stop(self, shipment):
        raw = self.written("csv_order_out", {"shipment": shipment})
        rows = [one.tree["row"] for one in codecs.get("csv").decode(raw, delimiter=",")]
        self.assertEqual(
            [(row["number"], row["stop"], row["stop_role"], row.get("from")) for row in rows],
            [
                (shipment["number"], str(stop["sequence"]), stop["role"],
                 stop["window_start"]
                 and local(stop["window_start"], stop["tz"])[:16].replace("T", " "))
                for stop in shipment["stops"]
            ],
        )  # fmt: skip

    def test_no_cell_is_a_formula(self):
        names = ("=cmd|' /C calc'!A0", "-5")
        stops = [
            {**stop, "name": name}
            for stop, name in zip(TestLoadTender.SHIPMENT["stops"], names, strict=True)
        ]
        raw = self.written(
            "csv_order_out", {"shipment": {**TestLoadTender.SHIPMENT, "stops": stops}}
        )
        rows = [one.tree["row"] for one in codecs.get("csv").decode(raw, delimiter=",")]
        self.assertEqual([row["name"] for row in rows], ["'=cmd|' /C calc'!A0", "-5"])

    @thorough
    @given(shipments())
    def test_plain_json_keeps_all(self, shipment):
        made = json.loads(self.written("json_plain_out", {"shipment": shipment}))
        self.assertEqual(made["shipment"], shipment)


class TestRules(BaseCase):
    def compiled(self, *fields, **more):
        return mapping.compile(
            {"direction": "out", "documents": [{"kind": "message", "fields": list(fields)}], **more}
        )

    def test_what_outbound_rules_may_not_say(self):
        field = {"target": "a", "source": "doc.a"}
        for definition_ in (
            {"direction": "sideways", "documents": []},
            {"direction": ["out"], "documents": []},
            {"direction": "out", "documents": [{"kind": "event", "fields": [field]}]},
            {"documents": [{"kind": "message", "fields": [field]}]},
            {"direction": "out", "documents": [
                {"kind": "message", "refuse": [{"when": "doc"}], "fields": [field]}]},
            {"direction": "out", "documents": [
                {"kind": "message", "fields": [{**field, "longest": "3"}]}]},
            {"direction": "out", "documents": [
                {"kind": "message", "fields": [{**field, "cast": "wall_clock"}]}]},
        ):  # fmt: skip
            with self.assertRaises(mapping.MappingError, msg=definition_):
                mapping.compile(definition_)

    def test_a_value_that_is_no_text(self):
        version = self.compiled({"target": "B2[]", "fields": [
            {"target": "B201", "source": "doc.a"}]})  # fmt: skip
        for value in (True, 1.5):
            with self.assertRaises(writing.Unwritable):
                writing.trees(version, "204", "x12", {"a": value})
        [tree] = writing.trees(version, "204", "x12", {"a": 7})
        self.assertEqual(tree["B2"], [{"B201": "7"}])

    def test_casts(self):
        for cast, value, expected in (
            ("number", "520.000", "520"), ("number:1", "2.25", "2.3"), ("number", "1e3", None),
            ("number", ["1.10", "2"], "3.1"), ("without_point", "12.5", "1250"),
            ("without_point:3", "1", "1000"), ("without_point", ["0.1", "0.2"], "30"),
            ("cut:3", "a\n b", "a b"), ("digits", "UN 1263", "1263"), ("digits", "x", None),
            ("ordinal", 0, "1"),
        ):  # fmt: skip
            version = self.compiled({"target": "a", "source": "doc.a", "cast": cast})
            made = mapping.translate(version, {"a": value})
            self.assertEqual(made.documents[0].get("a"), expected, (cast, value))

    def test_wall_clocks(self):
        for value, zone, pattern, expected in (
            ("2026-11-01T06:30:00Z", "America/Chicago", "%Y%m%d%H%M", "202611010130"),
            ("2026-11-01T07:30:00Z", "America/Chicago", "%Y%m%d%H%M", "202611010130"),
            ("2026-03-29T01:30:00Z", "Europe/Berlin", "%H%M", "0330"),
            ("2026-11-01", "Europe/Berlin", "%Y%m%d", "20261101"),
            ("2026-11-01", "Europe/Berlin", "%H%M", None),
            ("2026-11-01T05:00:00", "Asia/Tokyo", "%H%M", "0500"),
            ("2026-11-01T05:00:00Z", None, "%H%M", "0500"),
        ):  # fmt: skip
            rule = {"target": "a", "source": "doc.a", "zone": "doc.z", "cast": "wall_clock",
                    "date_formats": [pattern]}  # fmt: skip
            made = mapping.translate(self.compiled(rule), {"a": value, "z": zone})
            self.assertEqual(made.documents[0].get("a"), expected, value)


class TestVerdicts(BaseCase):
    def said(self, raw, codec):
        [decoded] = codecs.get(codec).decode(raw)
        return verdicts.by_interchange(read_acknowledgement(decoded.tree))

    def test_a_997(self):
        raw = interchange(
            ("997", ["AK1*SM*7", "AK2*204*0001", "AK3*N1*9**8", "AK4*2*93*5", "AK5*R*5",
                     "AK9*R*1*1*0"])
        )  # fmt: skip
        [(key, (status, words))] = self.said(raw, "x12").items()
        self.assertEqual((key, status), (("x12", "7"), "rejected"))
        self.assertEqual(words, "204 0001: 5\n204 0001: segment 9 N1, element 2: 8, 5")

    def test_the_worst_of_a_part_counts(self):
        raw = interchange(
            ("997", ["AK1*SM*7", "AK2*204*0001", "AK5*A", "AK2*204*0002", "AK5*R*5",
                     "AK9*P*2*2*1"])
        )  # fmt: skip
        [(_key, (status, words))] = self.said(raw, "x12").items()
        self.assertEqual((status, words), ("rejected", "204 0002: 5"))

    def test_a_contrl(self):
        for code, status in (("7", "accepted"), ("4", "rejected")):
            raw = edifact_interchange(
                message("CONTRL", [f"UCI+12+OURSIDE+ABCD+{code}", "UCM+1+IFTMIN:D:96A:UN+" + code])
            )
            [(key, (said, _words))] = self.said(raw, "edifact").items()
            self.assertEqual((key, said), (("edifact", "12"), status))

    def test_received_and_nothing_more_leaves_it_open(self):
        raw = edifact_interchange(message("CONTRL", ["UCI+12+OURSIDE+ABCD+8"]))
        self.assertEqual(self.said(raw, "edifact"), {})
