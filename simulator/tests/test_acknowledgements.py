import time
from datetime import timedelta

import pytest

from simulator import signing
from simulator.acknowledgements import Interchanges, read_acknowledgement
from simulator.server import Simulator

from .conftest import NOW, OUTBOUND_SECRET, call, control, deliver, make_config, release

SECRET = "whsec_YWNrbm93bGVkZ2VtZW50cy1zZWNyZXQ="
ISA = "ISA*00*          *00*          *ZZ*SHIPPER        *02*BRFT           *240320*1200*U*00401*"


def acknowledgement(control=102, sets="AK2*214*0001~AK5*A~", verdict="A", receiver="BRFT"):
    isa = ISA.replace("BRFT           ", f"{receiver:15}")
    return (
        f"{isa}000000001*0*P*>~GS*FA*SHIPPER*BRFT*20240320*1200*1*X*004010~ST*997*0001~"
        f"AK1*QM*{control}~{sets}AK9*{verdict}*1*1*1~SE*6*0001~GE*1*1~IEA*1*000000001~"
    ).encode()


@pytest.fixture
def simulator(odoo):
    config = make_config(odoo.url)
    config["carriers"][0]["outbound_secret"] = SECRET
    running = Simulator(config, speed=1000)
    running.start()
    yield running
    running.stop()


def answer(simulator, body, secret=SECRET):
    headers = signing.standard_webhooks(secret, body, time.time())
    headers["Content-Type"] = "application/edi-x12"
    return call(f"{simulator.url}/carrier/BRFT", body, headers)[0]


def test_what_a_997_says():
    said = read_acknowledgement(acknowledgement())
    assert (said.receiver, said.control, said.verdict, said.rejected) == (
        "BRFT", 102, "accepted", (),
    )  # fmt: skip
    sets = "AK2*214*0001~AK5*A~AK2*214*0002~AK3*AT7*5~AK5*R*4~"
    said = read_acknowledgement(acknowledgement(sets=sets, verdict="P").replace(b"~", b"~\r\n"))
    assert (said.verdict, said.rejected) == ("partly accepted", ("0002",))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"ISA*00*~",
        b"\xff" * 200,
        acknowledgement().replace(b"AK9*A", b"AK9*?"),
        acknowledgement(control=""),
        acknowledgement().replace(b"AK1*QM*102~", b"AK1~"),
        acknowledgement().replace(b"AK1*QM*102~", b""),
    ],
)
def test_what_is_no_997_is_refused(simulator, body):
    assert answer(simulator, body) == 400
    assert simulator.interchanges == {}


def test_interchanges_are_counted_by_what_became_of_them(simulator):
    deliver(simulator, release())
    assert simulator.wait_until_idle(10)
    assert simulator.interchanges == {"BRFT": {"waiting": 4}}
    assert answer(simulator, acknowledgement(101)) == 202
    assert answer(simulator, acknowledgement(102, verdict="P")) == 202
    assert answer(simulator, acknowledgement(103, verdict="R")) == 202
    assert answer(simulator, acknowledgement(103, verdict="R")) == 200
    assert simulator.interchanges == {
        "BRFT": {"accepted": 1, "partly accepted": 1, "rejected": 1, "waiting": 1}
    }
    page = call(simulator.url + "/")[2]
    assert "<td>BRFT</td><td>4</td><td>1</td><td>1</td><td>1</td><td>1</td>" in page
    assert call(simulator.url + "/log")[2]["interchanges"]["BRFT"]["waiting"] == 1


def test_a_997_must_be_signed(simulator):
    assert answer(simulator, acknowledgement(), secret=OUTBOUND_SECRET) == 401
    assert simulator.interchanges == {}


def test_an_answer_may_overtake_the_note_that_something_was_sent():
    interchanges = Interchanges()
    interchanges.acknowledged(read_acknowledgement(acknowledgement(7)))
    interchanges.sent("BRFT", 7)
    assert interchanges.counts() == {"BRFT": {"accepted": 1}}


def sent_controls(odoo):
    bodies = [body for path, _headers, body in odoo.requests if path.endswith("/brft")]
    return [int(body.split(b"*")[13]) for body in bodies]


def test_numbers_count_on_after_a_restart_whatever_was_left_unsent(odoo, tmp_path):
    config = {**make_config(odoo.url), "control_numbers": str(tmp_path / "numbers.json")}
    for number in (1, 2):
        running = Simulator(config, speed=1000)
        running.start()
        deliver(running, release(f"SHP/2024/{number * 28 - 27:05d}"))
        assert running.wait_until_idle(10)
        control(running, "pause")
        deliver(running, release("SHP/2024/00900"))
        running.stop()
    assert sent_controls(odoo) == list(range(101, 109))


def test_an_ordered_trouble_befalls_the_next_story_that_goes_as_planned(simulator, odoo):
    assert control(simulator, "trouble", kind="damaged_set")[0] == 200
    assert control(simulator, "trouble", kind="broken_event")[0] == 200
    assert control(simulator, "trouble", kind="flood")[0] == 400
    deliver(simulator, release("SHP/2024/00002", pickup=NOW + timedelta(days=36500)))
    deliver(simulator, release("SHP/2024/00006"))
    deliver(simulator, release("SHP/2024/00010"))
    assert simulator.wait_until_idle(10)
    bodies = [body for path, _headers, body in odoo.requests if path.endswith("/brft")]
    (gathered,) = (body for body in bodies if body.count(b"ST*214") > 1)
    sets = gathered.decode().split("ST*214")[1:]
    counted = [int(one.split("SE*")[1].split("*")[0]) for one in sets]
    there = [one.split("SE*")[0].count("~\n") + 1 for one in sets]
    assert [said - seen for said, seen in zip(counted, there, strict=True)] == [0, 1, 0]
    assert sum(b"end of business" in body for _path, _headers, body in odoo.requests) == 1


def test_own_codes_and_storms(simulator, odoo):
    control(simulator, "trouble", kind="own_code")
    control(simulator, "trouble", kind="storm")
    deliver(simulator, release("SHP/2024/00002"))
    deliver(simulator, release("SHP/2024/00006", mode="parcel"))
    assert simulator.wait_until_idle(10)
    bodies = [body for path, _headers, body in odoo.requests if path.endswith("/brft")]
    assert b"AT7*DV*" in bodies[-1]
    assert not any(b"ST*210" in body for body in bodies), "not billed before it is delivered"
    pushes = [body for path, _headers, body in odoo.requests if path.endswith("/pclx")]
    assert pushes.count(pushes[-1]) == 6


def test_trackers_are_given_out_in_pages(odoo):
    config = make_config(odoo.url)
    config["carriers"][1]["tracker_token"] = "token"
    running = Simulator(config, speed=1000)
    running.start()
    try:
        for number in range(12):
            deliver(running, release(f"SHP/2024/{number:05d}", mode="parcel"))
        assert running.wait_until_idle(10)
        time.sleep(0.1)
        url, shown = f"{running.url}/carrier/PCLX/trackers", {"Authorization": "Bearer token"}
        assert call(url)[0] == 401
        assert call(f"{url}?after=x", headers=shown)[0] == 400
        found, cursor = [], "0"
        for _page in range(2):
            page = call(f"{url}?after={cursor}", headers=shown)[2]["trackers"]
            found += page
            cursor = call(f"{url}?after={cursor}", headers=shown)[2]["cursor"]
        assert len({tracker["tracking_code"] for tracker in found}) == len(found) == 12
        assert call(f"{url}?after={cursor}", headers=shown)[2]["cursor"] == cursor
    finally:
        running.stop()
