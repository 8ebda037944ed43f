"""The light of an endpoint, and the words behind it."""

from datetime import timedelta

from freezegun import freeze_time
from odoo import fields
from odoo.tests import tagged

from .desk_common import DeskCase


@tagged("post_install", "-at_install")
class TestHealth(DeskCase):
    def light(self, endpoint=None):
        self.env.flush_all()
        self.env.invalidate_all()
        endpoint = endpoint or self.carrier_endpoint
        return endpoint.health, endpoint.health_reason or ""

    def assertLight(self, colour, words="", endpoint=None):
        light, reason = self.light(endpoint)
        self.assertEqual(light, colour, reason)
        self.assertIn(words, reason)

    def test_nothing_wrong_is_green(self):
        self.assertEqual(self.light(), ("green", ""))

    def test_what_was_switched_off_is_red(self):
        self.carrier_endpoint.state = "disabled"
        self.assertLight("red", "Disabled")
        self.carrier_endpoint.write({"state": "active", "deliveries_stopped": True})
        self.assertLight("red", "Deliveries stopped")

    def test_dead_letters_are_red_and_the_unreadable_amber(self):
        self.take_in(b"?", "x12", state="quarantined")
        self.assertLight("amber", "Not readable: 1")
        dead = self.dead_letter()
        self.assertLight("red", "Dead letters: 1")
        self.assertEqual(self.carrier_endpoint.trouble_count, 2)
        dead.action_replay()
        self.drain()
        self.assertLight("amber", "Tried again: 1")

    def test_the_age_of_the_queue(self):
        message = self.take_in(self.status("A-1"))
        self.assertLight("green")
        message.received = fields.Datetime.now() - timedelta(minutes=75)
        self.env.flush_all()  # a message that only came was never written to
        self.env.cr.execute("UPDATE freight_message_in SET write_date = NULL")
        self.assertLight("red", "waits for 01:15")
        self.carrier_endpoint.queue_minutes = 80
        self.assertLight("green")

    def test_an_old_message_that_was_just_replayed_is_not_late(self):
        dead = self.dead_letter()
        dead.received = fields.Datetime.now() - timedelta(days=90)
        dead.action_replay()
        self.assertLight("green")

    def test_a_retry_is_late_only_when_it_is_due(self):
        message = self.take_in(self.status("A-1"))
        message._put_off(fields.Datetime.now() + timedelta(hours=6), "not known")
        self.assertLight("amber", "Tried again")
        message.next_attempt = fields.Datetime.now() - timedelta(hours=1)
        self.assertLight("red", "waits for 01:00")

    def test_silence_where_words_are_expected(self):
        self.assertLight("green")
        self.carrier_endpoint.quiet_hours = 24
        self.assertLight("amber", "Nothing arrived yet")
        message = self.take_in(self.status(self.make_shipment()))
        self.drain()
        self.assertLight("green")
        message.received = fields.Datetime.now() - timedelta(hours=25)
        self.assertLight("amber", "No message since")

    def test_secrets_that_end(self):
        secret = self.carrier_endpoint.credential_ids
        with freeze_time("2026-11-20 12:00:00"):
            secret.expires = "2026-12-20 12:00:00"
            self.assertLight("green")
            secret.expires = "2026-12-01 12:00:00"
            self.assertLight("amber", "Dec 1, 2026")
            secret.expires = "2026-11-19 12:00:00"
            self.assertLight("red", "Their secret expired")
            self.env["freight.credential"].create(
                {"endpoint_id": self.carrier_endpoint.id, "secret": "the next one"}
            )
            self.assertLight("green")

    def test_ways_in_that_fail(self):
        poll = self.env["freight.poll"].create(
            {
                "name": "Their API",
                "endpoint_id": self.carrier_endpoint.id,
                "url": "https://api.example.com/",
            }
        )
        poll.last_error = "They answered HTTP 500."
        self.assertLight("amber", "1 ways in failed")
        poll.state = "stopped"
        self.assertLight("red", "1 ways in are stopped")

    def test_lights_are_searched(self):
        self.dead_letter()
        self.env.flush_all()
        endpoints = self.env["freight.endpoint"]
        mine = [("id", "in", (self.carrier_endpoint + self.tms_endpoint).ids)]
        self.assertEqual(endpoints.search([*mine, ("health", "=", "red")]), self.carrier_endpoint)
        self.assertEqual(
            endpoints.search([*mine, ("health", "not in", ["red"])]), self.tms_endpoint
        )

    def test_figures_are_of_the_last_day(self):
        old, new = self.take_in(self.status("A-1")), self.take_in(self.status("A-2"))
        old.received = fields.Datetime.now() - timedelta(hours=25)
        self.light()
        self.assertEqual(self.carrier_endpoint.message_in_count, 1)
        self.assertEqual(self.carrier_endpoint.last_received, new.received)
        self.assertEqual(self.carrier_endpoint.waiting_count, 2)

    def test_many_endpoints_cost_no_more_queries(self):
        def cost(endpoints):
            self.env.invalidate_all()
            start = self.cr.sql_log_count
            endpoints.mapped("health")
            return self.cr.sql_log_count - start

        more = self.env["freight.endpoint"]
        for number in range(10):
            system = self.make_system(f"many_{number}", "tms")
            more |= self.make_endpoint(system, "generic_hmac", "secret", [])
        self.env.flush_all()
        cost(more)
        self.assertLessEqual(cost(more) - cost(more[:2]), 2)

    def test_filtered_pings_are_counted_at_the_endpoint(self):
        shipment = self.make_shipment()
        self.env["freight.ping.tally"]._count_filtered(
            [{"source_id": self.carrier_system.id, "shipment_id": shipment.id,
              "company_id": self.company.id}] * 3
        )  # fmt: skip
        self.assertEqual(self.carrier_endpoint.filtered_ping_count, 3)
        action = self.carrier_endpoint.action_open_filtered_pings()
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]).filtered, 3)
