"""Partners subscribe by themselves, over HTTP."""

from unittest.mock import patch

from odoo.tests import tagged

from .. import api_schemas, outgoing
from .api_common import ApiCase

OPEN = "https://hooks.example.com/freight"


@tagged("post_install", "-at_install")
class TestApiSubscriptions(ApiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        found = patch.object(
            outgoing,
            "_resolved",
            lambda host, *_rest: [(2, 1, 6, "", (cls.ips[host], 443))],
        )
        cls.ips = {"hooks.example.com": "93.184.216.34", "169.254.169.254": "169.254.169.254",
                   "inside.example.com": "10.0.0.5"}  # fmt: skip
        found.start()
        cls.addClassCleanup(found.stop)
        cls.tms_endpoint.environment = "production"
        cls.env["freight.environment"]._declare(True)
        cls.env.flush_all()

    def make(self, token=True, **values):
        body = {"events": ["shipment.*"], "url": OPEN, **values}
        return self.call("POST", "/subscriptions", body, token=token)

    def subscription(self, answer):
        return self.env["freight.subscription"].search([("uuid", "=", answer.json()["id"])])

    def test_a_partner_subscribes_and_is_shown_its_secret_once(self):
        answer = self.make(carriers=["ABCD"], mode="ltl")
        self.assertEqual(answer.status_code, 201, answer.text)
        made = answer.json()
        self.assertTrue(made["secret"].startswith("whsec_"))
        self.assertEqual(answer.headers["Location"], f"/freight/v1/subscriptions/{made['id']}")
        read = self.call("GET", f"/subscriptions/{made['id']}").json()
        self.assertNotIn("secret", read)
        self.assertEqual(
            (read["status"], read["url"], read["carriers"], read["own_secret"]),
            ("active", OPEN, ["ABCD"], True),
        )
        endpoint = self.subscription(answer).endpoint_id
        self.assertEqual(endpoint.connection_id, self.tms_endpoint)
        self.assertEqual(endpoint.system_id, self.tms)
        self.assertFalse(endpoint.auth_profile_id)
        secrets = [secret for _end, secret in endpoint._live_secrets("outbound")]
        self.assertEqual(secrets, [made["secret"]])
        self.assertIn(made["id"], [one["id"] for one in
                                   self.call("GET", "/subscriptions").json()["items"]])  # fmt: skip

    def test_what_we_would_not_call_is_refused(self):
        for url in (
            "https://inside.example.com/x",
            "https://169.254.169.254/latest",
            "http://hooks.example.com/",
            "https://user:pw@hooks.example.com/",
            "https://hooks.example.com:25/",
        ):
            with self.subTest(url):
                self.assertProblem(self.make(url=url), 422, "address-refused")
        before = self.env["freight.endpoint"].search_count([("connection_id", "!=", False)])
        self.assertEqual(before, 0)

    def test_nothing_comes_in_by_a_further_address(self):
        endpoint = self.subscription(self.make()).endpoint_id
        answer = self.knock_unsigned(endpoint.code, b"{}", {"Content-Type": "application/json"})
        self.assertIn(answer.status_code, (401, 404))

    def test_nobody_reaches_what_is_anothers(self):
        mine = self.make().json()["id"]
        other = self.carrier_token
        for method, path, body in (
            ("GET", f"/subscriptions/{mine}", None),
            ("PUT", f"/subscriptions/{mine}", {"events": ["*"]}),
            ("DELETE", f"/subscriptions/{mine}", None),
            ("GET", f"/subscriptions/{mine}/deliveries", None),
            ("POST", f"/subscriptions/{mine}/redeliver", {"from": "2026-01-01T00:00:00Z"}),
            ("POST", f"/subscriptions/{mine}/test", None),
            ("POST", f"/subscriptions/{mine}/secret", None),
        ):
            with self.subTest(path):
                answer = self.call(method, path, body, token=other)
                self.assertProblem(answer, 404, "not-found")
        self.assertEqual(self.call("GET", "/subscriptions", token=other).json()["items"], [])
        reader = self.make_token(self.tms_client, "subscriptions:read")
        self.env.flush_all()
        self.assertProblem(self.make(token=reader), 403, "insufficient-scope")

    def test_it_is_changed_paused_and_ended(self):
        answer = self.make()
        path = f"/subscriptions/{answer.json()['id']}"
        changed = self.call("PUT", path, {"events": ["tender.sent"], "status": "paused"}).json()
        self.assertEqual((changed["events"], changed["status"]), (["tender.sent"], "paused"))
        self.assertEqual(
            self.call("PUT", path, {"events": ["*"], "status": "active"}).json()["status"], "active"
        )
        unknown = self.call("PUT", path, {"events": ["*"], "carriers": ["QQQQ"]})
        self.assertProblem(unknown, 422, "unknown-code")
        test = self.call("POST", f"{path}/test").json()
        endpoint = self.subscription(answer).endpoint_id
        self.assertEqual(self.call("DELETE", path).status_code, 204)
        self.assertProblem(self.call("GET", path), 404, "not-found")
        message = self.env["freight.message.out"].search([("uuid", "=", test["id"])])
        self.assertEqual((message.state, endpoint.state), ("cancelled", "retired"))

    def test_deliveries_are_seen_and_sent_again(self):
        answer = self.make()
        path = f"/subscriptions/{answer.json()['id']}"
        ids = [self.call("POST", f"{path}/test").json()["id"] for _ in range(3)]
        first = self.call("GET", f"{path}/deliveries", limit="2").json()
        rest = self.call("GET", f"{path}/deliveries", limit="2", cursor=first["next"]).json()
        self.assertEqual([one["id"] for one in first["items"] + rest["items"]], ids[::-1])
        messages = self.env["freight.message.out"].search([("uuid", "in", ids)])
        messages[:2].state = "delivered"
        body = {"ids": [messages[0].uuid], "reason": "We lost it."}
        self.assertEqual(self.call("POST", f"{path}/redeliver", body).json(), {"count": 1})
        self.assertEqual(messages[0].state, "queued")
        note = self.env["freight.message.resend"].search([], limit=1)
        self.assertEqual((note.client_id, note.reason), (self.tms_client, "We lost it."))
        body = {"from": "2020-01-01T00:00:00Z", "to": "2020-01-02T00:00:00Z"}
        self.assertEqual(self.call("POST", f"{path}/redeliver", body).json(), {"count": 0})

    def test_a_new_secret_overlaps_the_old_one(self):
        answer = self.make()
        path = f"/subscriptions/{answer.json()['id']}/secret"
        new = self.call("POST", path).json()["secret"]
        secrets = self.subscription(answer).endpoint_id._live_secrets("outbound")
        self.assertEqual([secret for _end, secret in secrets], [new, answer.json()["secret"]])
        self.assertTrue(secrets[1][0])

    def test_without_an_address_of_its_own_it_goes_where_we_agreed(self):
        body = {"events": ["shipment.*"]}
        self.assertProblem(self.call("POST", "/subscriptions", body), 422, "no-address")
        self.tms_endpoint.url = OPEN
        made = self.call("POST", "/subscriptions", body).json()
        self.assertFalse(made["own_secret"])
        self.assertNotIn("secret", made)
        shared = self.call("POST", f"/subscriptions/{made['id']}/secret")
        self.assertProblem(shared, 409, "shared-secret")

    def test_schemas_of_all_events_are_published(self):
        named = self.env["freight.api"]._definitions()
        for kind in self.env["freight.announcement.type"].search([("definition", "!=", False)]):
            with self.subTest(kind.code):
                answer = self.call("GET", f"/schemas/{kind.wire_name}", token=None)
                self.assertEqual(answer.status_code, 200, answer.text)
                api_schemas.validator(answer.json(), named)
        self.assertProblem(self.call("GET", "/schemas/x.y.v1", token=None), 404, "not-found")

    def test_a_release_is_what_its_schema_says(self):
        shipment = self.make_shipment()
        self.env["freight.api"]._check(
            {"$ref": "#/definitions/ReleaseAnnouncement"}, shipment._release_body()
        )
