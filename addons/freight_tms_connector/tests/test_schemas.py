import copy

from odoo.tests import BaseCase

from .. import schemas

EVENT = {
    "kind": "event",
    "id": None,
    "shipment": {"references": [{"type": "shipment", "value": "SHP1"}]},
    "type": "delivered",
    "raw_code": "D1",
    "classifier": "actual",
    "occurred": "2026-11-02T09:30:00",
    "reason": None,
}
INVOICE = {
    "kind": "invoice",
    "number": "INV1",
    "date": "2026-11-02",
    "currency": "USD",
    "total": "100.00",
    "references": [],
    "lines": [{"sequence": 1, "code": "400", "description": "Freight", "amount": "100.00"}],
}
SHIPMENT = {
    "kind": "shipment",
    "purpose": "original",
    "references": [{"type": "shipment", "value": "SHP1"}],
    "parties": [],
    "stops": [{"sequence": 1, "role": "pickup", "place": {"city": "Dayton"}}],
    "lines": [{"description": "Paper", "weight": "12.5", "weight_unit": "KGM"}],
}
DOCUMENTS = {"event": EVENT, "invoice": INVOICE, "shipment": SHIPMENT}


def changed(document, path, value):
    """Return a copy of `document` with `value` at `path`."""
    document = copy.deepcopy(document)
    *parents, last = path
    node = document
    for name in parents:
        node = node[name]
    node[last] = value
    return document


class TestSchemas(BaseCase):
    def assert_refused(self, document, pointer):
        with self.assertRaises(schemas.SchemaError) as caught:
            schemas.check(document["kind"], document)
        [(found, detail)] = caught.exception.errors
        self.assertEqual(found, pointer)
        self.assertTrue(detail)

    def test_sound_documents(self):
        for kind, document in DOCUMENTS.items():
            schemas.check(kind, document)

    def test_a_far_year_is_a_typing_error(self):
        for moment in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59", "2620-11-02T09:30:00Z"):
            self.assert_refused(changed(EVENT, ["occurred"], moment), "/occurred")

    def test_pieces_are_never_fewer_than_none(self):
        self.assert_refused({**EVENT, "quantity": "-10"}, "/quantity")
        self.assert_refused({**EVENT, "goods": [{"quantity": "-1"}]}, "/goods/0/quantity")
        schemas.check("event", {**EVENT, "quantity": "0"})

    def test_unknown_kind(self):
        with self.assertRaises(schemas.SchemaError):
            schemas.check("poem", EVENT)

    def test_what_is_no_object(self):
        for value in (None, 5, "event", [], [EVENT]):
            with self.assertRaises(schemas.SchemaError) as caught:
                schemas.check("event", value)
            self.assertEqual(caught.exception.errors[0][0], "")
            self.assertFalse(str(caught.exception).startswith(":"))

    def test_unknown_keys(self):
        for document in DOCUMENTS.values():
            self.assert_refused(document | {"colour": "red"}, "")
        self.assert_refused(changed(EVENT, ["shipment", "colour"], "red"), "/shipment")

    def test_missing_keys(self):
        for kind, document in DOCUMENTS.items():
            for name in schemas.schema(kind)["required"]:
                if name != "kind":
                    rest = {key: value for key, value in document.items() if key != name}
                    self.assert_refused(rest, "")

    def test_times(self):
        for good in ("2026-11-02T09:30:00Z", "2026-11-02T09:30:00.5+02:00", "2026-11-02T09:30"):
            schemas.check("event", EVENT | {"occurred": good})
        for bad in (
            "2026-11-02", "2026-02-30T09:30:00", "2026-11-02T25:30:00", "02.11.2026", "", None, 5,
            "2026-11-02T09:30:00\n", "2026-11-02T09:30:00+2", "2026-11-02T09:30:00+99:99",
        ):  # fmt: skip
            self.assert_refused(EVENT | {"occurred": bad}, "/occurred")

    def test_amounts_are_decimal_text(self):
        for good in ("0", "-449.49", "123456789012345.12345678"):
            schemas.check("invoice", INVOICE | {"total": good})
        for bad in (100, 1.5, "1,5", "1e5", "NaN", "", "1.", ".5", "+1", " 1", "1\n", None):
            self.assert_refused(INVOICE | {"total": bad}, "/total")

    def test_days(self):
        for bad in ("2026-13-01", "2026-11-02T00:00:00", "20261102"):
            self.assert_refused(INVOICE | {"date": bad}, "/date")

    def test_codes_nobody_mapped(self):
        schemas.check("event", EVENT | {"type": None})
        schemas.check("invoice", changed(INVOICE, ["lines", 0, "code"], None))
        self.assert_refused(EVENT | {"type": "Exploded!"}, "/type")
        self.assert_refused(changed(INVOICE, ["lines", 0, "code"], "freight"), "/lines/0/code")

    def test_pointer_into_lists(self):
        broken = changed(EVENT, ["shipment", "references", 0, "type"], "poem")
        self.assert_refused(broken, "/shipment/references/0/type")
        self.assert_refused(changed(EVENT, ["shipment", "references"], []), "/shipment/references")

    def test_shared_definitions_are_part_of_each_schema(self):
        for kind in schemas.KINDS:
            self.assertIn("reference", schemas.schema(kind)["definitions"])

    def test_measures_of_a_shipment(self):
        line = {"description": "Goods", "volume": "1.5", "volume_unit": "MTQ", "value": "10",
                "currency": "USD", "freight_class": "92.5", "handling_units": 2}  # fmt: skip
        shipment = {"kind": "shipment", "purpose": "original", "parties": [], "lines": [line],
                    "references": [{"type": "load", "value": "L1"}],
                    "stops": [{"sequence": 1, "role": "pickup",
                               "planned": {"from": "2026-11-02", "to": "2026-11-02T10:00"}}],
                    "distance": "10", "distance_unit": "SMI"}  # fmt: skip
        schemas.check("shipment", shipment)
        for path, bad in (
            (["lines", 0, "volume"], 1.5),
            (["lines", 0, "currency"], "usd"),
            (["lines", 0, "handling_units"], -1),
            (["distance"], "ten"),
            (["stops", 0, "planned", "from"], "2026-13-01"),
        ):
            with self.subTest(path):
                self.assertRaises(
                    schemas.SchemaError, schemas.check, "shipment", changed(shipment, path, bad)
                )
