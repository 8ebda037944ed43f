import json
import time

import pytest

from simulator import signing
from simulator.server import Simulator
from simulator.tenders import read_load_tender

from .conftest import NOW, OUTBOUND_SECRET, STOPS, call, control, make_config

LOAD_TENDER = (
    "ISA*00*          *00*          *ZZ*SHIPPER        *02*BRFT           *240319*1200*U*00401"
    "*000000077*0*P*>~GS*SM*SHIPPER*BRFT*20240319*1200*78*X*004010~ST*204*0001~"
    "B2**BRFT**SHP/2024/00009**PP~B2A*{purpose}*LT~L11*SHP/2024/00009/T1*CR~L11*PO-1*PO~"
    "G62*64*20240319*1*1800*UT~"
    "S5*1*CL~G62*37*20240318*I*0800*ET~N1*SF*MAIN WAREHOUSE~N4*DALLAS*TX*75201*US~"
    "S5*2*CU~G62*53*20240319*G*1000*CT~G62*54*20240319*L*1600*CT~N1*ST*CAFE~N4*TACOMA*WA*98402~"
    "L3*520*G***0****8*X*12*K~SE*16*0001~GE*1*78~IEA*1*000000077~"
)


@pytest.fixture
def simulator(odoo):
    config = make_config(odoo.url)
    config["carriers"][0]["outbound_secret"] = OUTBOUND_SECRET
    running = Simulator(config, speed=1000)
    running.start()
    yield running
    running.stop()


def tender(simulator, purpose="00"):
    body = LOAD_TENDER.format(purpose=purpose).encode()
    signed = signing.standard_webhooks(OUTBOUND_SECRET, body, time.time())
    signed["Content-Type"] = "application/edi-x12"
    return call(f"{simulator.url}/carrier/BRFT", body, signed)[0]


def sets(odoo):
    """Return the segments of all 990s and 997s that came to Odoo."""
    bodies = [body.decode() for _path, _headers, body in odoo.requests]
    return [
        [segment.split("*") for segment in body.replace("\n", "").split("~") if segment]
        for body in bodies
        if "ST*990" in body or "ST*997" in body
    ]


def test_a_load_tender_is_read():
    read = read_load_tender(LOAD_TENDER.format(purpose="04").encode(), NOW)
    assert (read.number, read.purpose) == ("SHP/2024/00009/T1", "change")
    shipment = read.shipment
    assert (shipment.number, shipment.terms, shipment.pieces) == ("SHP/2024/00009", "PP", 12)
    assert str(shipment.weight) == "520.000"
    assert shipment.pickup.isoformat() == "2024-03-18T13:00:00+00:00"
    assert shipment.delivery.isoformat() == "2024-03-19T22:00:00+00:00"
    assert [stop["city"] for stop in shipment.stops] == ["DALLAS", "TACOMA"]


def test_a_tender_is_acknowledged_accepted_and_carried_out(simulator, odoo):
    assert tender(simulator) == 202
    assert simulator.wait_until_idle(10)
    read, answered = sets(odoo)
    assert ["AK1", "SM", "78"] in read
    assert ["AK9", "A", "1", "1", "1"] in read
    assert answered[3][:3] == ["B1", "BRFT", "SHP/2024/00009"]
    assert answered[3][4] == "A"
    assert ["N9", "CR", "SHP/2024/00009/T1"] in answered
    kinds = [entry["kind"] for entry in simulator.sent]
    assert any(kind.startswith("214") for kind in kinds)
    assert "tender accepted" not in kinds, "no TMS speaks of what it did not plan"
    assert tender(simulator, "04") == 202, "a change is answered, and played no second time"
    assert simulator.wait_until_idle(10)
    assert len(odoo.requests) == len(kinds) + 2, "a 997 and a 990"


def test_it_declines_or_says_nothing_when_told_to(simulator, odoo):
    assert control(simulator, "tenders", scac="BRFT", answer="decline", count=1)[0] == 200
    tender(simulator)
    assert simulator.wait_until_idle(10)
    declined = sets(odoo)[-1]
    assert declined[3][4:7] == ["D", "", "T3"]
    assert not any(entry["kind"].startswith("214") for entry in simulator.sent)
    control(simulator, "tenders", scac="BRFT", answer="silent")
    before = len(odoo.requests)
    time.sleep(1.1)  # the signature's id tells the second tender from the first
    tender(simulator, "05")
    assert simulator.wait_until_idle(10)
    assert len(odoo.requests) == before + 1, "only the 997"
    assert control(simulator, "tenders", scac="BRFT", answer="perhaps")[0] == 400
    page = call(simulator.url + "/log")[2]["tenders"]
    assert page == {"BRFT": {"decline": 1, "silent": 1}}


def test_a_tender_as_an_event(simulator, odoo):
    shipment = {"number": "SHP/2024/00010", "stops": STOPS, "weight_kg": "40"}
    body = json.dumps(
        {
            "type": "com.freight.tender.sent.v1",
            "subject": "SHP/2024/00010",
            "data": {"tender": {"number": "SHP/2024/00010/T2"}, "shipment": shipment},
        }
    ).encode()
    signed = signing.standard_webhooks(OUTBOUND_SECRET, body, time.time())
    assert call(f"{simulator.url}/carrier/BRFT", body, signed)[0] == 202
    assert simulator.wait_until_idle(10)
    (answered,) = sets(odoo)
    assert ["N9", "CR", "SHP/2024/00010/T2"] in answered
