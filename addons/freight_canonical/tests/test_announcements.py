from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.tests import BaseCase, tagged

from ..announcing import facts
from ..evidence import Event
from .common import CanonicalCase

T0 = datetime(2026, 11, 2, 12)
MILESTONES = {"departed_pickup", "arrived_terminal", "arrived_delivery", "delivered"}


def event(kind, hours=0, stop=None, identity=None, source=1, classifier="actual", **values):
    moment = T0 + timedelta(hours=hours)
    identity = identity or f"{kind}:{stop}:{hours}"
    return Event(source, identity, kind, classifier, moment, moment, stop, **values)


def told(ledger, fresh=None, state="in_transit"):
    """Return (name, type, stop) of what is told of ``fresh``, by default of the whole ledger."""
    identities = {one.identity for one in (fresh or ledger)}
    return [
        (fact.name.removeprefix("shipment."), fact.event.type, fact.event.stop)
        for fact in facts(ledger, identities, MILESTONES, state)
    ]


@tagged("post_install", "-at_install")
class TestFacts(BaseCase):
    def test_each_kind_has_its_name(self):
        ledger = [
            event("tender_sent"),
            event("tender_accepted", 1),
            event("dispatched", 2),
            event("departed_pickup", 3, 1),
            event("delayed", 4),
            event("pod_received", 5, 2),
        ]
        self.assertEqual(
            [name for name, _type, _stop in told(ledger)],
            ["tendered", "tender_accepted", "dispatched", "milestone", "delayed", "pod_received"],
        )  # fmt: skip

    def test_pings_estimates_and_controls_are_no_news(self):
        estimate = event("delivered", 1, 2, classifier="estimated")
        self.assertEqual(told([event("position"), event("en_route"), event("released"), estimate]),
                         [])  # fmt: skip

    def test_the_last_delivery_completes_the_shipment_whatever_the_order(self):
        ledger = [event("delivered", 9, 2), event("delivered", 1, 1)]
        self.assertEqual(told(ledger[:1], state="partially_delivered"),
                         [("partially_delivered", "delivered", 2)])  # fmt: skip
        self.assertEqual(
            told(ledger, state="delivered"),
            [("partially_delivered", "delivered", 2), ("delivered", "delivered", 1)],
        )

    def test_a_second_source_confirms_and_is_no_news(self):
        first, second = event("delivered", 1, 2), event("delivered", 2, 2, source=2)
        self.assertEqual(len(told([first, second], state="delivered")), 1)

    def test_twins_are_one_fact(self):
        twins = [event("arrived_terminal", 1, identity=name) for name in "ab"]
        self.assertEqual(len(told(twins)), 1)
        keys = {facts([one], {one.identity}, MILESTONES, "in_transit")[0].key for one in twins}
        self.assertEqual(len(keys), 1)

    def test_a_retraction_takes_back_what_was_said(self):
        target = event("delivered", 1, 2, "a")
        retraction = event("retraction", 3, identity="b", retracts="a")
        ledger = [target, retraction]
        self.assertEqual(told(ledger), [("milestone_retracted", "delivered", 2)])
        [before] = facts([target], {target.identity}, MILESTONES, "delivered")
        [after] = facts(ledger, {retraction.identity}, MILESTONES, "arrived")
        self.assertEqual(after.takes_back, before.key)

    def test_what_another_source_still_says_is_not_taken_back(self):
        ledger = [event("delivered", 1, 2, "a"), event("delivered", 2, 2, source=2),
                  event("retraction", 3, identity="b", retracts="a")]  # fmt: skip
        self.assertEqual(told(ledger, ledger[2:]), [])

    def test_a_correction_is_told_with_its_own_key(self):
        target = event("delivered", 1, 2, "a")
        correction = event("delivered", 1, 2, "b", corrects="a")
        found = facts([target, correction], {correction.identity}, MILESTONES, "delivered")
        self.assertEqual([fact.name for fact in found], ["shipment.delivered"])
        [before] = facts([target], {target.identity}, MILESTONES, "delivered")
        self.assertNotEqual(found[0].key, before.key)


@tagged("post_install", "-at_install")
class TestAnnouncements(CanonicalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.ref("freight_canonical.consumer_announcements").active = True

    def setUp(self):
        super().setUp()
        self.said = []
        listener = patch.object(
            self.registry["freight.emitter"], "_announce",
            lambda _self, announcements: self.said.extend(announcements),
        )  # fmt: skip
        listener.start()
        self.addCleanup(listener.stop)

    def test_a_delivery_is_announced_with_a_stable_body(self):
        shipment = self.make_shipment()
        self.drain()
        self.said.clear()
        self.report(self.document(shipment, "delivered", 3, quantity="10"))
        self.drain()
        [said] = self.said
        self.assertEqual((said.name, said.subject), ("shipment.delivered", shipment.name))
        self.assertEqual(said.origin_id, self.source.id)
        body = said.body()
        self.assertEqual(body["shipment"]["number"], shipment.name)
        self.assertEqual(body["event"]["occurred"], "2026-11-02T15:00:00Z")
        self.assertEqual(body["event"]["quantity"], "10")
        self.assertEqual(body["event"]["stop"], {"sequence": 2, "role": "delivery"})
        self.assertEqual(body["event"]["place"]["city"], "Dallas")

    def test_a_replay_names_the_same_facts(self):
        shipment = self.make_shipment()
        self.report(self.document(shipment, "departed_pickup", 1),
                    self.document(shipment, "delivered", 3))  # fmt: skip
        self.drain()
        first = [one.identity for one in self.said if one.identity]
        self.said.clear()
        consumer = self.env.ref("freight_canonical.consumer_announcements")
        consumer._enlist("e.shipment_id = %s", [shipment.id])
        self.drain()
        again = [one.identity for one in self.said]
        self.assertEqual(sorted(first), sorted(again))
        self.assertEqual(len(first), 2)

    def test_cases_about_the_goods_are_announced(self):
        shipment = self.make_shipment()
        self.said.clear()
        case = self.env["freight.exception"]._raise_case("delay", "x", "Late.", shipment=shipment)
        case.resolution = "Told the customer."
        case.action_resolve()
        names = [one.name for one in self.said]
        self.assertEqual(names, ["shipment.exception_opened", "shipment.exception_resolved"])
        self.assertEqual(self.said[-1].body()["exception"]["code"], "delay")
        self.assertNotIn("description", self.said[-1].body()["exception"])

    def test_what_concerns_nobody_else_is_not_announced(self):
        shipment = self.make_shipment()
        self.said.clear()
        self.env["freight.exception"]._raise_case("no_rate", "x", "No rate.", shipment=shipment)
        self.env["freight.exception"]._raise_case("delay", "y", "Late.")
        self.assertFalse(self.said)
