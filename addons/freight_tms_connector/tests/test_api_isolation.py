"""A partner sees nothing of anybody else's, whatever it guesses."""

from itertools import product

from odoo.tests import tagged

from .api_common import PDF, ApiCase
from .x12_samples import build_214


@tagged("post_install", "-at_install")
class TestIsolation(ApiCase):
    """Two carriers and a TMS in one company, and a TMS in a second one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rival = cls.make_carrier("EFGH", "Rival Carrier")
        cls.rival_endpoint = cls.make_endpoint(
            cls.make_system("rival", "carrier", cls.rival), "generic_hmac", "a secret of the rival",
            ["x12_214"],
        )  # fmt: skip
        cls.rival_token = cls.make_token(cls.make_client(cls.rival_endpoint))
        cls.sister = cls.env["res.company"].create({"name": "Sister Company"})
        cls.sister_tms = cls.make_system("sister_tms", "tms")
        cls.sister_endpoint = cls.make_endpoint(
            cls.sister_tms, "generic_hmac", "a secret of the sister", [], company_id=cls.sister.id
        )
        cls.sister_token = cls.make_token(cls.make_client(cls.sister_endpoint))
        cls.shipment = cls.make_shipment()
        cls.strangers = {"rival": cls.rival_token, "sister": cls.sister_token}

    def test_others_find_no_shipment_under_any_number_or_path(self):
        self.env["freight.reference"].create(
            {"shipment_id": self.shipment.id, "type": "pro", "value": "PRO-1"}
        )
        numbers = (self.shipment.name, "PRO-1", str(self.shipment.id), self.shipment.trace_id)
        for (who, token), number, part in product(
            self.strangers.items(), numbers, ("", "/events", "/trace", "/documents")
        ):
            with self.subTest(f"{who} {number}{part}"):
                answer = self.call("GET", f"/shipments/{number}{part}", token=token)
                self.assertProblem(answer, 404, "not-found")

    def test_others_list_none_whatever_they_filter_by(self):
        for who, token in self.strangers.items():
            for wanted in ({}, {"reference": self.shipment.name}, {"carrier": "ABCD"}):
                with self.subTest(f"{who} {wanted}"):
                    page = self.call("GET", "/shipments", token=token, **wanted).json()
                    self.assertNotIn(self.shipment.name, [one["number"] for one in page["items"]])

    def test_a_carrier_sees_its_own(self):
        answer = self.call("GET", f"/shipments/{self.shipment.name}", token=self.carrier_token)
        self.assertEqual(answer.status_code, 200)

    def test_a_shared_system_sees_the_company_of_its_endpoint_alone(self):
        """A carrier's system serves all companies; each endpoint is for one."""
        self.carrier_endpoint.company_id = self.sister
        answer = self.call("GET", f"/shipments/{self.shipment.name}", token=self.carrier_token)
        self.assertProblem(answer, 404, "not-found")

    def test_messages_are_those_of_the_own_endpoint(self):
        told = self.call("POST", "/events", self.event(self.shipment)).json()
        for token in (self.carrier_token, *self.strangers.values()):
            answer = self.call("GET", f"/messages/{told['id']}", token=token)
            self.assertProblem(answer, 404, "not-found")
        self.assertEqual(self.call("GET", f"/messages/{told['id']}").status_code, 200)

    def test_a_webhooks_message_is_read_by_its_own_source(self):
        body = build_214(shipment=self.shipment.name, statuses=[("AF", "2026-11-02", "0930", "CS")])
        told = self.knock(self.carrier_endpoint, body).json()
        answer = self.call("GET", f"/messages/{told['id']}", token=self.carrier_token)
        self.assertEqual(answer.json()["channel"], "hook")

    def test_an_outcome_names_no_shipment_of_others(self):
        told = self.call(
            "POST", "/events", self.event(self.shipment), token=self.rival_token
        ).json()
        self.drain()
        answer = self.call("GET", f"/messages/{told['id']}", token=self.rival_token)
        [document] = answer.json()["documents"]
        self.assertEqual((document["outcome"], document["shipment"]), ("refused", None))
        told = self.call("POST", "/events", self.event(self.shipment), token=self.sister_token)
        self.drain()
        path = told.headers["Location"].removeprefix("/freight/v1")
        [document] = self.call("GET", path, token=self.sister_token).json()["documents"]
        self.assertEqual(document["outcome"], "unmatched")

    def test_a_carrier_does_not_see_what_another_one_reported(self):
        self.shipment.stop_ids[0].onward_carrier_id = self.rival
        self.call("POST", "/events", self.event(self.shipment, identity="own"),
                  token=self.carrier_token)  # fmt: skip
        self.drain()
        path = f"/shipments/{self.shipment.name}"
        seen = {
            token: [one["source"] for one in
                    self.call("GET", f"{path}/events", token=token).json()["items"]]
            for token in (self.token, self.carrier_token, self.rival_token)
        }  # fmt: skip
        self.assertIn("test_carrier", seen[self.token])
        self.assertIn("test_carrier", seen[self.carrier_token])
        self.assertTrue(seen[self.rival_token], "the shipper's side is seen")
        self.assertNotIn("test_carrier", seen[self.rival_token])
        nodes = self.call("GET", f"{path}/trace", token=self.rival_token).json()["nodes"]
        self.assertNotIn("message", [node["stage"] for node in nodes])

    def test_documents_are_those_of_the_own_shipments(self):
        upload = self.call(
            "POST", "/documents", PDF, token=self.carrier_token,
            headers={"Content-Type": "application/pdf"}, type="pod", reference=self.shipment.name,
        ).json()  # fmt: skip
        for part in ("", "/content"):
            for token in self.strangers.values():
                answer = self.call("GET", f"/documents/{upload['id']}{part}", token=token)
                self.assertProblem(answer, 404, "not-found")
            for token in (self.token, self.carrier_token):
                answer = self.call("GET", f"/documents/{upload['id']}{part}", token=token)
                self.assertEqual(answer.status_code, 200)

    def test_who_carries_a_leg_sees_no_paper_of_another_carrier(self):
        self.shipment.stop_ids[0].onward_carrier_id = self.rival
        upload = self.call(
            "POST", "/documents", PDF, token=self.carrier_token,
            headers={"Content-Type": "application/pdf"}, type="pod", reference=self.shipment.name,
        ).json()  # fmt: skip
        answer = self.call("GET", f"/documents/{upload['id']}", token=self.rival_token)
        self.assertProblem(answer, 404, "not-found")
        page = self.call(
            "GET", f"/shipments/{self.shipment.name}/documents", token=self.rival_token
        ).json()
        self.assertEqual(page["items"], [])

    def test_a_document_for_anothers_shipment_waits_and_tells_nothing(self):
        for token in self.strangers.values():
            answer = self.call(
                "POST", "/documents", PDF, token=token,
                headers={"Content-Type": "application/pdf"}, type="pod",
                reference=self.shipment.name,
            )  # fmt: skip
            told = answer.json()
            self.assertEqual(
                (answer.status_code, told["status"], told["shipment"]), (201, "unmatched", None)
            )


@tagged("post_install", "-at_install")
class TestActsOn(ApiCase):
    """The domain by which lists are read says what ``_may_act_on`` says of each shipment."""

    def test_for_all_kinds_of_systems(self):
        sister = self.env["res.company"].create({"name": "Sister Company"})
        branch = self.env["res.partner"].create({"name": "Branch", "parent_id": self.carrier.id})
        rival = self.make_carrier("EFGH", "Rival Carrier")
        shipments = (
            self.make_shipment()
            | self.make_shipment(tms_id=False)
            | self.make_shipment(carrier_id=rival.id)
            | self.make_shipment(carrier_id=rival.id, broker_id=self.carrier.id)
            | self.make_shipment(carrier_id=False, performing_carrier_id=branch.id)
            | self.make_shipment(carrier_id=rival.id)
        )
        shipments[-1].stop_ids[0].onward_carrier_id = branch
        systems = self.env["freight.system"]
        for kind in ("odoo", "tms", "carrier", "platform", "other"):
            systems |= self.make_system(f"a_{kind}", kind, self.carrier)
            systems |= self.make_system(f"b_{kind}", kind)
            systems |= self.make_system(f"c_{kind}", kind, branch)
        abroad = self.make_system("abroad", "carrier", self.carrier)
        abroad.company_id = sister
        for system in systems | abroad | self.tms:
            domain = [("id", "in", shipments.ids), *system._acts_on_domain()]
            with self.subTest(system.code):
                self.assertEqual(
                    self.env["freight.shipment"].search(domain).sorted("id"),
                    shipments.filtered(system._may_act_on).sorted("id"),
                )
