"""Parties and charge codes: sent by API and file, announced to whom they concern."""

import json
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .. import schemas
from .api_common import ApiCase
from .common import WHSEC, ConnectorCase

PARTY = {
    "kind": "party",
    "number": "C-1",
    "changed": "2026-11-02T09:30:00Z",
    "roles": ["carrier"],
    "name": "Renamed Carrier",
    "identifiers": {"scac": "ABCD"},
    "address": {"country": "US", "zip": "60601"},
}


def own(env, *domains, kind="tms"):
    """Make systems of ``kind`` the system of record of ``domains``."""
    env["freight.ownership"].search([("domain", "in", domains)]).unlink()
    env["freight.ownership"].create([{"domain": one, "kind": kind} for one in domains])


@tagged("post_install", "-at_install")
class TestPartiesByApi(ApiCase):
    def drained(self):
        self.env["freight.queue.lane"]._drain("inbox")
        self.env.invalidate_all()

    def test_a_party_is_taken_in_and_a_repeat_is_none(self):
        own(self.env, "carrier")
        answer = self.call("POST", "/parties", PARTY)
        self.assertEqual(answer.status_code, 202, answer.text)
        self.assertEqual(self.call("POST", "/parties", PARTY).status_code, 200)
        self.drained()
        self.assertEqual(self.carrier.name, "Renamed Carrier")
        said = self.call("GET", f"/messages/{answer.json()['id']}").json()
        self.assertEqual(said["documents"][0]["outcome"], "applied")

    def test_a_batch_answers_each(self):
        own(self.env, "codes")
        codes = [
            {"kind": "charge_code", "code": "YRD", "name": "Yard move"},
            {"kind": "charge_code", "code": "yard", "name": "Wrong"},
        ]
        answer = self.call("POST", "/charge-codes", codes).json()
        self.assertEqual((answer["accepted"], answer["rejected"]), (1, 1))
        self.drained()
        code = self.env["freight.charge.code"].search([("code", "=", "YRD")])
        self.assertEqual((code.name, code.company_id), ("Yard move", self.company))

    def test_what_is_no_party_and_who_may_not_send_is_refused(self):
        self.assertProblem(
            self.call("POST", "/parties", {**PARTY, "roles": ["king"]}), 422, "schema-violation"
        )
        reader = self.make_token(self.tms_client, scopes="masters:read")
        answer = self.call("POST", "/parties", PARTY, token=reader)
        self.assertProblem(answer, 403, "insufficient-scope")

    def test_parties_are_validated_on_demand_and_nothing_is_stored(self):
        own(self.env, "carrier")
        self.call("POST", "/parties", PARTY)
        self.drained()
        asked = [
            {**PARTY, "name": "Other"},
            {"kind": "party", "number": "C-2", "identifiers": {"scac": "ABCD"}},
            {"kind": "party", "number": "C-3", "roles": ["customer"],
             "identifiers": {"vat": "DE136695977", "gln": "4006381333932"}},
        ]  # fmt: skip
        before = self.env["freight.message.in"].search_count([])
        results = self.call("POST", "/parties/validate", asked).json()["results"]
        self.assertEqual([one["status"] for one in results], ["known", "matched", "unknown"])
        self.assertEqual(results[0]["differences"], ["name"])
        self.assertEqual(
            {one["code"] for one in results[2]["problems"]}, {"vat", "gln", "no_country"}
        )
        self.assertEqual(self.env["freight.message.in"].search_count([]), before)


@tagged("post_install", "-at_install")
class TestPartiesByFile(ConnectorCase):
    def test_a_csv_of_parties_and_one_of_codes(self):
        own(self.env, "carrier", "customer", "codes")
        mappings = self.env["freight.mapping"]
        for code, body in (
            ("csv_party", b"number,roles,name,scac,zip,country,bank_account\n"
             b"C-1,carrier,Renamed,ABCD,06001,US,DE89370400440532013000\n"
             b"K-1,customer location,Shop,,60601,US,\n"),
            ("csv_charge_code", b"code,name,family,active\nYRD,Yard move,accessorial,yes\n"),
        ):  # fmt: skip
            self.tms_endpoint.mapping_ids = mappings.search([("code", "=", code)])
            answer = self.post(self.tms_endpoint, body, media_type="text/csv")
            self.drain("inbox")
            message = self.message(answer)
            self.assertEqual(message.state, "applied", message.error)
        self.assertEqual((self.carrier.name, self.carrier.zip), ("Renamed", "06001"))
        self.assertFalse(self.carrier.bank_ids)
        shop = self.env["res.partner"].search([("name", "=", "Shop")])
        self.assertTrue(shop.freight_is_customer and shop.freight_is_location)
        waiting = self.env["freight.master.proposal"].search([("number", "=", "C-1")])
        self.assertEqual(waiting.kind, "bank")
        self.assertTrue(self.env["freight.charge.code"].search([("code", "=", "YRD")]))


@tagged("post_install", "-at_install")
class TestPartiesAnnounced(ConnectorCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.cr.flush()
        standard = cls.env["freight.auth.profile"].search([("code", "=", "standard_webhooks")])
        for endpoint in (cls.tms_endpoint, cls.carrier_endpoint):
            endpoint.write(
                {
                    "state": "active",
                    "url": "http://127.0.0.1:9/",
                    "outbound_profile_id": standard.id,
                    "subscription_ids": [(0, 0, {"pattern": "*"})],
                    "credential_ids": [(0, 0, {"use": "outbound", "secret": WHSEC})],
                }
            )

    def outbox(self, endpoint):
        self.env.cr.flush()
        return self.env["freight.message.out"].search([("endpoint_id", "=", endpoint.id)])

    def test_a_carrier_hears_of_itself_alone(self):
        other = self.make_carrier("EFGH", "Competitor")
        self.assertFalse(self.outbox(self.carrier_endpoint))
        message = self.outbox(self.tms_endpoint)
        self.assertEqual(message.event_type, "party.created")
        data = json.loads(message._body())["data"]
        schemas.check("master_announcement", data)
        self.assertEqual((data["party"]["number"], data["your_number"]), (str(other.id), None))
        self.carrier.city = "Dayton"
        self.assertEqual(self.outbox(self.carrier_endpoint).event_type, "party.changed")

    def test_who_told_us_hears_nothing_and_others_by_their_number(self):
        self.env["freight.ownership"].create({"domain": "carrier", "kind": "tms"})
        self.env["freight.master.identity"].create(
            {"system_id": self.carrier_system.id, "number": "ME", "partner_id": self.carrier.id}
        )
        body = json.dumps(PARTY).encode()
        self.env["freight.admission"]._admit([self.arrival(body)])
        self.drain("inbox")
        self.assertEqual(self.carrier.name, "Renamed Carrier")
        self.assertFalse(self.outbox(self.tms_endpoint))
        message = self.outbox(self.carrier_endpoint)
        self.assertEqual(json.loads(message._body())["data"]["your_number"], "ME")

    def arrival(self, body):
        from ..codecs.canonical import KIND
        from ..models.freight_admission import Arrival, message_key

        return Arrival(
            endpoint_id=self.tms_endpoint.id, company_id=self.company.id, body=body, codec=KIND,
            key=message_key(body), trace_id="0" * 31 + "1", channel="api",
            media_type="application/json",
        )  # fmt: skip

    def test_charge_codes_reach_all_who_subscribe(self):
        self.env["freight.charge.code"].create({"code": "YRD", "name": "Yard"})
        for endpoint in (self.tms_endpoint, self.carrier_endpoint):
            message = self.outbox(endpoint)
            self.assertEqual(message.event_type, "charge_code.created")
            schemas.check("master_announcement", json.loads(message._body())["data"])

    def test_all_is_sent_once_to_one_partner(self):
        self.outbox(self.tms_endpoint)
        before = self.env["freight.message.out"].search_count([])
        load = self.env["freight.master.load"].create({"endpoint_id": self.tms_endpoint.id})
        with patch("odoo.addons.freight_tms_connector.models.freight_master_load.BATCH", 1):
            load.action_send()
            self.env["freight.master.load"]._work()
        self.env.invalidate_all()
        self.assertEqual(load.state, "done")
        messages = self.outbox(self.tms_endpoint)
        told = messages.filtered(lambda one: one.event_type == "party.created")
        self.assertIn(self.carrier.name, " ".join(told.mapped("subject")))
        self.assertFalse(self.outbox(self.carrier_endpoint))
        count = self.env["freight.message.out"].search_count([])
        self.assertGreater(count, before)
        again = self.env["freight.master.load"].create({"endpoint_id": self.tms_endpoint.id})
        again.action_send()
        self.env["freight.master.load"]._work()
        self.assertEqual(self.env["freight.message.out"].search_count([]), count)

    def test_who_did_not_subscribe_is_sent_nothing(self):
        self.tms_endpoint.subscription_ids.pattern = "shipment.*"
        load = self.env["freight.master.load"].create({"endpoint_id": self.tms_endpoint.id})
        with self.assertRaisesRegex(UserError, "subscribe it to party"):
            load.action_send()
        with self.assertRaises(AccessError):
            plain = new_test_user(self.env, "plain_loader", groups="base.group_user")
            load.with_user(plain).action_send()

    def test_the_view_loads(self):
        self.assertTrue(self.env["freight.master.load"].get_views([(False, "tree")]))
