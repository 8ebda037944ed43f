"""Accruing: targets by policy and stage, deltas that repeat nothing."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import BaseCase

from ..accruing import Milestone, PricedCharge, Subject, Target, best_charges, deltas, targets
from .properties import relaxed

amounts = st.decimals("-1000", "1000", places=2)
places = st.tuples(st.integers(1, 5), st.sampled_from(["400", "405", "DET"]))


def charge(code="400", stage="contract", amount="450", currency="USD"):
    return PricedCharge(code, stage, Decimal(amount), currency)


def subject(milestone=Milestone.DELIVERY, **kwargs):
    return Subject(7, milestone, kwargs.pop("charges", (charge(),)), **kwargs)


class TestAccruing(BaseCase):
    def test_recognised_at_the_milestone_of_the_policy(self):
        for policy in (Milestone.TENDER, Milestone.DISPATCH, Milestone.DELIVERY):
            for reached in Milestone:
                earned = bool(targets([subject(reached)], policy))
                self.assertEqual(earned, reached >= policy, (policy, reached))

    def test_nothing_for_cancelled_or_for_what_others_pay(self):
        self.assertFalse(targets([subject(cancelled=True)], Milestone.DELIVERY))
        self.assertFalse(targets([subject(payable_by_us=False)], Milestone.DELIVERY))

    def test_best_stage_per_charge(self):
        best = best_charges(
            [
                charge("400", "estimated", "440"),
                charge("405", "estimated", "50"),
                charge("405", "tendered", "55"),
                charge("LHS", "contract", "450"),
                charge("DET", "actual", "99"),
            ]
        )
        self.assertEqual(best["400"], Target(Decimal(450), "USD", "contract"))
        self.assertFalse(best["400"].provisional)
        self.assertEqual(best["405"].amount, Decimal(55))
        self.assertTrue(best["405"].provisional)
        self.assertNotIn("DET", best)

    def test_charges_of_one_stage_add_up(self):
        best = best_charges([charge("400", amount="100"), charge("LHS", amount="20")])
        self.assertEqual(best["400"].amount, Decimal(120))

    def test_two_currencies_at_one_stage_are_an_error(self):
        with self.assertRaises(ValueError):
            best_charges([charge(), charge(currency="EUR")])

    def test_once_billed_the_target_is_what_was_cleared(self):
        billed = subject(cleared={"400": (Decimal(430), "USD")})
        wanted = targets([billed], Milestone.DELIVERY)
        self.assertEqual(deltas(wanted, {(7, "400", "USD"): Decimal(430)}), [])

    def test_billed_before_delivery_accrues_nothing_later(self):
        billed = subject(cleared={"400": (Decimal(0), "USD")})
        self.assertEqual(deltas(targets([billed], Milestone.DELIVERY), {}), [])

    def test_what_is_posted_without_a_target_goes_back_to_zero(self):
        (delta,) = deltas({}, {(7, "400", "USD"): Decimal(450)})
        self.assertEqual((delta.amount, delta.stage), (Decimal(-450), None))

    def test_another_currency_takes_back_the_old_one(self):
        wanted = {(7, "400"): Target(Decimal(400), "EUR", "contract")}
        found = deltas(wanted, {(7, "400", "USD"): Decimal(450)})
        self.assertEqual(
            [(delta.currency, delta.amount) for delta in found],
            [("EUR", Decimal(400)), ("USD", Decimal(-450))],
        )

    @relaxed
    @given(
        st.dictionaries(places, amounts),
        st.dictionaries(places, amounts),
    )
    def test_applied_once_nothing_is_left(self, wanted, before):
        aims = {place: Target(amount, "USD", "contract") for place, amount in wanted.items()}
        posted = {(*place, "USD"): amount for place, amount in before.items()}
        for delta in deltas(aims, posted):
            place = (delta.shipment, delta.code, delta.currency)
            posted[place] = posted.get(place, Decimal(0)) + delta.amount
        self.assertEqual(deltas(aims, posted), [])
        for place, amount in posted.items():
            self.assertEqual(amount, wanted.get(place[:2], Decimal(0)))
