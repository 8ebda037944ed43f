"""Matching: verdicts, limits, cumulative bills, the approved and the disputed part."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import BaseCase

from ..matching import (
    BilledLine,
    Expectation,
    Limits,
    Policy,
    Tolerance,
    match,
)
from .properties import relaxed

D = Decimal
amounts = st.decimals("0", "5000", places=2)
NONE = Policy()
percents = st.decimals("0", "20", places=1)


def policy(percent=None, amount=None, combine="lesser", **scope):
    limits = Limits(
        percent if percent is None else D(percent), amount if amount is None else D(amount), combine
    )
    return Policy((Tolerance(limits, limits, **scope),))


def billed(amount, code="400", family="linehaul", sequence=1, **kwargs):
    return BilledLine(sequence, code, family, D(amount), **kwargs)


def expected(amount, approved="0"):
    return Expectation(D(amount), D(approved))


class TestVerdicts(BaseCase):
    def one(self, line, expectations, rules=NONE):
        bill = match([line], expectations, rules, 2)
        return bill, bill.lines[0]

    def test_matched_to_the_cent(self):
        bill, line = self.one(billed("450"), {"400": expected("450")})
        self.assertEqual((bill.verdict, line.verdict), ("matched", "matched"))
        self.assertEqual((bill.approved, bill.disputed), (D(450), D(0)))
        self.assertIsNone(line.reason)

    def test_400_and_lhs_are_one_charge(self):
        bill, line = self.one(billed("450", code="LHS"), {"400": expected("450")})
        self.assertEqual((bill.verdict, line.verdict), ("matched", "matched"))

    def test_bounds_are_inclusive(self):
        rules = policy(percent="2")
        for amount, verdict in (("459.00", "within_tolerance"), ("459.01", "over")):
            bill, line = self.one(billed(amount), {"400": expected("450")}, rules)
            self.assertEqual(line.verdict, verdict)
        self.assertEqual(bill.verdict, "exception")

    def test_over_pays_what_is_expected_and_disputes_the_rest_in_full(self):
        bill, line = self.one(billed("500"), {"400": expected("450")}, policy(percent="2"))
        self.assertEqual((bill.verdict, bill.failures), ("exception", ("over",)))
        self.assertEqual((line.approved, line.disputed, line.reason), (D(450), D(50), "46"))
        self.assertEqual(
            str(line.sentence),
            "400: billed 500, open 450; 50 too much, the limit is 9.00.",
        )

    def test_reasons_by_family(self):
        for code, family, reason in (("405", "fuel", "QC"), ("DET", "accessorial", "02")):
            _bill, line = self.one(billed("9", code, family), {code: expected("5")})
            self.assertEqual(line.reason, reason)

    def test_under_does_not_fail_the_bill(self):
        bill, line = self.one(billed("400"), {"400": expected("450")}, policy(percent="2"))
        self.assertEqual((bill.verdict, line.verdict), ("within_tolerance", "under"))
        self.assertEqual((line.approved, line.disputed), (D(400), D(0)))

    def test_no_tolerance_authorises_an_accessorial_nobody_ordered(self):
        rules = policy(percent="100", amount="9999", combine="greater")
        bill, line = self.one(billed("10", "LFT", "accessorial"), {}, rules)
        self.assertEqual((bill.verdict, line.verdict), ("exception", "unauthorised"))
        self.assertEqual((line.approved, line.disputed, line.reason), (D(0), D(10), "23"))

    def test_authorised_but_unpriced(self):
        _bill, line = self.one(billed("10", "LFT", "accessorial", authorised=True), {})
        self.assertEqual((line.verdict, line.reason), ("no_expectation", "02"))

    def test_fuel_that_nothing_prices(self):
        _bill, line = self.one(billed("10", "405", "fuel"), {})
        self.assertEqual(
            (line.verdict, line.disputed, line.reason), ("no_expectation", D(10), "QC")
        )

    def test_a_charge_no_map_knows(self):
        _bill, line = self.one(billed("10", None, None, label="ZZQ"), {})
        self.assertEqual(line.verdict, "unauthorised")
        self.assertIn("no code map knows", str(line.sentence))

    def test_limits(self):
        for percent, amount, combine, limit in (
            ("2", "5", "lesser", "5.00"),
            ("2", "5", "greater", "9.00"),
            ("2", None, "lesser", "9.00"),
            (None, "5", "greater", "5.00"),
            (None, None, "lesser", "0.00"),
        ):
            _bill, line = self.one(
                billed("451"), {"400": expected("450")}, policy(percent, amount, combine)
            )
            self.assertEqual(line.limit, D(limit), (percent, amount, combine))

    def test_limit_is_rounded_half_up(self):
        self.assertEqual(Limits(D("1.5")).of(D("0.33"), 2), D("0.00"))
        self.assertEqual(Limits(D("1.5")).of(D("1.00"), 2), D("0.02"))

    def test_over_and_under_separately(self):
        rules = Policy((Tolerance(over=Limits(amount=D(1)), under=Limits(amount=D(50))),))
        self.assertEqual(
            self.one(billed("452"), {"400": expected("450")}, rules)[1].verdict, "over"
        )
        self.assertEqual(
            self.one(billed("400"), {"400": expected("450")}, rules)[1].verdict, "within_tolerance"
        )

    def test_a_passing_line_keeps_its_difference_beside_a_failing_one(self):
        bill = match(
            [billed("452"), billed("10", "LFT", "accessorial", 2)],
            {"400": expected("450")},
            policy(amount="5"),
            2,
        )
        self.assertEqual([line.disputed for line in bill.lines], [D(0), D(10)])
        self.assertEqual(bill.failures, ("unauthorised",))

    def test_if_only_the_header_fails_every_overage_is_disputed(self):
        five = Limits(amount=D(5))
        rules = Policy((Tolerance(five, five), Tolerance(Limits(amount=D(7)), level="header")))
        bill = match(
            [billed("454"), billed("53", "405", "fuel", 2), billed("9", "SOC", "accessorial", 3)],
            {"400": expected("450"), "405": expected("49"), "SOC": expected("9")},
            rules,
            2,
        )
        self.assertEqual((bill.verdict, bill.failures), ("exception", ("header_over",)))
        self.assertEqual([line.disputed for line in bill.lines], [D(4), D(4), D(0)])
        self.assertEqual(bill.approved, D(508))

    def test_a_charge_that_the_bill_does_not_contain_hides_no_overage(self):
        bill, _line = self.one(
            billed("460"), {"400": expected("450"), "405": expected("50")}, policy(amount="5")
        )
        self.assertEqual(bill.verdict, "exception")

    def test_a_discount_that_came_short_is_over(self):
        bill, line = self.one(
            billed("-40", "DSC", "discount"), {"DSC": expected("-50")}, policy(amount="5")
        )
        self.assertEqual((line.verdict, line.approved, line.disputed), ("over", D(-50), D(10)))
        self.assertEqual(bill.approved + bill.disputed, D(-40))

    def test_second_bill_sees_only_what_is_open(self):
        _bill, line = self.one(billed("100"), {"400": expected("450", approved="400")})
        self.assertEqual((line.verdict, line.approved, line.disputed), ("over", D(50), D(50)))

    def test_lines_of_one_charge_share_its_expectation(self):
        bill = match(
            [billed("300"), billed("200", "LHS", sequence=2)], {"400": expected("450")}, Policy(), 2
        )
        self.assertEqual([line.disputed for line in bill.lines], [D(0), D(50)])


class TestPolicy(BaseCase):
    day = date(2025, 6, 1)

    def pick(self, *rules, code="400", family="linehaul", carrier=7, mode="ltl"):
        return Policy.of(rules, self.day, carrier, mode).for_line(code, family).version

    def test_most_specific_wins(self):
        company = Tolerance(version="company")
        mode = Tolerance(mode="ltl", version="mode")
        carrier = Tolerance(carrier=7, version="carrier")
        family = Tolerance(family="linehaul", version="family")
        code = Tolerance(code="LHS", version="code")
        self.assertEqual(self.pick(company, mode, carrier), "carrier")
        self.assertEqual(self.pick(company, mode), "mode")
        self.assertEqual(self.pick(company, family, code), "code")
        self.assertEqual(self.pick(company, family), "family")
        self.assertEqual(self.pick(company, Tolerance(carrier=8, version="other")), "company")

    def test_effective_dates(self):
        old = Tolerance(valid_to=date(2025, 5, 31), version="old")
        new = Tolerance(valid_from=date(2025, 6, 1), version="new")
        self.assertEqual(self.pick(old, new), "new")

    def test_line_serves_header_and_conversely(self):
        line = Tolerance(version="line")
        header = Tolerance(level="header", version="header")
        self.assertEqual(Policy((line,)).for_header().version, "line")
        self.assertEqual(Policy((header,)).for_line("400", "linehaul").version, "header")
        self.assertEqual(Policy((header, line)).for_header().version, "header")
        self.assertEqual(Policy().for_header().version, "none")


class TestProperties(BaseCase):
    codes = (("400", "linehaul"), ("405", "fuel"), ("DET", "accessorial"))
    bills = st.lists(st.tuples(st.sampled_from(codes), amounts), min_size=1, max_size=6)
    plans = st.dictionaries(st.sampled_from([code for code, _family in codes]), amounts)

    def lines(self, bill):
        return [
            billed(amount, code, family, sequence)
            for sequence, ((code, family), amount) in enumerate(bill, 1)
        ]

    def expectations(self, plan):
        return {code: Expectation(amount) for code, amount in plan.items()}

    @relaxed
    @given(bills, plans, percents, percents)
    def test_monotone_in_the_tolerance(self, bill, plan, one, other):
        tight, loose = sorted([one, other])
        strict, generous = (
            match(self.lines(bill), self.expectations(plan), policy(percent=percent), 2)
            for percent in (tight, loose)
        )
        self.assertLessEqual(strict.approved, generous.approved)
        if strict.verdict != "exception":
            self.assertNotEqual(generous.verdict, "exception")

    @relaxed
    @given(st.data(), bills, plans, percents)
    def test_order_of_lines_does_not_matter(self, data, bill, plan, percent):
        lines = self.lines(bill)
        shuffled = data.draw(st.permutations(lines))
        results = [
            match(each, self.expectations(plan), policy(percent=percent), 2)
            for each in (lines, shuffled)
        ]
        self.assertEqual(*results)

    @relaxed
    @given(bills, plans, percents)
    def test_every_line_is_split_exactly(self, bill, plan, percent):
        result = match(self.lines(bill), self.expectations(plan), policy(percent=percent), 2)
        for line in result.lines:
            self.assertEqual(line.approved + line.disputed, line.billed)
        self.assertGreaterEqual(result.disputed, 0)
        if result.verdict != "exception":
            self.assertEqual(result.disputed, 0)

    @relaxed
    @given(amounts, amounts, amounts, percents)
    def test_two_bills_end_like_one(self, first, second, plan, percent):
        rules = policy(percent=percent)
        at_once = match([billed(first + second)], {"400": Expectation(plan)}, rules, 2)
        early = match([billed(first)], {"400": Expectation(plan)}, rules, 2)
        late = match(
            [billed(second)], {"400": replace(Expectation(plan), approved=early.approved)}, rules, 2
        )
        if "exception" not in (early.verdict, at_once.verdict):
            self.assertEqual(late.lines[0].verdict, at_once.lines[0].verdict)
            self.assertEqual(early.approved + late.approved, at_once.approved)
