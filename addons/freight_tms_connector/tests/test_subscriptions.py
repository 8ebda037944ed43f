"""Who is told of what: filters, companies, reach, pauses; and that it costs little."""

import json
from functools import partial

from odoo.addons.freight_canonical.announcing import Announcement
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import WHSEC, ConnectorCase


class SubscribedCase(ConnectorCase):
    """A TMS and a carrier with addresses, and no subscriptions yet."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        standard = cls.env["freight.auth.profile"].search([("code", "=", "standard_webhooks")])
        for endpoint in (cls.tms_endpoint, cls.carrier_endpoint):
            endpoint.write(
                {
                    "url": "http://127.0.0.1:9/",
                    "outbound_profile_id": standard.id,
                    "credential_ids": [(0, 0, {"use": "outbound", "secret": WHSEC})],
                }
            )
        cls.manager = new_test_user(
            cls.env, "subs_manager", "freight_tms_connector.group_integration_manager"
        )

    def subscribe(self, endpoint=None, pattern="shipment.*", **values):
        return self.env["freight.subscription"].create(
            {"endpoint_id": (endpoint or self.tms_endpoint).id, "pattern": pattern, **values}
        )

    def fact(self, shipment, name="shipment.milestone", **values):
        values = {"body": partial(dict, n=1), "identity": None, **values}
        return Announcement(
            name=name,
            subject=shipment.name or "nothing",
            company=values.pop("company", shipment.company_id or self.company),
            shipment=shipment,
            trace_id=shipment.trace_id,
            **values,
        )

    def tell(self, *facts):
        """Announce; return what was written for it."""
        outbox = self.env["freight.message.out"]
        before = outbox.search([])
        self.env["freight.emitter"]._announce(list(facts))
        return outbox.search([], order="id") - before


@tagged("post_install", "-at_install")
class TestSubscriptions(SubscribedCase):
    def test_who_names_the_type_is_told(self):
        shipment = self.make_shipment()
        both = self.subscribe(pattern="tender.sent shipment.mile*")
        told = self.tell(self.fact(shipment), self.fact(shipment, "shipment.delayed"))
        self.assertEqual(told.mapped("event_type"), ["shipment.milestone"])
        self.assertEqual(told.subscription_id, both)
        body = json.loads(told._body())
        self.assertEqual(body["type"], "shipment.milestone.v1")
        self.assertTrue(body["dataschema"].endswith("/freight/v1/schemas/shipment.milestone.v1"))
        self.assertEqual(body["sequence"], f"{told.id:020d}")

    def test_types_are_picked_from_the_catalogue(self):
        shipment = self.make_shipment()
        delayed = self.env.ref("freight_tms_connector.announcement_shipment_delayed")
        self.subscribe(pattern=False, type_ids=[(6, 0, delayed.ids)])
        told = self.tell(self.fact(shipment), self.fact(shipment, "shipment.delayed"))
        self.assertEqual(told.mapped("event_type"), ["shipment.delayed"])

    def test_filters_by_carrier_lane_and_mode(self):
        other = self.make_carrier("WXYZ", "Another Carrier")
        shipment = self.make_shipment(mode="ltl")
        lane = self.env["freight.lane"].create(
            {
                "origin_zone_id": self.env["freight.zone"].create({"name": "A"}).id,
                "destination_zone_id": self.env["freight.zone"].create({"name": "B"}).id,
            }
        )
        subscription = self.subscribe()
        for values, heard in (
            ({"carrier_ids": [(6, 0, self.carrier.ids)]}, True),
            ({"carrier_ids": [(6, 0, other.ids)]}, False),
            ({"carrier_ids": [(6, 0, (other | self.carrier).ids)]}, True),
            ({"carrier_ids": [(5,)], "mode": "ltl"}, True),
            ({"mode": "ftl"}, False),
            ({"mode": False, "lane_ids": [(6, 0, lane.ids)]}, False),
        ):
            with self.subTest(values):
                subscription.write(values)
                self.assertEqual(bool(self.tell(self.fact(shipment))), heard)
        shipment.lane_id = lane
        self.assertTrue(self.tell(self.fact(shipment)))

    def test_two_subscriptions_of_an_endpoint_tell_it_once(self):
        self.subscribe()
        self.subscribe(pattern="*")
        self.assertEqual(len(self.tell(self.fact(self.make_shipment()))), 1)

    def test_a_subscription_of_one_company_never_hears_of_another(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        self.tms.company_id = False
        self.subscribe(pattern="*")
        shipment = self.make_shipment()
        self.assertTrue(self.tell(self.fact(shipment)))
        theirs = self.env["freight.shipment"].with_company(other).create(
            {"company_id": other.id, "tms_id": self.tms.id}
        )  # fmt: skip
        self.assertFalse(self.tell(self.fact(theirs)))
        self.assertFalse(self.tell(self.fact(shipment.browse(), company=other)))

    def test_carriers_hear_nothing_of_other_carriers(self):
        other = self.make_carrier("WXYZ", "Another Carrier")
        shipment = self.make_shipment()
        self.subscribe(self.carrier_endpoint, "*")
        self.assertTrue(self.tell(self.fact(shipment, party=self.carrier)))
        self.assertFalse(self.tell(self.fact(shipment, party=other)))
        nothing = shipment.browse()
        self.assertTrue(self.tell(self.fact(nothing, party=self.carrier)))
        self.assertFalse(self.tell(self.fact(nothing, party=other)))
        self.assertFalse(self.tell(self.fact(nothing)))

    def test_what_is_internal_reaches_no_carrier(self):
        self.env["freight.announcement.type"].create(
            {"code": "test.internal", "name": "x", "internal": True}
        )
        self.subscribe(self.carrier_endpoint, "*")
        self.subscribe(self.tms_endpoint, "*")
        told = self.tell(self.fact(self.make_shipment(), "test.internal"))
        self.assertEqual(told.endpoint_id, self.tms_endpoint)

    # Pauses --------------------------------------------------------------------------------------

    def test_what_happens_in_a_pause_is_sent_afterwards_in_its_order(self):
        shipment = self.make_shipment()
        subscription = self.subscribe()
        subscription.with_user(self.manager).action_pause()
        told = self.tell(self.fact(shipment), self.fact(shipment, "shipment.delayed"))
        self.assertEqual(told.mapped("state"), ["held", "held"])
        self.assertEqual(self.drain("outbox"), 0)
        subscription.with_user(self.manager).action_activate()
        self.assertEqual(told.mapped("state"), ["queued", "queued"])

    def test_what_was_written_by_who_did_not_see_the_end_of_a_pause_goes_too(self):
        subscription = self.subscribe()
        told = self.tell(self.fact(self.make_shipment()))
        told.state = "held"
        self.env.flush_all()
        self.env["freight.message.out"]._cron_watch()
        self.assertEqual(told.state, "queued")
        self.assertEqual(subscription.standing, "active")

    def test_a_draft_hears_nothing_and_a_dead_address_shows(self):
        subscription = self.subscribe(state="draft")
        shipment = self.make_shipment()
        self.assertFalse(self.tell(self.fact(shipment)))
        subscription.action_activate()
        self.assertTrue(self.tell(self.fact(shipment)))
        self.tms_endpoint._stop_deliveries()
        self.assertEqual(subscription.standing, "stopped")
        self.assertFalse(self.tell(self.fact(shipment)))

    # Cost ----------------------------------------------------------------------------------------

    def test_what_nobody_wants_costs_no_query(self):
        shipment = self.make_shipment()
        self.subscribe(pattern="tender.*")
        facts = [self.fact(shipment, identity=str(n)) for n in range(50)]
        self.tell(self.fact(shipment))
        self.env.flush_all()
        with self.assertQueryCount(0):
            self.env["freight.emitter"]._announce(facts)

    def test_a_thousand_facts_cost_as_many_queries_as_ten(self):
        self.subscribe(carrier_ids=[(6, 0, self.carrier.ids)])
        self.subscribe(self.carrier_endpoint)
        shipments = [self.make_shipment() for _ in range(10)]
        counts = []
        for number in (10, 1000):
            self.env.flush_all()
            self.env.invalidate_all()
            facts = [
                self.fact(shipments[n % 10].with_prefetch(), identity=f"{number}:{n}")
                for n in range(number)
            ]
            before = self.cr.sql_log_count
            self.env["freight.emitter"]._announce(facts)
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        found = self.env["freight.message.out"].search_count([("identity", "=like", "1000:%")])
        self.assertEqual(found, 2000)
        self.assertLessEqual(counts[1], counts[0] + 30, counts)

    def test_who_was_told_by_another_transaction_is_not_told_twice(self):
        shipment = self.make_shipment()
        self.subscribe()
        self.subscribe(self.carrier_endpoint)
        facts = [self.fact(shipment, identity=f"fact {n}") for n in range(3)]
        outbox = type(self.env["freight.message.out"])
        self.tell(facts[1])
        blind = outbox._told
        answers = [set()]  # what a transaction sees that began before the other one stood

        def told(messages, identities):
            return answers.pop() if answers else blind(messages, identities)

        self.patch(outbox, "_told", told)
        with mute_logger("odoo.sql_db"):
            written = self.tell(*facts)
        self.assertEqual(len(written), 4)
        self.assertEqual(set(written.mapped("identity")), {"fact 0", "fact 2"})
        self.assertTrue(all(written.mapped("digest")))

    # People --------------------------------------------------------------------------------------

    def test_patterns_are_checked_and_unknown_ones_warn(self):
        with self.assertRaises(ValidationError):
            self.subscribe(pattern="Shipment?")
        with self.assertRaises(ValidationError):
            self.subscribe(pattern=False)
        self.assertEqual(
            self.subscribe(pattern="shipmnt.* shipment.*").unknown_patterns, "shipmnt.*"
        )

    def test_only_managers_change_and_nobody_writes_the_state(self):
        subscription = self.subscribe()
        auditor = new_test_user(self.env, "subs_auditor", "freight_canonical.group_freight_auditor")
        self.assertTrue(subscription.with_user(auditor).name)
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
            subscription.with_user(auditor).action_pause()
        with self.assertRaises(AccessError):
            subscription.with_user(self.manager).write({"state": "paused"})

    def test_managers_of_another_company_reach_nothing(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        subscription = self.subscribe()
        stranger = new_test_user(
            self.env,
            "subs_stranger",
            "freight_tms_connector.group_integration_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        self.assertFalse(subscription.with_user(stranger).search([]))
        for action in ("action_pause", "action_activate"):
            with (
                self.subTest(action),
                self.assertRaises(AccessError),
                mute_logger("odoo.addons.base.models.ir_rule"),
            ):
                getattr(subscription.with_user(stranger), action)()
