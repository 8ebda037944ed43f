"""Shipments that Odoo tenders itself: along a guide, with deadlines and second thoughts."""

from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase

from ..documents import APPLIED, DUPLICATE, REFUSED
from ..tendering import ENDED, HELD, KINDS, answered, due_next, is_exhausted
from .common import CanonicalCase

STATES = st.sampled_from(["waiting", *HELD, *ENDED])


class TestCourse(BaseCase):
    @given(st.lists(st.sampled_from(sorted(KINDS.values())), max_size=6))
    def test_what_has_ended_stays_ended(self, answers):
        state = "sent"
        for answer in answers:
            before, (state, verdict) = state, answered(state, answer)
            if before in ENDED:
                self.assertEqual(state, before)
            self.assertEqual(verdict == "counted", state != before)

    @given(st.lists(STATES, min_size=1, max_size=6))
    def test_nobody_is_asked_while_another_one_holds_it(self, states):
        position = due_next(enumerate(states))
        if set(states) & set(HELD):
            self.assertIsNone(position)
        elif position is not None:
            self.assertEqual((states[position], states.index("waiting")), ("waiting", position))
        if is_exhausted(states):
            self.assertIsNone(position)


class TestTendering(CanonicalCase):
    def setUp(self):
        super().setUp()
        self.others = [self.make_carrier("EFGH"), self.make_carrier("IJKL")]
        self.theirs = self.make_system("other", "carrier", self.others[0])
        self.shipment = self.make_shipment(carrier_id=False, tms_id=False)
        self.told = []
        emitter = self.registry["freight.emitter"]
        patcher = patch.object(
            emitter, "_announce", lambda _self, found: self.told.extend(found), create=True
        )
        patcher.start()
        self.addCleanup(patcher.stop)

    def tender(self, *carriers, hours=2):
        sequence = [(carrier, hours) for carrier in carriers or (self.carrier, *self.others)]
        self.shipment._tender(sequence)
        return self.shipment.tender_ids

    def answer(self, kind, system=None, **data):
        [outcome] = self.report(self.document(self.shipment, kind, system=system, **data))
        return outcome.status

    def states(self):
        return self.shipment.tender_ids.sorted("position").mapped("state")

    def names(self):
        return [(one.name, one.recipient.freight_scac) for one in self.told if one.recipient]

    def run_clock(self, hours):
        with freeze_time(fields.Datetime.now() + timedelta(hours=hours)):
            self.env["freight.tender"]._cron_tenders()
        self.env.invalidate_all()

    def test_a_decline_asks_the_next_one(self):
        self.tender()
        self.assertEqual(self.states(), ["sent", "waiting", "waiting"])
        self.assertEqual(self.shipment.transport_state, "tendered")
        self.assertEqual(self.answer("tender_declined"), APPLIED)
        self.assertEqual(self.states(), ["declined", "sent", "waiting"])
        self.assertEqual(self.shipment.transport_state, "tendered")
        self.assertEqual(self.answer("tender_accepted", self.theirs), APPLIED)
        self.assertEqual(self.states(), ["declined", "accepted", "waiting"])
        self.assertEqual(self.shipment.transport_state, "accepted")
        self.assertEqual(self.shipment.carrier_id, self.others[0])
        self.assertEqual(self.names(), [("tender.sent", "ABCD"), ("tender.sent", "EFGH")])

    def test_a_clock_that_is_wrong_changes_nothing(self):
        self.tender()
        self.answer("tender_declined", hours=24_000)
        self.answer("tender_accepted", self.theirs, hours=-24_000)
        self.assertEqual(self.shipment.transport_state, "accepted")

    def test_who_was_not_asked_may_not_answer_and_who_was_may_not_report(self):
        self.tender()
        self.assertEqual(self.answer("tender_accepted", self.theirs), REFUSED)
        self.assertEqual(self.answer("departed_pickup"), REFUSED)
        self.assertEqual(self.answer("tender_accepted"), APPLIED)
        self.assertEqual(self.answer("dispatched"), APPLIED)

    def test_time_runs_out_until_nobody_is_left(self):
        self.tender(self.carrier, self.others[0])
        self.run_clock(1)
        self.assertEqual(self.states(), ["sent", "waiting"])
        self.run_clock(3)
        self.assertEqual(self.states(), ["expired", "sent"])
        self.run_clock(6)
        self.assertEqual(self.states(), ["expired", "expired"])
        self.assertEqual(self.shipment.transport_state, "declined")
        [case] = self.shipment.exception_ids.filtered(lambda one: one.code == "tender")
        self.assertIn("No carrier took", case.description)

    def test_a_late_acceptance_books_nobody_until_it_is_honoured(self):
        tenders = self.tender(self.carrier, self.others[0])
        self.run_clock(3)
        self.assertEqual(self.answer("tender_accepted"), APPLIED)
        self.assertEqual(self.states(), ["expired", "sent"])
        self.assertFalse(self.shipment.carrier_id)
        self.assertFalse(self.source._may_act_on(self.shipment))
        self.assertTrue(tenders[0].late_answer)
        tenders[0].action_honour()
        self.assertEqual(self.states(), ["accepted", "superseded"])
        self.assertEqual(self.shipment.carrier_id, self.carrier)
        self.assertIn(("tender.cancelled", "EFGH"), self.names())
        with self.assertRaises(UserError):
            tenders[0].action_honour()

    def test_a_second_acceptance_says_nothing_new(self):
        self.tender()
        self.assertEqual(self.answer("tender_accepted", id="one"), APPLIED)
        self.assertEqual(self.answer("tender_accepted", id="one"), DUPLICATE)
        self.assertEqual(self.answer("tender_accepted", id="two", hours=1), APPLIED)
        self.assertEqual(
            sorted(self.shipment.tender_ids.answer_ids.mapped("verdict")), ["counted", "repeated"]
        )

    def test_a_carrier_gives_it_back(self):
        self.tender()
        self.answer("tender_accepted")
        self.answer("tender_declined", hours=1)
        self.assertEqual(self.states(), ["declined", "sent", "waiting"])
        self.assertEqual(self.shipment.transport_state, "tendered")
        self.assertFalse(self.shipment.carrier_id)

    def test_a_counter_offer_above_the_limit_needs_another_person(self):
        self.shipment.charge_ids.unlink()
        self.shipment.charge_ids = [
            (0, 0, {"code_id": self.env.ref("freight_canonical.charge_code_vor").id, "amount": 100})
        ]
        tenders = self.tender()
        self.assertEqual(tenders[0].offered_charges[0]["amount"], "100.00")
        asked = [{"code": "400", "amount": "111.00", "currency": "USD"}]
        self.answer("tender_countered", charges=asked)
        self.assertEqual(self.states()[0], "countered")
        self.run_clock(9)
        self.assertEqual(self.states()[0], "countered")
        with self.assertRaises(UserError):
            tenders[0].action_confirm()
        tenders[0].with_user(self.make_user("second", "dispatcher")).action_confirm()
        self.assertEqual(self.states()[0], "accepted")
        agreed = self.shipment.charge_ids.filtered(lambda one: one.stage == "tendered")
        self.assertEqual(agreed.mapped("amount"), [111])

    def test_conditions_are_refused(self):
        self.tender()
        self.answer("tender_conditional", raw_description="AFTER NOON ONLY")
        self.assertEqual(self.shipment.tender_ids[0].answer_remarks, "AFTER NOON ONLY")
        self.shipment.tender_ids[0].action_refuse()
        self.assertEqual(self.states(), ["declined", "sent", "waiting"])

    def test_a_cancelled_shipment_takes_its_tenders_along(self):
        self.tender()
        self.shipment.action_cancel()
        self.assertEqual(self.states(), ["cancelled"] * 3)
        self.assertEqual(self.names()[-1], ("tender.cancelled", "ABCD"))
        self.assertEqual(len(self.names()), 2)
        self.assertEqual(self.answer("tender_accepted"), APPLIED)
        self.assertEqual(self.shipment.transport_state, "cancelled")

    def test_a_change_is_answered_anew(self):
        self.tender(self.carrier)
        self.answer("tender_accepted")
        self.shipment.action_send_change()
        self.assertEqual(self.states(), ["accepted"])
        self.shipment.line_ids.weight = 900
        self.shipment.action_send_change()
        self.shipment.action_send_change()
        self.assertEqual(self.states(), ["sent"])
        self.assertEqual(self.names()[1:], [("tender.changed", "ABCD")])
        body = self.told[-1].body()
        self.assertEqual((body["tender"]["purpose"], body["tender"]["version"]), ("change", 2))
        self.assertEqual(self.shipment.carrier_id, self.carrier)
        self.answer("tender_accepted", hours=1)
        self.assertEqual(self.states(), ["accepted"])

    def test_it_is_tendered_again(self):
        self.tender(self.carrier)
        with self.assertRaises(UserError):
            self.tender(self.others[0])
        self.answer("tender_declined")
        self.tender(self.others[0])
        self.assertEqual(self.shipment.tender_ids.mapped("number")[-1][-3:], "/T2")

    def test_the_tms_tenders_what_it_owns(self):
        self.shipment.sudo().tms_id = self.tms
        with self.assertRaises(UserError):
            self.tender()

    def test_an_answer_by_phone(self):
        tenders = self.tender()
        wizard = self.env["freight.tender.reply"].create(
            {"tender_id": tenders[0].id, "answer": "tender_accepted", "source": "By phone"}
        )
        wizard.action_record()
        self.assertEqual(self.states()[0], "accepted")
        self.assertEqual(self.shipment.carrier_id, self.carrier)

    def cases(self):
        found = self.shipment.exception_ids.filtered(lambda one: one.code == "tender")
        return sorted(one.dedup_key.split(":")[0] for one in found if one.state == "open")

    def last(self):
        """Return the name, purpose and reason of what a carrier was told last."""
        told = [one for one in self.told if one.recipient][-1]
        tender = told.body()["tender"]
        return told.name, tender["purpose"], tender["reason"]

    def test_a_refusal_is_told_as_one(self):
        tenders = self.tender(self.carrier)
        self.answer("tender_conditional", raw_description="AFTER NOON ONLY")
        self.assertEqual(self.cases(), ["decide"])
        tenders.action_refuse()
        self.assertEqual(self.last(), ("tender.cancelled", "cancel", "refused"))
        self.assertEqual(self.states(), ["declined"])
        self.assertEqual(self.cases(), ["exhausted"])
        self.tender(self.others[0])
        self.assertEqual(self.cases(), [])

    def test_what_is_confirmed_is_told_with_the_price_agreed_on(self):
        tenders = self.tender(self.carrier)
        asked = [{"code": "400", "amount": "90.00", "currency": "USD"}]
        self.answer("tender_countered", charges=asked)
        tenders.with_user(self.make_user("second", "dispatcher")).action_confirm()
        self.assertEqual(self.last(), ("tender.confirmed", "confirmation", None))
        self.assertEqual(self.told[-1].body()["tender"]["charges"], asked)
        self.assertEqual(self.cases(), [])
        self.shipment.line_ids.weight = 900
        self.shipment.action_send_change()
        self.assertEqual(self.told[-1].body()["tender"]["charges"], asked)
        self.answer("tender_accepted", hours=1)
        agreed = self.shipment.charge_ids.filtered(lambda one: one.stage == "tendered")
        self.assertEqual(agreed.mapped("amount"), [90])

    def test_who_takes_the_last_one_back_needs_no_case(self):
        tenders = self.tender(self.carrier, self.others[0])
        self.answer("tender_declined")
        tenders[1].action_withdraw()
        self.assertEqual(self.states(), ["declined", "cancelled"])
        self.assertEqual(self.last(), ("tender.cancelled", "cancel", "withdrawn"))
        self.assertEqual(self.cases(), [])

    def test_what_one_carrier_lost_is_exhausted_when_the_last_one_declines(self):
        tenders = self.tender(self.carrier, self.others[0])
        tenders[0].action_withdraw()
        self.answer("tender_declined", self.theirs)
        self.assertEqual(self.cases(), ["exhausted"])

    def test_a_late_case_ends_when_it_is_honoured(self):
        tenders = self.tender(self.carrier)
        self.run_clock(3)
        self.answer("tender_accepted")
        self.assertEqual(self.cases(), ["exhausted", "late"])
        tenders.action_honour()
        self.assertEqual(self.last(), ("tender.confirmed", "confirmation", None))
        self.assertEqual(self.cases(), [])

    def test_it_is_honoured_at_another_price(self):
        tenders = self.tender(self.carrier)
        self.run_clock(3)
        asked = [{"code": "400", "amount": "5000.00", "currency": "USD"}]
        self.answer("tender_countered", charges=asked)
        with self.assertRaises(UserError):
            tenders.action_honour()
        tenders.with_user(self.make_user("second", "dispatcher")).action_honour()
        self.assertEqual(self.shipment.carrier_id, self.carrier)
        agreed = self.shipment.charge_ids.filtered(lambda one: one.stage == "tendered")
        self.assertEqual(agreed.mapped("amount"), [5000])

    def test_conditions_are_confirmed(self):
        tenders = self.tender(self.carrier)
        self.answer("tender_conditional", raw_description="AFTER NOON ONLY")
        tenders.action_confirm()
        self.assertEqual((self.states(), self.cases()), (["accepted"], []))
        self.assertEqual(self.shipment.carrier_id, self.carrier)
        with self.assertRaises(UserError):
            tenders.action_confirm()

    def changed(self):
        """Let the carrier that accepted be asked about a change; return its tender."""
        tenders = self.tender(self.carrier)
        self.answer("tender_accepted")
        self.shipment.line_ids.weight = 900
        self.shipment.action_send_change()
        return tenders

    def test_a_carrier_that_does_not_answer_a_change_is_told_that_it_lost_the_load(self):
        self.changed()
        self.run_clock(3)
        self.assertEqual(self.states(), ["expired"])
        self.assertFalse(self.shipment.carrier_id)
        self.assertEqual(self.last(), ("tender.cancelled", "cancel", "unanswered"))

    def test_a_carrier_under_way_keeps_it_though_it_does_not_answer_a_change(self):
        self.changed()
        self.assertEqual(self.answer("departed_pickup", hours=2), APPLIED)
        self.run_clock(3)
        self.assertEqual(self.states(), ["accepted"])
        self.assertEqual(self.shipment.carrier_id, self.carrier)
        self.assertEqual(self.last()[0], "tender.changed")

    def booked_elsewhere(self, scac, hours):
        self.shipment.sudo().tms_id = self.tms
        return self.answer("tender_accepted", self.tms, hours=hours, carrier={"scac": scac})

    def test_a_booking_by_another_system_ends_our_tenders(self):
        self.tender(self.carrier, self.others[0])
        self.assertEqual(self.booked_elsewhere("IJKL", 24_000), APPLIED)
        self.assertEqual(self.shipment.carrier_id, self.others[1])
        self.assertEqual(self.states(), ["superseded", "superseded"])
        self.assertEqual(self.last(), ("tender.cancelled", "cancel", "elsewhere"))
        self.assertEqual(self.cases(), [])

    def test_a_booking_of_the_carrier_that_we_asked_is_its_acceptance(self):
        self.tender(self.carrier, self.others[0])
        self.booked_elsewhere("ABCD", 24_000)
        self.assertEqual(self.states(), ["accepted", "superseded"])
        self.assertEqual(self.last()[0], "tender.sent")

    def test_an_older_booking_that_arrives_late_is_in_force_all_the_same(self):
        self.tender(self.carrier)
        self.booked_elsewhere("IJKL", -24_000)
        self.assertEqual(self.states(), ["superseded"])
        self.assertEqual(self.shipment.carrier_id, self.others[1])
        self.assertEqual(self.last(), ("tender.cancelled", "cancel", "elsewhere"))

    def test_a_closed_shipment_takes_what_is_open_along(self):
        tenders = self.tender(self.carrier, self.others[0])
        tenders.sudo()._conclude("shipment")
        self.assertEqual(self.states(), ["superseded", "superseded"])
        self.assertEqual(self.last(), ("tender.cancelled", "cancel", "shipment"))

    def test_other_companies_see_nothing_of_it(self):
        tenders = self.tender()
        self.answer("tender_conditional", raw_description="AFTER NOON ONLY")
        plan = self.env["freight.tender.plan"].create(
            {"name": "Any", "line_ids": [(0, 0, {"carrier_id": self.carrier.id})]}
        )
        other = self.env["res.company"].create({"name": "Other company"})
        stranger = self.make_user("stranger", "dispatcher")
        stranger.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        for records in (tenders, tenders.answer_ids, plan, plan.line_ids):
            self.assertTrue(records)
            theirs = records.with_user(stranger).with_context(allowed_company_ids=other.ids)
            self.assertFalse(theirs.search([("id", "in", records.ids)]))
            with self.assertRaises(AccessError):
                theirs.invalidate_recordset()
                theirs.read(["display_name"])

    def test_who_may_tender(self):
        reader, auditor = self.make_user("r", "user"), self.make_user("a", "auditor")
        tenders = self.tender()
        for user in (reader, auditor):
            self.assertEqual(tenders[0].with_user(user).state, "sent")
            for action in ("action_withdraw", "action_refuse", "action_confirm", "action_honour"):
                with self.assertRaises(AccessError):
                    getattr(tenders[0].with_user(user), action)()
        dispatcher = self.make_user("d", "dispatcher")
        with self.assertRaises(AccessError):
            tenders[0].with_user(dispatcher).state = "accepted"
        tenders[0].with_user(dispatcher).action_withdraw()
        self.assertEqual(self.states(), ["cancelled", "sent", "waiting"])

    def test_the_queries_do_not_grow_with_the_batch(self):
        def cost(count):
            shipments = self.env["freight.shipment"].union(
                *(self.make_shipment(carrier_id=False, tms_id=False) for _n in range(count))
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            shipments._tender([(self.carrier, 2), (self.others[0], 2)])
            self.env.flush_all()
            return self.cr.sql_log_count - before

        cost(2)
        self.assertLessEqual(cost(100), cost(10) + 10)

    def test_its_screens_open(self):
        for model, views in (
            ("freight.tender", ("tree", "form", "kanban", "pivot", "graph", "search")),
            ("freight.tender.plan", ("tree", "form")),
            ("freight.tender.start", ("form",)),
            ("freight.tender.reply", ("form",)),
            ("freight.shipment", ("form",)),
        ):
            self.env[model].get_views([(False, view) for view in views])

    def test_a_guide_is_found_by_its_mode(self):
        plans = self.env["freight.tender.plan"]
        any_mode = plans.create({"name": "Any"})
        of_mode = plans.create({"name": "LTL", "mode": self.shipment.mode, "sequence": 99})
        plans.create({"name": "Other", "mode": "ocean"})
        self.assertEqual(plans._for(self.shipment), of_mode)
        of_mode.active = False
        self.assertEqual(plans._for(self.shipment), any_mode)
