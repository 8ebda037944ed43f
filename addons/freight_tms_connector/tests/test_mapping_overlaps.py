from odoo.exceptions import AccessError
from odoo.tests import BaseCase, new_test_user, tagged

from ..mapping_sources import shared
from .common import ConnectorCase


def definition(*rules):
    return {"documents": [{"kind": "event", "foreach": ["doc.LX", "each.AT7"], "fields": rules}]}


class TestSources(BaseCase):
    def test_rules_that_read_one_place(self):
        one = definition({"target": "type", "source": "each.A"}, {"target": "b", "default": 1})
        two = definition({"target": "raw", "source": "each.A"}, {"target": "c", "source": "each.C"})
        found = shared([("one", one), ("two", two)])
        self.assertEqual(list(found), ["doc.LX > each.AT7 > each.A"])
        names = [(name, reading.target) for name, reading in found["doc.LX > each.AT7 > each.A"]]
        self.assertEqual(names, [("one", "type"), ("two", "raw")])

    def test_one_expression_in_two_loops_is_two_places(self):
        inner = {"target": "refs[]", "foreach": "each.L11", "fields": [{"target": "v", "source": "each.A"}]}  # fmt: skip  # noqa: E501
        self.assertFalse(shared([("one", definition({"target": "t", "source": "each.A"}, inner))]))

    def test_the_whole_message_is_one_place_everywhere(self):
        inner = {"target": "refs[]", "foreach": "each.L11", "fields": [{"target": "v", "source": "doc.A"}]}  # fmt: skip  # noqa: E501
        found = shared([("one", definition({"target": "t", "source": "doc.A"}, inner))])
        self.assertEqual(list(found), ["doc.A"])


@tagged("post_install", "-at_install")
class TestOverlaps(ConnectorCase):
    def test_the_list_of_active_versions(self):
        auditor = new_test_user(self.env, "over_au", "freight_canonical.group_freight_auditor")
        overlaps = self.env["freight.mapping.overlap"].with_user(auditor)
        for _time in range(2):
            action = overlaps.action_list()
        rows = overlaps.search([])
        self.assertEqual(action["res_model"], rows._name)
        row = rows.filtered(lambda one: one.kind == "214" and one.path.endswith("> each.AT701"))[:1]
        self.assertIn("x12_214", row.rules)
        self.assertGreater(row.rule_count, 1)
        self.assertEqual(len(rows), len(set(rows.mapped(lambda one: (one.kind, one.path)))))
        user = new_test_user(self.env, "over_u", "freight_canonical.group_freight_user")
        with self.assertRaises(AccessError):
            self.env["freight.mapping.overlap"].with_user(user).action_list()
