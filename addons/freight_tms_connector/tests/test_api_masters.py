"""Masters: the codes that documents may name, listed and validated."""

from odoo.tests import tagged

from .api_common import ApiCase


@tagged("post_install", "-at_install")
class TestMasters(ApiCase):
    def test_lists_are_walked_and_revalidated(self):
        for kind in ("carriers", "charge-codes", "equipment", "reasons", "event-types"):
            with self.subTest(kind):
                first = self.call("GET", f"/masters/{kind}")
                codes = [one["code"] for one in first.json()["items"]]
                self.assertEqual(codes, sorted(codes))
                tag = {"If-None-Match": first.headers["ETag"]}
                again = self.call("GET", f"/masters/{kind}", headers=tag)
                self.assertEqual(again.status_code, 304)
        self.assertProblem(self.call("GET", "/masters/partners"), 404, "not-found")

    def test_a_second_page_begins_after_the_first(self):
        everything = self.call("GET", "/masters/event-types", limit="200").json()["items"]
        page = self.call("GET", "/masters/event-types", limit="10").json()
        rest = self.call("GET", "/masters/event-types", limit="200", cursor=page["next"]).json()
        self.assertEqual(page["items"] + rest["items"], everything)

    def test_codes_are_validated_and_what_may_be_meant_is_said(self):
        asked = [
            {"kind": "event-types", "code": "delivered"},
            {"kind": "event-types", "code": "D1"},
            {"kind": "event-types", "code": "deliverd"},
            {"kind": "carriers", "code": "ABCD"},
            {"kind": "carriers", "code": "QQQQ"},
            {"kind": "charge-codes", "code": "nonsense"},
        ]
        answer = self.call("POST", "/masters/validate", asked)
        results = answer.json()["results"]
        self.assertEqual(
            [one["known"] for one in results], [True, False, False, True, False, False]
        )
        self.assertEqual(results[1]["suggestions"][0], "delivered")
        self.assertIn("delivered", results[2]["suggestions"])
        self.assertEqual([{"kind": one["kind"], "code": one["code"]} for one in results], asked)

    def test_an_own_code_is_told_to_its_company_alone(self):
        self.env["freight.charge.code"].create(
            {"code": "YRD", "name": "Yard move", "company_id": self.company.id}
        )
        known = [
            one["code"]
            for one in self.call("GET", "/masters/charge-codes", limit="200").json()["items"]
        ]
        self.assertIn("YRD", known)
        sister = self.env["res.company"].create({"name": "Sister Company"})
        self.tms_endpoint.company_id = sister
        known = [
            one["code"]
            for one in self.call("GET", "/masters/charge-codes", limit="200").json()["items"]
        ]
        self.assertNotIn("YRD", known)
