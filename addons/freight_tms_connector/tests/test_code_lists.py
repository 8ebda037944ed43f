"""What shipped mappings and schemas say agrees with the code lists."""

import json
from pathlib import Path

from odoo.tests import TransactionCase, tagged

from .. import schemas
from .test_schemas import EVENT, changed

MAPPINGS = Path(__file__).parents[1] / "data" / "mappings"

#: code map of a shipped mapping -> the code list that our side of it is taken from
TARGETS = {
    "types": "freight.event.type",
    "statuses": "freight.event.type",
    "appointments": "freight.event.type",
    "legs": "freight.event.type",
    "last_leg": "freight.event.type",
    "reasons": "freight.exception.reason",
    "charges": "freight.charge.code",
}


@tagged("post_install", "-at_install")
class TestCodeLists(TransactionCase):
    def code_maps(self):
        """Yield (file, name of the code map, {their code: our code})."""
        for path in sorted(MAPPINGS.glob("*.json")):
            definition = json.loads(path.read_text())
            outward = definition.get("direction") == "out"
            for name, codes in definition.get("code_maps", {}).items():
                turned = {theirs: ours for ours, theirs in codes.items()}
                yield path.name, name, turned if outward else codes

    def known(self, model):
        return set(self.env[model].search([]).mapped("code"))

    def test_our_side_of_every_map_is_in_its_list(self):
        seen = set()
        for file, name, codes in self.code_maps():
            if name in TARGETS:
                seen.add(name)
                with self.subTest(file=file, code_map=name):
                    self.assertLessEqual(set(codes.values()), self.known(TARGETS[name]))
        self.assertEqual(seen, set(TARGETS))

    def test_x12_means_the_same_in_mapping_and_list(self):
        lists = {"statuses": "freight.event.type", "reasons": "freight.exception.reason"}
        for file, name, codes in self.code_maps():
            if file != "x12_214.json" or name not in lists:
                continue
            for said, meant in codes.items():
                found = self.env[lists[name]].search([("equivalent", "=", said)])
                with self.subTest(code_map=name, code=said):
                    self.assertIn(meant, found.mapped("code"))

    def test_the_schema_allows_every_code_and_a_company_s_own(self):
        for field, model in (
            ("type", "freight.event.type"),
            ("reason", "freight.exception.reason"),
        ):
            for code in [*self.known(model), "our_own_code", None]:
                with self.subTest(code):
                    schemas.check("event", changed(EVENT, [field], code))
