"""Polls from claim to record: what is taken in, where it goes on, and when it tries again."""

from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged

from .. import outgoing
from ..models import freight_poll_run
from .common import ConnectorCase
from .partner_api import PartnerApi, as_json, dripping, truncated

NOW = "2026-11-02 12:00:00"
IM = "freight_tms_connector.group_integration_manager"


class PollCase(ConnectorCase):
    def setUp(self):
        super().setUp()
        self.api = PartnerApi()
        self.addCleanup(self.api.close)
        self.endpoint = self.tms_endpoint
        self.endpoint.write({"credential_ids": [(0, 0, {"use": "poll", "secret": "our-token"})]})
        limits = outgoing.Limits(connect=2, total=2, size=1_000_000)
        self.startPatcher(patch.object(freight_poll_run, "LIMITS", limits))

    def poll(self, **values):
        return self.env["freight.poll"].create(
            {
                "name": "Events",
                "endpoint_id": self.endpoint.id,
                "url": self.api.url,
                "items_path": "items",
                "kind": "cursor",
                "next_path": "next",
                "parameter": "after",
                **values,
            }
        )

    def run_with(self, answers):
        """Work the queue off with the partner answering so. Return the messages so far."""
        self.api.answers = answers if callable(answers) else lambda _path, _query: answers
        self.drain("polls")
        return self.messages()

    def messages(self):
        return self.env["freight.message.in"].search(
            [("endpoint_id", "=", self.endpoint.id), ("channel", "=", "poll")], order="id"
        )

    def pages(self, *pages):
        """Return answers that lead from page to page: a list of items each."""

        def answer(_path, query):
            number = int(query.get("after") or 0)
            following = str(number + 1) if number + 1 < len(pages) else None
            return as_json({"items": pages[number], "next": following})

        return answer


@tagged("post_install", "-at_install")
class TestPollRuns(PollCase):
    def test_pages_are_walked_and_each_item_is_a_message(self):
        poll = self.poll()
        messages = self.run_with(self.pages([{"id": 1}, {"id": 2}], [{"id": 3}], []))
        self.assertEqual([one._body() for one in messages], [
            b'{"id": 1}', b'{"id": 2}', b'{"id": 3}',
        ])  # fmt: skip
        self.assertEqual(set(messages.mapped("codec")), {"json"})
        self.assertEqual(messages[0].origin, self.api.url)
        self.assertEqual(self.api.asked, [{}, {"after": "1"}, {"after": "2"}])
        self.assertEqual((poll.cursor, poll.last_error, poll.attempts), ("2", False, 0))
        self.assertEqual(poll.last_found, "3 new, 0 known")
        self.assertEqual(self.api.requests[0][2]["Authorization"], "Bearer our-token")

    def test_the_next_run_goes_on_where_this_one_ended_and_counts_nothing_twice(self):
        poll = self.poll()
        self.run_with(self.pages([{"id": 1}], [{"id": 2}]))
        self.assertEqual(poll.cursor, "1")
        poll.action_run_now()
        messages = self.run_with(self.pages([{"id": 1}], [{"id": 2}, {"id": 3}]))
        self.assertEqual(len(messages), 3)
        self.assertEqual(self.api.asked[-1], {"after": "1"})
        self.assertEqual(poll.last_found, "1 new, 1 known")
        self.assertFalse(sum(messages.mapped("duplicate_count")))

    def test_a_polled_event_reaches_its_shipment(self):
        shipment = self.make_shipment()
        self.poll()
        event = self.cloud_event(shipment, "dispatched", "evt-1")
        self.run_with((200, {}, b'{"items": [%s]}' % event))
        self.drain()
        self.assertEqual(self.messages().state, "applied")
        self.assertEqual(shipment.transport_state, "dispatched")

    def test_items_that_stand_twice_are_taken_once(self):
        self.poll()
        messages = self.run_with(as_json({"items": [{"id": 1}, {"id": 1}, {"id": 2}]}))
        self.assertEqual(len(messages), 2)

    def test_an_id_decides_where_the_content_changes(self):
        poll = self.poll(id_path="id", kind="none")
        self.run_with(as_json({"items": [{"id": 1, "fetched": "9:00"}]}))
        poll.action_run_now()
        messages = self.run_with(as_json({"items": [{"id": 1, "fetched": "9:15"}]}))
        self.assertEqual(len(messages), 1)
        self.assertEqual(messages.state, "received")
        self.assertEqual(messages.message_key, "1")

    def test_a_crash_after_the_admission_repeats_it_without_harm(self):
        """The cursor stands still where the process dies between admission and record."""
        poll = self.poll()
        with patch.object(type(poll), "_go_on", side_effect=SystemExit), suppress(SystemExit):
            self.run_with(self.pages([{"id": 1}], [{"id": 2}]))
        self.env.invalidate_all()
        self.assertEqual(len(self.messages()), 1)
        self.assertFalse(poll.cursor)
        self.assertTrue(poll.claim_token)
        later = fields.Datetime.now() + timedelta(hours=1)
        with freeze_time(later):
            self.assertEqual(self.env["freight.poll"]._queue_rescue(), 1)
        self.env.invalidate_all()
        self.assertEqual(len(self.messages()), 2)
        self.assertEqual((poll.cursor, poll.attempts, poll.losses), ("1", 0, 0))

    def test_endless_pages_end_with_the_run_and_go_on_soon(self):
        poll = self.poll(max_pages=3)
        with freeze_time(NOW):
            messages = self.run_with(
                lambda _path, query: as_json(
                    {"items": [{"id": query.get("after", 0)}],
                     "next": str(int(query.get("after", 0)) + 1)}
                )
            )  # fmt: skip
        self.assertEqual((len(messages), poll.cursor), (3, "3"))
        self.assertEqual(str(poll.next_attempt), "2026-11-02 12:00:10")

    def test_a_cursor_that_does_not_move_ends_the_run(self):
        poll = self.poll()
        self.run_with(as_json({"items": [{"id": 1}], "next": "same"}))
        self.assertEqual(len(self.api.requests), 2)
        self.assertEqual((poll.cursor, poll.last_error), ("same", False))

    def test_pages_in_a_circle_are_left(self):
        poll = self.poll()
        self.run_with(
            lambda _path, query: as_json(
                {"items": [{"id": 1}], "next": "b" if query.get("after") == "a" else "a"}
            )
        )
        self.assertEqual(len(self.api.requests), 3)
        self.assertIn("circle", poll.last_error)

    def test_an_answer_that_is_the_message(self):
        self.poll(items_path=False, next_path=False, kind="none", parameter=False)
        messages = self.run_with((200, {"Content-Type": "text/csv"}, b"shipment,status\nA,X\n"))
        self.assertEqual((messages.codec, messages._body()[:8]), ("csv", b"shipment"))

    def test_documents_within_json_keep_their_format(self):
        self.poll(kind="none")
        messages = self.run_with(as_json({"items": ["ISA*00*broken~"]}))
        self.assertEqual((messages.codec, messages.state), ("x12", "quarantined"))


@tagged("post_install", "-at_install")
class TestPollFailures(PollCase):
    @freeze_time(NOW)
    def fails(self, answer, poll=None, **values):
        poll = poll or self.poll(**values)
        poll.sudo().next_attempt = False
        self.env.flush_all()
        self.run_with(answer)
        return poll

    def seconds(self, poll):
        return (poll.next_attempt - fields.Datetime.to_datetime(NOW)).total_seconds()

    def test_retry_after_is_honoured(self):
        poll = self.fails((429, {"Retry-After": "900"}, b"slow down"))
        self.assertEqual((poll.attempts, poll.state), (1, "running"))
        self.assertEqual(self.seconds(poll), 900)
        self.assertIn("429", poll.last_error)
        self.assertEqual(len(self.api.requests), 1)

    def test_failures_in_a_row_wait_longer_up_to_two_hours(self):
        poll, waits = self.poll(), []
        for _number in range(6):
            self.fails((503, {}, b""), poll)
            waits.append(self.seconds(poll))
        for waited, planned in zip(waits, (5, 300, 1800, 7200, 7200, 7200), strict=True):
            self.assertAlmostEqual(waited, planned, delta=planned * 0.2 + 1)
        self.assertEqual(poll.attempts, 6)

    def test_a_person_is_asked_after_three_failures_and_not_before(self):
        cases = self.env["freight.exception"]
        poll = self.fails((500, {}, b""))
        self.fails((500, {}, b""), poll)
        self.assertFalse(cases.search([("code", "=", "way_in")]))
        self.fails((500, {}, b""), poll)
        case = cases.search([("code", "=", "way_in")])
        self.assertEqual((len(case), case.state), (1, "open"))
        self.fails(as_json({"items": []}), poll)
        self.assertEqual(case.state, "resolved", "it works again")

    def test_success_forgets_failures(self):
        poll = self.fails((500, {}, b""))
        self.fails(as_json({"items": []}), poll)
        self.assertEqual((poll.attempts, poll.last_error), (0, False))
        self.assertEqual(self.seconds(poll), 15 * 60)

    def test_refused_credentials_stop_it_and_ask_its_owner(self):
        for status in (401, 403):
            poll = self.fails((status, {}, b"no"), name=f"Events {status}")
            self.assertEqual((poll.state, poll.next_attempt), ("stopped", False))
            self.assertIn("credentials", poll.last_error)
        self.assertEqual(len(self.env["freight.exception"].search([("code", "=", "way_in")])), 2)
        asked = len(self.api.requests)
        self.drain("polls")
        self.assertEqual(len(self.api.requests), asked)
        poll.action_run_now()
        self.run_with(as_json({"items": []}))
        self.assertEqual(poll.state, "running")

    def test_without_a_secret_nothing_is_asked(self):
        self.endpoint.credential_ids.filtered(lambda one: one.use == "poll").unlink()
        self.assertTrue(self.endpoint.credential_ids)
        poll = self.fails(as_json({"items": []}))
        self.assertEqual(poll.state, "stopped")
        self.assertFalse(self.api.requests)

    def test_misbehaviour_of_all_kinds_backs_off(self):
        for answer, words in (
            (lambda *_asked: truncated(b'{"items": [', 500), "cut off"),
            ((302, {"Location": "http://127.0.0.1:9/"}, b""), "redirect"),
            ((200, {"Content-Type": "text/html"}, b"<html>Maintenance</html>"), "web page"),
            ((200, {}, b"\xff\xfe\x00"), "no JSON"),
            ((200, {"Content-Encoding": "gzip"}, b"\x1f\x8b"), "compressed"),
            ((200, {}, b" " * 1_000_001), "more than"),
            (as_json({"items": {"a": 1}}), "no list"),
        ):  # fmt: skip
            with self.subTest(words):
                poll = self.fails(answer, name=words)
                self.assertIn(words, poll.last_error)
                self.assertEqual((poll.attempts, poll.state), (1, "running"))
                poll.active = False
        self.assertFalse(self.messages())

    def test_a_body_that_drips_is_given_up(self):
        poll = self.poll()  # in real time: a frozen clock shows no deadline
        self.run_with(lambda *_asked: dripping(4))
        self.assertIn("longer than 2 s", poll.last_error)

    def test_a_page_that_fails_keeps_what_came_before(self):
        def answer(_path, query):
            if query.get("after"):
                return (500, {}, b"")
            return as_json({"items": [{"id": 1}], "next": "2"})

        poll = self.fails(answer)
        self.assertEqual((len(self.messages()), poll.cursor, poll.attempts), (1, "2", 1))

    def test_a_fault_of_ours_backs_off_too(self):
        poll = self.poll()
        with patch.object(type(poll), "_walk", side_effect=RuntimeError("broken")):
            self.fails(as_json({}), poll)
        self.assertIn("broken", poll.last_error)
        self.assertEqual(poll.attempts, 1)
        self.assertFalse(poll.claim_token)

    def test_production_refuses_private_addresses_and_plain_http(self):
        self.env["freight.environment"]._declare(True)
        poll = self.poll()
        self.endpoint.environment = "production"
        self.fails(as_json({"items": []}), poll)
        self.assertIn("https", poll.last_error)
        self.assertEqual(poll.state, "stopped")
        self.assertFalse(self.api.requests)
        with self.assertRaises(ValidationError):
            self.poll(name="Plain")

    def test_nothing_runs_for_an_endpoint_that_is_not_active(self):
        poll = self.poll()
        self.endpoint.state = "disabled"
        self.run_with(as_json({"items": []}))
        self.assertFalse(self.api.requests)
        with self.assertRaises(ValidationError):
            poll.action_run_now()


@tagged("post_install", "-at_install")
class TestPollProofs(PollCase):
    def headers(self, **values):
        self.poll(kind="none", **values)
        self.run_with(as_json({"items": []}))
        return self.api.requests[-1][2]

    def test_user_and_password(self):
        headers = self.headers(auth="basic", auth_name="us")
        self.assertEqual(headers["Authorization"], "Basic dXM6b3VyLXRva2Vu")

    def test_a_key_in_a_header(self):
        self.assertEqual(self.headers(auth="header", auth_name="X-Key")["X-Key"], "our-token")

    def test_further_headers_and_parameters(self):
        headers = self.headers(headers="X-Version = 2", parameters="size = 5\n\nq = a = b")
        self.assertEqual(headers["X-Version"], "2")
        self.assertEqual(self.api.asked[-1], {"size": "5", "q": "a = b"})

    def test_a_token_for_client_credentials(self):
        poll = self.poll(
            kind="none", auth="oauth", auth_name="us", scope="read",
            token_url=self.api.url.replace("events", "token"),
        )  # fmt: skip
        self.run_with(
            lambda path, _query: (
                as_json({"access_token": "short-lived"})
                if path.endswith("token")
                else as_json({"items": []})
            )
        )
        (_path, _query, asked, form), (_path2, _query2, used, _body) = self.api.requests
        self.assertEqual(form, b"grant_type=client_credentials&scope=read")
        self.assertEqual(asked["Authorization"], "Basic dXM6b3VyLXRva2Vu")
        self.assertEqual(used["Authorization"], "Bearer short-lived")
        poll.action_run_now()
        self.run_with((401, {}, b"no"))
        self.assertEqual(poll.state, "stopped")

    def test_what_cannot_work_is_refused_when_it_is_saved(self):
        for values in (
            {"url": "ftp://a/"},
            {"url": "http://u:p@a/"},
            {"items_path": "items[["},
            {"kind": "cursor", "parameter": False},
            {"kind": "link", "items_path": False},
            {"auth": "basic", "auth_name": False},
            {"auth": "oauth", "auth_name": "x", "token_url": "x"},
            {"parameters": "nothing"},
            {"headers": "Authorization = x"},
            {"headers": "Host = x"},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                self.poll(**values)


@tagged("post_install", "-at_install")
class TestPollPeople(PollCase):
    def test_the_test_button_takes_nothing_in(self):
        poll = self.poll()
        self.api.answers = lambda _path, _query: as_json({"items": [{"id": 1}]})
        manager = new_test_user(self.env, "ways_im", IM)
        action = poll.with_user(manager).action_test()
        self.assertIn("1 messages", action["params"]["message"])
        self.api.answers = lambda _path, _query: (401, {}, b"")
        self.assertEqual(poll.action_test()["params"]["type"], "danger")
        self.assertFalse(self.messages())
        self.assertFalse(poll.cursor)

    def test_people_neither_forge_a_record_nor_run_what_is_not_theirs(self):
        poll = self.poll()
        manager = new_test_user(self.env, "ways_im", IM)
        auditor = new_test_user(self.env, "ways_au", "freight_canonical.group_freight_auditor")
        user = new_test_user(self.env, "ways_us", "freight_canonical.group_freight_user")
        for field, value in (("state", "stopped"), ("next_attempt", False), ("last_error", "x")):
            with self.subTest(field), self.assertRaises(AccessError):
                poll.with_user(manager).write({field: value})
        poll.with_user(manager).write({"cursor": "0", "interval": 5})
        poll.with_user(manager).action_run_now()
        self.assertEqual(poll.with_user(auditor).interval, 5)
        for who in (auditor, user):
            for attempt in ("action_run_now", "action_test"):
                with self.subTest(who.login), self.assertRaises(AccessError):
                    getattr(poll.with_user(who), attempt)()
        with self.assertRaises(AccessError):
            poll.with_user(user).read(["url"])

    def test_other_companies_see_nothing(self):
        poll = self.poll()
        other = self.env["res.company"].create({"name": "Sister"})
        manager = new_test_user(
            self.env, "ways_im", IM, company_id=other.id, company_ids=[(6, 0, other.ids)]
        )
        self.assertFalse(self.env["freight.poll"].with_user(manager).search([]))
        with self.assertRaises(AccessError):
            poll.with_user(manager).action_run_now()

    def test_the_endpoint_tells_of_trouble(self):
        poll = self.poll()
        self.assertEqual(self.endpoint._ways_trouble(), {})
        self.run_with((500, {}, b""))
        self.assertEqual(self.endpoint._ways_trouble(), {self.endpoint.id: 1})
        self.assertTrue(self.endpoint.way_trouble)
        self.assertEqual(self.endpoint.health, "amber")
        poll.action_run_now()
        self.run_with((401, {}, b""))
        self.assertEqual(self.endpoint.health, "red")
        self.assertIn("stopped", self.endpoint.health_reason)
        poll.active = False
        self.assertEqual(self.endpoint._ways_trouble(), {})
