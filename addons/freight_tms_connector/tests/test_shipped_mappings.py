"""The shipped mappings that read tenders' answers, instructions, invoices and histories."""

import json
from decimal import Decimal
from pathlib import Path

from odoo.tests import BaseCase

from .. import codecs, mapping, schemas
from .edifact_samples import interchange, message
from .x12_samples import interchange as x12_interchange

SHIPPED = Path(__file__).parents[1] / "data" / "mappings"


class MappingCase(BaseCase):
    def translated(self, name, raw, **options):
        """Return the translation of the one document in `raw`; every result fits its schema."""
        definition = json.loads((SHIPPED / f"{name}.json").read_text("utf-8"))
        [decoded] = codecs.get(definition["codec"]).decode(raw, **options)
        self.assertIsNone(decoded.error)
        self.assertEqual(decoded.kind, definition["kind"])
        translation = mapping.translate(mapping.compile(definition), decoded.tree)
        for document in translation.documents:
            schemas.check(document["kind"], document)
        self.assertEqual(translation.problems, [])
        return translation


class TestTenderResponse(MappingCase):
    def response(self, *segments):
        return self.translated("x12_990", x12_interchange(("990", list(segments))))

    def test_accepted(self):
        [event] = self.response("B1*ABCD*SHP1*20261102*A", "N9*CN*PRO7", "N7*TSTU*123456").documents
        self.assertEqual(
            {name: event[name] for name in ("type", "raw_code", "classifier", "occurred")},
            {
                "type": "tender_accepted",
                "raw_code": "A",
                "classifier": "actual",
                "occurred": "2026-11-02T09:30:00",
            },
        )
        self.assertEqual(
            event["shipment"],
            {
                "references": [
                    {"type": "shipment", "value": "SHP1"},
                    {"type": "pro", "value": "PRO7"},
                ],
                "scac": "ABCD",
            },
        )
        self.assertEqual(event["carrier"], {"scac": "ABCD"})
        self.assertEqual(event["equipment"], "TSTU123456")

    def test_declined(self):
        translation = self.response("B1*ABCD*SHP1*20261101*D**EQU", "K1*NO REEFER*THIS WEEK")
        [event] = translation.documents
        self.assertEqual((event["type"], event["raw_code"]), ("tender_declined", "D"))
        self.assertEqual((event["reason"], event["raw_reason"]), ("no_trailer", "EQU"))
        self.assertEqual(event["raw_description"], "NO REEFER THIS WEEK")
        self.assertEqual(event["occurred"], "2026-11-01T00:00:00", "the day, where it is another")
        self.assertEqual(event["reported"], "2026-11-02T09:30:00")
        self.assertEqual(translation.unmapped, [])
        [event] = self.response("B1*ABCD*SHP1**D", "V9*DEC*******D2").documents
        self.assertEqual((event["reason"], event["raw_reason"]), ("no_driver", "D2"))

    def test_conditions_and_counter_offers(self):
        for code, kind, words in (
            ("B", "tender_conditional", "Accepted on conditions"),
            ("C", "tender_countered", "Counter-offer"),
        ):
            translation = self.response(f"B1*ABCD*SHP1*20261102*{code}")
            [event] = translation.documents
            self.assertEqual((event["type"], event["raw_code"]), (kind, code))
            self.assertIn(words, event["raw_description"])
            self.assertEqual(translation.unmapped, [])


INSTRUCTION = [
    "BGM+610+SHP77+9",
    "DTM+234:202611020800:203",
    "DTM+235:202611021200:203",
    "DTM+63:20261105:102",
    "RFF+ON:PO5",
    "RFF+ZZZ:else",
    "CPI+4++P",
    "TDT+20+V12+1+++:::MV TEST",
    "NAD+CA+ABCD",
    "NAD+CZ+++NORTH PLANT+1 MILL ROAD+DAYTON+OH+45402+US",
    "RFF+CU:S-1",
    "NAD+CN+++RIVER STORE+2 QUAY+ROTTERDAM++3011+NL",
    "NAD+IV++HEAD OFFICE",
    "GID+1+12:PX",
    "FTX+AAA+++PAINT:LIGHT BLUE",
    "MEA+AAE+G+KGM:480.5",
    "MEA+AAE+AAW+MTQ:1.25",
    "DGS+IMD+3+1263+:+3",
    "GID+2+3:CT:::CARTONS",
    "EQD+CN+TSTU1234565+45G1:102:5",
]


class TestInstruction(MappingCase):
    def instruction(self, *changes):
        body = list(INSTRUCTION)
        for old, new in changes:
            body[body.index(old)] = new
        raw = interchange(message("IFTMIN", [segment for segment in body if segment]))
        return self.translated("edifact_iftmin", raw)

    def test_shipment(self):
        translation = self.instruction()
        [shipment] = translation.documents
        self.assertEqual(translation.unmapped, [])
        self.assertEqual(
            [shipment[name] for name in ("purpose", "scac", "terms", "mode")],
            ["original", "ABCD", "PP", "ocean"],
        )
        self.assertEqual(
            [(each["type"], each["value"]) for each in shipment["references"]],
            [
                ("shipment", "SHP77"), ("po", "PO5"), ("other", "else"), ("shipper", "S-1"),
                ("container", "TSTU1234565"),
            ],
        )  # fmt: skip
        self.assertEqual(
            [(each["role"], each["name"]) for each in shipment["parties"]],
            [("shipper", "NORTH PLANT"), ("consignee", "RIVER STORE"), ("bill_to", "HEAD OFFICE")],
        )
        pickup, delivery = shipment["stops"]
        self.assertEqual((pickup["sequence"], pickup["role"]), (1, "pickup"))
        self.assertEqual(pickup["place"]["city"], "DAYTON")
        self.assertEqual(
            pickup["planned"], {"from": "2026-11-02T08:00:00", "to": "2026-11-02T12:00:00"}
        )
        self.assertEqual((delivery["role"], delivery["place"]["country"]), ("delivery", "NL"))
        self.assertEqual(delivery["planned"], {"to": "2026-11-05"})
        paint, cartons = shipment["lines"]
        self.assertEqual(
            paint,
            {
                "description": "PAINT LIGHT BLUE", "quantity": "12", "unit": "PX",
                "weight": "480.5", "weight_unit": "KGM", "volume": "1.25", "volume_unit": "MTQ",
                "hazmat": {"un_number": "1263", "class": "3", "packing_group": "III"},
            },
        )  # fmt: skip
        self.assertEqual(cartons, {"description": "CARTONS", "quantity": "3", "unit": "CT"})
        self.assertEqual(shipment["equipment"], [{"number": "TSTU1234565", "type": "45G1"}])

    def test_purposes(self):
        for code, purpose in (("1", "cancellation"), ("4", "change"), ("5", "change")):
            [shipment] = self.instruction(("BGM+610+SHP77+9", f"BGM+610+SHP77+{code}")).documents
            self.assertEqual(shipment["purpose"], purpose)
        [shipment] = self.instruction(("BGM+610+SHP77+9", "BGM+610+SHP77")).documents
        self.assertEqual(shipment["purpose"], "original")
        with self.assertRaises(schemas.SchemaError):
            self.instruction(("BGM+610+SHP77+9", "BGM+610+SHP77+99"))

    def test_other_places_come_first(self):
        [shipment] = self.instruction(
            ("NAD+CA+ABCD", "NAD+PW+++DEPOT++TROY"), ("RFF+CU:S-1", "NAD+DP+++DOCK++DELFT")
        ).documents
        self.assertEqual([stop["place"]["name"] for stop in shipment["stops"]], ["DEPOT", "DOCK"])

    def test_ports_where_no_party_is_named(self):
        [shipment] = self.instruction(
            ("NAD+CA+ABCD", "LOC+9+USNYC:139::NEW YORK"),
            ("NAD+CZ+++NORTH PLANT+1 MILL ROAD+DAYTON+OH+45402+US", "DTM+133:20261104:102"),
            ("RFF+CU:S-1", "LOC+11+NLRTM:139::ROTTERDAM"),
            ("NAD+CN+++RIVER STORE+2 QUAY+ROTTERDAM++3011+NL", ""),
        ).documents
        self.assertEqual(
            [(stop["role"], stop["place"]) for stop in shipment["stops"]],
            [
                ("pickup", {"name": "NEW YORK", "locode": "USNYC"}),
                ("delivery", {"name": "ROTTERDAM", "locode": "NLRTM"}),
            ],
        )
        self.assertEqual(shipment["stops"][0]["planned"], {"from": "2026-11-04"})


class TestEdifactInvoice(MappingCase):
    BODY = [
        "BGM+380+INV9+9", "DTM+137:20261104:102", "DTM+35:20261103:102", "RFF+SRN:SHP1",
        "RFF+CN:PRO1", "NAD+SE+ABCD", "NAD+IV++HEAD OFFICE++1 MAIN ST+DAYTON+OH+45402+US",
        "CUX+2:EUR:4", "PAT+1", "DTM+13:20261204:102", "ALC+C++++FSC:::FUEL", "MOA+23:96.00",
        "ALC+A++++X:::REBATE", "MOA+204:10", "LIN+1", "IMD+F++FC:::LINE HAUL",
        "QTY+47:3:PCE", "MOA+203:1200.00", "PRI+AAA:400", "LIN+2", "IMD+F++NEW:::CRANE",
        "MOA+203:50", "UNS+S", "MOA+77:1589.84", "TAX+7+VAT+++:::19", "MOA+124:253.84",
    ]  # fmt: skip

    def invoice(self, kind="380"):
        body = [f"BGM+{kind}+INV9+9", *self.BODY[1:]]
        return self.translated("edifact_invoic", interchange(message("INVOIC", body)))

    def test_invoice(self):
        translation = self.invoice()
        [invoice] = translation.documents
        self.assertEqual([item.code for item in translation.unmapped], ["NEW"])
        names = ("number", "date", "due_date", "currency", "total", "scac", "delivery_date")
        self.assertEqual(
            [invoice[name] for name in names],
            ["INV9", "2026-11-04", "2026-12-04", "EUR", "1589.84", "ABCD", "2026-11-03"],
        )
        self.assertEqual(
            invoice["references"],
            [{"type": "shipment", "value": "SHP1"}, {"type": "pro", "value": "PRO1"}],
        )
        self.assertEqual(invoice["bill_to"]["name"], "HEAD OFFICE")
        names = ("sequence", "code", "description", "amount")
        self.assertEqual(
            [tuple(line[name] for name in names) for line in invoice["lines"]],
            [
                (1, "400", "LINE HAUL", "1200.00"), (2, None, "CRANE", "50"),
                (800, "405", "FUEL", "96.00"), (800, "DSC", "REBATE", "-10"),
                (900, "750", "VAT 19", "253.84"),
            ],
        )  # fmt: skip
        self.assertEqual(
            sum(Decimal(line["amount"]) for line in invoice["lines"]), Decimal("1589.84")
        )
        self.assertTrue(invoice["lines"][-1]["tax"])

    def test_credit_note_is_negative(self):
        [invoice] = self.invoice("381").documents
        self.assertEqual(invoice["total"], "-1589.84")
        amounts = [Decimal(line["amount"]) for line in invoice["lines"]]
        self.assertEqual(sum(amounts), Decimal("-1589.84"))
        self.assertIn(Decimal(10), amounts)

    def test_correction(self):
        self.assertEqual(self.invoice("384").documents[0]["correction"], "CO")


class TestCsvInvoice(MappingCase):
    def test_a_row_is_an_invoice(self):
        raw = (
            "Rechnung;Date;Currency;Total;SCAC;Shipment;Freight;Fuel;Discount;Accessorial;"
            "Accessorial code;Tax\r\n"
            "R1;2026-11-04;EUR;1.410,61;ABCD;SHP1;1.200,00;96,00;-12,50;50,00;Lumper;77,11\r\n"
        ).encode("cp1252")
        [invoice] = self.translated(
            "csv_invoice",
            raw,
            encoding="cp1252",
            decimal_comma=True,
            columns={"rechnung": "number"},
        ).documents
        self.assertEqual((invoice["number"], invoice["total"]), ("R1", "1410.61"))
        self.assertEqual(
            [(line["code"], line["amount"]) for line in invoice["lines"]],
            [
                ("400", "1200.00"),
                ("405", "96.00"),
                ("DSC", "-12.50"),
                ("UNL", "50.00"),
                ("750", "77.11"),
            ],
        )
        self.assertEqual(
            sum(Decimal(line["amount"]) for line in invoice["lines"]), Decimal("1410.61")
        )

    def test_a_code_that_nobody_knows(self):
        raw = (
            b"number,date,currency,total,accessorial,accessorial_code\nR2,20261104,USD,5,5,Balloons"
        )
        translation = self.translated("csv_invoice", raw)
        self.assertEqual([item.code for item in translation.unmapped], ["Balloons"])
        [line] = translation.documents[0]["lines"]
        self.assertEqual((line["code"], line["raw_code"]), (None, "Balloons"))

    def test_implied_decimals_of_the_partner(self):
        raw = b"number,date,currency,total,freight\nR3,20261104,USD,120000,1200.00"
        [decoded] = codecs.csv_codec.decode(raw)
        definition = json.loads((SHIPPED / "csv_invoice.json").read_text("utf-8"))
        compiled = mapping.compile(definition)
        for decimals, total in ((None, "120000"), (2, "1200.00"), (3, "120.000")):
            translation = mapping.translate(compiled, decoded.tree, implied_decimals=decimals)
            self.assertEqual(translation.documents[0]["total"], total)
            self.assertEqual(translation.documents[0]["lines"][0]["amount"], "1200.00")


def history(*details, status="in_transit", **result):
    """Return a push of EasyPost's kind with the whole history so far."""
    result = {
        "tracking_code": "EZ1000000001",
        "status": status,
        "tracking_details": [
            {
                "status": state,
                "status_detail": detail,
                "datetime": moment,
                "message": f"{state} {detail}",
                "tracking_location": {
                    "city": "DAYTON",
                    "state": "OH",
                    "zip": None,
                    "country": "US",
                },
            }
            for state, detail, moment in details
        ],
        **result,
    }
    return json.dumps({"description": "tracker.updated", "result": result}).encode()


HISTORY = (
    ("pre_transit", "label_created", "2026-11-02T08:00:00Z"),
    ("in_transit", "departed_facility", "2026-11-02T18:00:00Z"),
    ("out_for_delivery", "out_for_delivery", "2026-11-03T07:00:00Z"),
    ("delivered", "arrived_at_destination", "2026-11-03T10:30:00Z"),
)


class TestWholeHistory(MappingCase):
    def test_each_push_gives_the_same_events_again(self):
        seen = []
        for length in (1, 2, 3, 4):
            events = self.translated("easypost_tracker", history(*HISTORY[:length])).documents
            self.assertEqual(events[: len(seen)], seen)
            seen = events
        self.assertEqual(
            [event["type"] for event in seen],
            ["label_created", "departed_terminal", "out_for_delivery", "delivered"],
        )
        self.assertEqual(seen[3]["stop"], {"role": "delivery"})
        self.assertEqual(seen[0]["place"], {"city": "DAYTON", "state": "OH", "country": "US"})

    def test_estimate(self):
        raw = history(
            HISTORY[0], est_delivery_date="2026-11-04T12:00:00Z", updated_at="2026-11-02T08:05:00Z"
        )
        *_events, estimate = self.translated("easypost_tracker", raw).documents
        self.assertEqual(
            (estimate["type"], estimate["classifier"]), ("estimated_delivery", "estimated")
        )
        self.assertEqual(estimate["reported"], "2026-11-02T08:05:00+00:00")

    def test_a_tracker_without_its_envelope(self):
        raw = json.dumps(json.loads(history(*HISTORY[:2]))["result"]).encode()
        self.assertEqual(len(self.translated("easypost_tracker", raw).documents), 2)
        self.assertEqual(self.translated("easypost_tracker", b"{}").documents, [])
