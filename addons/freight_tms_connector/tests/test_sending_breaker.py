"""The breaker of an endpoint: what it saves, what it costs nobody, and what people see of it."""

from datetime import timedelta

from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .live_server import free_port
from .partner_api import as_json
from .sending_common import OK, SendingCase

BUSY = (500, {}, b"busy")
IM = "freight_tms_connector.group_integration_manager"


@tagged("post_install", "-at_install")
class TestBreakerAtWork(SendingCase):
    def break_down(self, count=20):
        """Return messages to a partner that fails until its breaker opened."""
        messages = self.tell(count)
        self.send(BUSY)
        self.assertEqual(self.breaker().state, "open")
        return messages

    def test_failures_open_it_and_nothing_more_is_sent(self):
        messages = self.break_down(20)
        self.assertEqual(len(self.partner.requests), 8, "those that were under way")
        self.send()
        self.due()
        self.send()
        self.assertEqual(len(self.partner.requests), 8)
        self.assertEqual(sum(messages.mapped("attempts")), 8)

    def test_messages_of_others_go_on(self):
        self.break_down()
        other = self.up()
        self.carrier_endpoint.write({"url": other.url, **self.proof})
        messages = self.tell(3, self.carrier_endpoint)
        self.send()
        self.assertEqual(set(messages.mapped("state")), {"delivered"})

    def test_one_message_tries_and_uses_up_no_attempt(self):
        messages = self.break_down()
        sent, counted = len(self.partner.requests), sum(messages.mapped("attempts"))
        for _probe in range(30):
            self.probe_due()
            self.send()
        self.assertEqual(len(self.partner.requests), sent + 30)
        self.assertEqual(sum(messages.mapped("attempts")), counted)
        self.assertEqual(sum(len(one.attempt_ids) for one in messages), sent + 30)
        self.assertNotIn("dead", messages.mapped("state"))
        pause = self.breaker().until - fields.Datetime.now()
        self.assertLessEqual(pause, timedelta(minutes=15))

    def test_all_messages_take_turns_in_trying(self):
        """One that the partner chokes on does not keep the breaker open for all others."""
        messages = self.break_down(6)
        poison = messages[0].uuid

        def answer(handler):
            bad = handler.headers["webhook-id"] == poison
            handler.send_response(500 if bad else 204)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        self.answers(answer)
        messages.write({"last_attempt": "2026-11-02 12:00:00"})
        for _probe in range(2):  # the first one tries first, and fails
            self.probe_due()
            self.send()
        self.assertEqual(messages[1:].mapped("state"), ["delivered"] * 5)
        self.assertEqual(messages[0].state, "retry")

    def test_once_the_partner_is_back_everything_goes_at_once(self):
        messages = self.break_down()
        self.assertTrue(any(messages.mapped("next_attempt")))
        self.answers(OK)
        self.probe_due()
        self.send()
        self.assertEqual(self.breaker().state, "closed")
        self.assertEqual(set(messages.mapped("state")), {"delivered"})

    def test_a_partner_that_is_down_for_a_day_costs_nothing_but_delay(self):
        with freeze_time("2026-11-02 00:00:00") as clock:
            messages = self.tell(12)
            self.answers(BUSY)
            for _quarter in range(24 * 4 + 1):
                self.send()
                clock.tick(15 * 60)
            self.assertEqual(set(messages.mapped("state")), {"retry"}, "all of them tried")
            self.assertLess(len(self.partner.requests), 130)
            self.assertEqual(max(messages.mapped("attempts")), 1)
            self.send(OK)
        self.assertEqual(set(messages.mapped("state")), {"delivered"})

    def test_what_a_partner_refuses_says_that_it_is_there(self):
        for _round in range(3):
            self.tell(8)
            self.send((422, {}, b""))
        self.assertFalse(self.breaker().filtered(lambda one: one.state != "closed"))

    def test_a_probe_that_comes_to_nothing_is_not_the_last(self):
        messages = self.break_down()
        self.env.cr.execute("DELETE FROM freight_message_payload")
        self.probe_due()
        self.send(OK)
        self.assertEqual(messages.mapped("state").count("dead"), 1, "the one that tried")
        self.assertEqual(self.breaker().state, "open")
        self.assertGreater(self.breaker().until, fields.Datetime.now())

    def test_when_a_lane_looks_again(self):
        self.break_down()
        self.assertEqual(self.outbox._queue_next_due(), self.breaker().until)
        self.endpoint.state = "disabled"
        self.env.flush_all()
        self.assertFalse(self.outbox._queue_next_due(), "nothing to wake up for")

    def test_a_healthy_partner_costs_no_write(self):
        self.tell(3)
        self.send(OK)
        self.assertFalse(self.breaker())

    # People --------------------------------------------------------------------------------------

    def test_people_see_it_and_may_try_now(self):
        messages = self.break_down()
        endpoint = self.endpoint
        self.assertEqual(endpoint.breaker_state, "open")
        self.assertTrue(endpoint.breaker_until and endpoint.breaker_since)
        self.assertEqual(endpoint.health, "red")
        self.assertIn("busy", endpoint.health_reason)
        manager = new_test_user(self.env, "breaker_im", IM)
        auditor = new_test_user(self.env, "breaker_au", "freight_canonical.group_freight_auditor")
        user = new_test_user(self.env, "breaker_us", "freight_canonical.group_freight_user")
        self.assertEqual(endpoint.with_user(user).breaker_state, "open")
        for one in (auditor, user):
            with self.assertRaises(AccessError):
                endpoint.with_user(one).action_try_now()
            with self.assertRaises(AccessError):
                endpoint.with_user(one).action_resume_deliveries()
        with self.assertRaises(AccessError):
            self.breaker().with_user(manager).write({"state": "closed"})
        endpoint.with_user(manager).action_try_now()
        self.send(OK)
        self.assertEqual(set(messages.mapped("state")), {"delivered"})
        self.env.invalidate_all()
        self.assertFalse(endpoint.breaker_reason)

    def test_the_owning_team_hears_of_it_and_of_its_end(self):
        self.endpoint.team_id = self.env["freight.team"].create({"name": "EDI desk"})
        self.break_down()
        self.outbox._cron_watch()
        cases = self.env["freight.exception"].search([("code", "=", "partner_down")])
        self.assertFalse(cases, "a short one asks nobody")
        self.breaker().since = fields.Datetime.now() - timedelta(minutes=16)
        for _look in range(2):
            self.outbox._cron_watch()
        case = cases.search([("code", "=", "partner_down")])
        self.assertEqual((case.state, case.occurrences), ("open", 1))
        self.assertEqual(case.team_id, self.endpoint.team_id)
        self.assertIn("none is lost", case.description)
        self.probe_due()
        self.send(OK)
        self.outbox._cron_watch()
        self.assertNotEqual(case.state, "open")

    def test_screens_open(self):
        self.break_down()
        for model in ("freight.endpoint", "freight.message.out", "res.config.settings"):
            views = self.env[model].get_views([(False, "form")])["views"]["form"]["arch"]
            self.assertTrue(views)
        arch = self.env["freight.endpoint"].get_views([(False, "form")])["views"]["form"]["arch"]
        self.assertIn("action_try_now", arch)


@tagged("post_install", "-at_install")
class TestEnvironment(SendingCase):
    """A database that was not declared to be production sends to no production endpoint."""

    def setUp(self):
        super().setUp()
        self.environment = self.env["freight.environment"]
        self.env["ir.config_parameter"].set_param("freight.outgoing_allowed", "127.0.0.0/8")
        self.nobody = f"https://127.0.0.1:{free_port()}/"
        self.endpoint.write({"url": self.nobody, "environment": "production"})

    def test_a_new_database_is_no_production(self):
        self.assertFalse(self.environment._is_production())

    def test_messages_wait_and_use_up_no_attempt(self):
        message = self.tell()
        self.send()
        self.assertEqual((message.state, message.attempts), ("queued", 0))
        self.assertEqual(self.endpoint.health, "red")
        self.assertIn("not declared", self.endpoint.health_reason)
        self.assertTrue(self.endpoint.held_reason)
        self.environment._declare(True)
        self.env.invalidate_all()
        self.assertFalse(self.endpoint.held_reason)
        self.send()
        self.assertEqual((message.state, message.attempts), ("retry", 1), "nobody listens there")

    def test_what_was_claimed_before_it_was_taken_back_is_not_sent(self):
        self.environment._declare(True)
        message = self.tell()
        token, ids = self.outbox._queue_claim()
        self.assertEqual(ids, message.ids)
        self.environment._declare(False)
        self.outbox._queue_perform(token, ids)
        self.env.invalidate_all()
        self.assertEqual(
            (message.state, message.attempts, message.claim_token), ("queued", 0, False)
        )

    def test_sandbox_endpoints_are_sent_to_from_anywhere(self):
        self.endpoint.write({"environment": "sandbox", "url": self.partner.url})
        message = self.tell()
        self.send()
        self.assertEqual(message.state, "delivered")

    def test_the_declaration_does_not_hold_in_a_copy(self):
        self.environment._declare(True)
        parameters = self.env["ir.config_parameter"]
        mine = parameters.get_param("database.uuid")
        parameters.set_param("database.uuid", "that of a copy that Odoo made")
        self.assertFalse(self.environment._is_production())
        parameters.set_param("database.uuid", mine)
        self.assertTrue(self.environment._is_production())
        declared = parameters.get_param("freight.environment")
        parameters.set_param("freight.environment", declared + "_copy_by_createdb")
        self.assertFalse(self.environment._is_production())
        for value in ("production", "True", "1", mine):
            parameters.set_param("freight.environment", value)
            self.assertFalse(self.environment._is_production(), value)

    def test_nothing_is_fetched_either(self):
        poll = self.env["freight.poll"].create(
            {
                "name": "News",
                "endpoint_id": self.endpoint.id,
                "url": self.nobody,
                "auth": "none",
            }
        )
        self.drain("polls")
        self.assertFalse(poll.last_run)
        self.assertIn("not declared", str(poll.action_test()))
        self.environment._declare(True)
        self.drain("polls")
        self.assertTrue(poll.last_run)

    def test_an_administrator_declares_it_in_the_settings(self):
        self.tell(2)
        settings = self.env["res.config.settings"]
        self.assertEqual(settings.create({}).freight_held_count, 2)
        settings.create({"freight_is_production": True}).execute()
        self.assertTrue(self.environment._is_production())
        self.assertEqual(settings.create({}).freight_held_count, 0)
        settings.create({"freight_is_production": False}).execute()
        self.assertFalse(self.environment._is_production())
        manager = new_test_user(self.env, "env_im", IM)
        with self.assertRaises(AccessError):
            self.environment.with_user(manager)._declare(True)

    def test_a_health_finding_needs_an_endpoint_that_is_in_use(self):
        self.endpoint.state = "retired"
        self.assertNotIn("not declared", self.endpoint.health_reason)

    def test_answers_are_json_too(self):
        self.endpoint.write({"environment": "sandbox", "url": self.partner.url})
        message = self.tell()
        self.send(as_json({"ok": True}))
        self.assertEqual(message.attempt_ids.answer, '{"ok": true}')
