"""What every request of the API passes, row by row, over HTTP."""

import json
from unittest.mock import patch

import psycopg2
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2.errorcodes import SERIALIZATION_FAILURE

from ..vault import MissingKey
from .api_common import PDF, ApiCase

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
GATE = "odoo.addons.freight_tms_connector.controllers.api_gate"


@tagged("post_install", "-at_install")
class TestGate(ApiCase):
    def test_a_wrong_method_is_told_the_right_ones(self):
        for method, path, allowed in (
            ("DELETE", "/shipments", "GET, HEAD, OPTIONS, POST"),
            ("GET", "/events", "OPTIONS, POST"),
            ("PUT", "/documents", "OPTIONS, POST"),
            ("POST", "/masters/carriers", "GET, HEAD, OPTIONS"),
            ("PATCH", "/openapi.json", "GET, HEAD, OPTIONS"),
        ):
            with self.subTest(path):
                answer = self.call(method, path, token=None)
                self.assertProblem(answer, 405, "method-not-allowed")
                self.assertEqual(answer.headers["Allow"], allowed)

    def test_options_and_head_are_answered(self):
        answer = self.call("OPTIONS", "/shipments", token=None)
        self.assertEqual((answer.status_code, answer.content), (204, b""))
        self.assertEqual(answer.headers["Allow"], "GET, HEAD, OPTIONS, POST")
        answer = self.call("HEAD", "/shipments")
        self.assertEqual((answer.status_code, answer.content), (200, b""))

    def test_an_unknown_path_is_a_problem_and_no_page(self):
        for path in ("/nowhere", "/shipments/a/b/c/", "//shipments", "/documents/x/y/z"):
            for method in ("GET", "POST"):
                with self.subTest(f"{method} {path}"):
                    answer = self.call(method, path, token=None)
                    self.assertIn(answer.status_code, (401, 404, 405), answer.text)
                    self.assertEqual(answer.headers["Content-Type"], "application/problem+json")

    def test_media_types_and_encodings_that_are_not_taken(self):
        for media in (
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            None,
        ):
            with self.subTest(media):
                answer = self.call("POST", "/events", b"{}", headers={"Content-Type": media})
                self.assertProblem(answer, 415, "unsupported-media-type")
        answer = self.call("POST", "/events", b"{}", headers={"Content-Encoding": "gzip"})
        self.assertProblem(answer, 415, "unsupported-encoding")

    def test_lengths(self):
        answer = self.call(
            "POST",
            "/documents",
            PDF + b" " * 10 * 1024 * 1024,
            headers={"Content-Type": "application/pdf"},
            type="pod",
            reference="x",
        )
        self.assertProblem(answer, 413, "too-large")
        answer = self.call("POST", "/events", iter([b"{}"]))
        self.assertProblem(answer, 411, "length-required")

    def test_what_is_no_json(self):
        for body in (b"", b"{", b"\xff", b'{"a": NaN}', b'{"a": "\\u0000"}', b"[" * 100_000):
            with self.subTest(body[:20]):
                self.assertProblem(self.call("POST", "/events", body), 400, "malformed")

    def test_parameters_are_checked_and_all_that_is_wrong_is_said(self):
        answer = self.call("GET", "/shipments", limit="many", mode="cart", updated_sinze="x")
        problem = self.assertProblem(answer, 400, "invalid-parameter")
        self.assertEqual(
            {error["parameter"]: error["detail"] for error in problem["errors"]},
            {
                "limit": "must be an integer",
                "mode": mode_error(problem),
                "updated_sinze": "is not known here",
            },
        )
        for wrong in (
            {"limit": "0"},
            {"limit": "201"},
            {"limit": ["1", "2"]},
            {"cursor": "made-up"},
            {"updated_since": "yesterday"},
            {"updated_since": "2026-13-01T00:00:00Z"},
            {"updated_since": "2026-02-30T00:00:00Z"},
            {"reference": "\x00"},
            {"self": "x"},
        ):
            with self.subTest(wrong):
                self.assertEqual(self.call("GET", "/shipments", query=wrong).status_code, 400)

    def test_a_schema_violation_points_into_the_body(self):
        event = self.event(self.make_shipment(), classifier="maybe")
        problem = self.assertProblem(self.call("POST", "/events", event), 422, "schema-violation")
        [error] = problem["errors"]
        self.assertEqual(error["pointer"], "/classifier")
        self.assertIn("must be one of", error["detail"])

    def test_a_problem_is_evidence_and_leads_to_it(self):
        for body, code in ((b"{", "malformed"), (b"{}", "schema-violation")):
            problem = self.call("POST", "/events", body).json()
            self.assertEqual(problem["code"], code)
            message = self.env["freight.message.in"].search(
                [("trace_id", "=", problem["trace_id"])]
            )
            self.assertEqual((message.state, message.channel), ("refused", "api"))
            self.assertEqual(message._body(), body)

    def test_traceparent_is_taken_over(self):
        sent = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
        event = self.event(self.make_shipment())
        self.assertEqual(
            self.call("POST", "/events", event, headers=sent).json()["trace_id"], TRACE
        )
        problem = self.call("GET", "/shipments/none", headers=sent).json()
        self.assertEqual(problem["trace_id"], TRACE)

    def test_answers_are_kept_by_no_cache_and_set_no_cookie(self):
        answer = self.call("GET", "/shipments")
        self.assertEqual(answer.headers["Cache-Control"], "private, no-cache")
        self.assertFalse(answer.cookies)
        self.assertEqual(self.call("GET", "/shipments/none").headers["Cache-Control"], "no-store")

    def test_a_session_of_a_person_changes_nothing(self):
        self.authenticate("admin", "admin")
        self.assertEqual(self.call("GET", "/shipments", token=None).status_code, 401)
        self.assertEqual(self.call("GET", "/shipments").status_code, 200)


@tagged("post_install", "-at_install")
class TestTrouble(ApiCase):
    """Faults of ours: told as such, and as a problem."""

    def failing(self, error):
        return patch.object(
            type(self.env["freight.shipment"]), "_api_list", side_effect=error, autospec=True
        )

    @mute_logger(GATE)
    def test_a_database_that_is_not_there_means_later(self):
        for error in (psycopg2.OperationalError("gone"), MissingKey("none")):
            with self.failing(error):
                answer = self.call("GET", "/shipments")
            self.assertProblem(answer, 503, "not-ready")
            self.assertEqual(answer.headers["Retry-After"], "5")

    @mute_logger("odoo.service.model", "odoo.http")
    def test_a_conflict_is_repeated_and_then_means_later(self):
        class Conflict(psycopg2.OperationalError):
            pgcode = SERIALIZATION_FAILURE

        with patch("odoo.service.model.time.sleep"), self.failing(Conflict) as failing:
            answer = self.call("GET", "/shipments")
        self.assertProblem(answer, 503, "not-ready")
        self.assertEqual(failing.call_count, 5)

    @mute_logger("odoo.http")
    def test_a_fault_says_nothing_but_its_trace(self):
        with self.failing(KeyError("our inside")):
            answer = self.call("GET", "/shipments")
        problem = self.assertProblem(answer, 500, "internal-error")
        self.assertNotIn("inside", json.dumps(problem))


@tagged("post_install", "-at_install")
class TestQuota(ApiCase):
    def test_calls_and_webhooks_have_one_quota(self):
        self.tms_endpoint.write({"rate_per_minute": 60, "rate_burst": 3})
        answers = [self.call("GET", "/shipments") for _number in range(4)]
        self.assertEqual([answer.status_code for answer in answers], [200, 200, 200, 429])
        self.assertIn("RateLimit", answers[0].headers)
        self.assertIn("RateLimit-Policy", answers[0].headers)
        self.assertProblem(answers[-1], 429, "over-quota")
        self.assertIn("Retry-After", answers[-1].headers)
        other = self.call("GET", "/shipments", token=self.carrier_token)
        self.assertEqual(other.status_code, 200)

    def test_each_item_of_a_batch_costs_as_a_single_one(self):
        self.tms_endpoint.write({"rate_per_minute": 60, "rate_burst": 3})
        shipment = self.make_shipment()
        answer = self.call("POST", "/events", [self.event(shipment) for _number in range(4)])
        self.assertProblem(answer, 429, "over-quota")
        self.assertFalse(self.stored(self.tms_endpoint))

    def test_who_guesses_tokens_is_stopped(self):
        self.env["ir.config_parameter"].set_param("freight.address_failures_per_minute", "5")
        self.env["ir.config_parameter"].set_param("freight.address_failures_burst", "5")
        statuses = {self.call("GET", "/shipments", token="guess").status_code for _n in range(40)}
        self.assertLessEqual(statuses, {401, 429})


def mode_error(problem):
    """Return what is said of the mode: the words are the validator's."""
    return next(one["detail"] for one in problem["errors"] if one["parameter"] == "mode")
