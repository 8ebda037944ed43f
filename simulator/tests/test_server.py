import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from simulator import signing
from simulator.client import Outbox

from .conftest import NOW, PLATFORM_SECRET, TMS_SECRET, call, control, deliver, make_config, release

ROOT = Path(__file__).parents[2]


def test_a_release_is_answered_and_its_story_arrives_signed(simulator, odoo):
    status, _headers, answer = deliver(simulator, release())
    assert (status, answer) == (202, {"status": "accepted"})
    assert simulator.wait_until_idle(10)
    paths = [path for path, _headers, _body in odoo.requests]
    assert paths[0] == "/freight/v1/hooks/demo_tms"
    assert set(paths[1:]) == {"/freight/v1/hooks/brft"}
    _path, headers, body = odoo.requests[0]
    assert headers["content-type"] == "application/cloudevents+json"
    assert signing.verify(TMS_SECRET, headers, body, float(headers["webhook-timestamp"]))
    _path, headers, body = odoo.requests[1]
    assert headers["content-type"] == "application/edi-x12"
    again = signing.generic_hmac("plain-secret", body, float(headers["x-timestamp"]))
    assert headers["x-signature"] == again["X-Signature"]
    assert {entry["status"] for entry in simulator.sent} == {202}


def test_ups_shows_its_token(simulator, odoo):
    deliver(simulator, release(mode="parcel"))
    assert simulator.wait_until_idle(10)
    tokens = [h["authorization"] for path, h, _body in odoo.requests if path.endswith("/pclx")]
    assert set(tokens) == {"Bearer a-token"}


def test_a_duplicate_is_counted_and_not_played_again(simulator, odoo):
    statuses = [deliver(simulator, release())[0] for _time in range(3)]
    assert statuses == [202, 200, 200]
    assert [entry["duplicate"] for entry in simulator.received] == [False, True, True]
    assert simulator.wait_until_idle(10)
    assert len(odoo.requests) == 5


def test_a_wrong_signature_a_wrong_digest_and_bad_json(simulator, odoo):
    assert deliver(simulator, release(), secret=TMS_SECRET)[0] == 401
    assert call(simulator.url + "/tms/orders", b"{}")[0] == 401
    assert deliver(simulator, release(), **{"Content-Digest": "sha-256=:AAAA:"})[0] == 400
    assert deliver(simulator, ["no object"])[0] == 400
    assert deliver(simulator, release(weight_kg="heavy"))[0] == 400
    assert call(simulator.url + "/nowhere", b"{}")[0] == 404
    assert simulator.wait_until_idle(1)
    assert not odoo.requests
    # What was refused may come again.
    assert deliver(simulator, release())[0] == 202


def test_other_events_are_kept_but_nothing_is_played(simulator, odoo):
    assert deliver(simulator, {"type": "com.freight.shipment.cancelled.v1"})[0] == 202
    assert simulator.wait_until_idle(1)
    assert not odoo.requests


def test_it_fails_when_told_to(simulator):
    assert control(simulator, "fail", status=503, count=2, retry_after=7)[0] == 200
    status, headers, _answer = deliver(simulator, release())
    assert (status, headers["Retry-After"]) == (503, "7")
    assert [deliver(simulator, release())[0] for _time in range(2)] == [503, 202]
    assert [entry["status"] for entry in simulator.received] == [503, 503, 202]


def test_a_partner_is_down_until_it_recovers(simulator):
    assert control(simulator, "outage", path="/platform/settlements", retry_after=3)[0] == 200
    assert call(simulator.url + "/health")[2]["down"] == ["/platform/settlements"]

    def settle():
        bill = {"type": "com.freight.invoice.approved.v1"}
        return deliver(simulator, bill, PLATFORM_SECRET, "/platform/settlements")

    statuses = [settle()[0] for _time in range(3)]
    assert statuses == [503, 503, 503]
    assert deliver(simulator, release())[0] == 202, "others answer as usual"
    assert control(simulator, "recover", path="/platform/settlements")[0] == 200
    assert settle()[0] == 202
    assert control(simulator, "outage", path="/nowhere")[0] == 400


def test_it_pauses_and_resumes(simulator, odoo):
    control(simulator, "pause")
    deliver(simulator, release())
    assert not simulator.wait_until_idle(0.2)
    health = call(simulator.url + "/health")[2]
    assert health == {"status": "ok", "paused": True, "queued": 5, "down": []}
    assert not odoo.requests
    control(simulator, "resume")
    assert simulator.wait_until_idle(10)
    assert len(odoo.requests) == 5


def test_a_release_is_played_again_and_hastened(simulator, odoo):
    deliver(simulator, release(pickup=NOW + timedelta(days=36500)))
    assert simulator.wait_until_idle(10)
    assert len(odoo.requests) == 1
    assert control(simulator, "play", number="SHP/2024/00001", hasten=True)[0] == 200
    assert simulator.wait_until_idle(10)
    assert len(odoo.requests) == 6
    assert control(simulator, "play", number="unknown")[0] == 400
    assert control(simulator, "dance")[0] == 404


def test_it_tries_again_while_odoo_is_not_up(simulator, odoo):
    odoo.statuses = [503, 401]
    deliver(simulator, release())
    assert simulator.wait_until_idle(20)
    attempts = [(entry["attempt"], entry["status"]) for entry in simulator.sent]
    assert sorted(attempts) == sorted([(1, 503), (1, 401), *[(1, 202)] * 3, (2, 202)])


def test_settlements_are_stored_and_listed(simulator):
    answer = {"invoice": "BRFT1", "verdict": "approved"}
    path = "/platform/settlements"
    assert deliver(simulator, answer, PLATFORM_SECRET, path)[0] == 202
    assert deliver(simulator, answer, TMS_SECRET, path)[0] == 401
    assert call(simulator.url + path)[2] == [answer]
    assert call(simulator.url + "/carrier/BRFT", b"ISA*00*~")[0] == 202


def test_pages(simulator):
    deliver(simulator, {**release(), "subject": "<script>"})
    assert simulator.wait_until_idle(10)
    page = call(simulator.url + "/")[2]
    assert "&lt;script&gt;" in page
    assert "5 answered 202" in page
    log = call(simulator.url + "/log")[2]
    assert (len(log["received"]), len(log["sent"])) == (1, 5)
    assert call(simulator.url + "/missing")[0] == 404


def test_the_number_of_attempts_is_bounded(monkeypatch):
    monkeypatch.setattr("simulator.client._FIRST_BACKOFF", 0.0)
    attempts = []

    def deliver(item, attempt):
        attempts.append(attempt)
        return 0, ""

    outbox = Outbox(deliver)
    outbox.start()
    outbox.push("message")
    assert outbox.wait_until_empty(10)
    outbox.stop()
    assert attempts == list(range(1, 13))


def start(tmp_path, config):
    path = tmp_path / "simulator.json"
    path.write_text(json.dumps(config))
    command = [sys.executable, "-m", "simulator", "--config", str(path)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True)


def test_as_a_process_it_says_when_it_is_ready_and_stops_on_sigterm(tmp_path):
    process = start(tmp_path, make_config())
    address = process.stdout.readline().strip().rpartition(" ")[2]
    assert call(address + "/health")[0] == 200
    os.kill(process.pid, signal.SIGTERM)
    assert process.communicate(timeout=10) == ("", "")
    assert process.returncode == 0


def test_an_incomplete_configuration_is_named(tmp_path):
    process = start(tmp_path, {"odoo": "http://127.0.0.1:9"})
    _output, error = process.communicate(timeout=10)
    assert process.returncode == 2
    assert "lacks 'tms'" in error
