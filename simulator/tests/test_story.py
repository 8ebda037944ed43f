import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from simulator import ups, x12
from simulator.carriers import Carrier
from simulator.client import Channel
from simulator.control_numbers import ControlNumbers
from simulator.scenarios import CYCLE, SCENARIOS, choose
from simulator.story import tell

from .conftest import NOW, STOPS, make_config, release

TMS = Channel("demo_tms", "standard_webhooks", "whsec_AAAA")
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
PLAIN = SCENARIOS[0]


def make_story(scenario=PLAIN, now=NOW, event=None, **values):
    numbers = ControlNumbers(None)
    carriers = [Carrier.from_config(config, numbers) for config in make_config()["carriers"]]
    return replace(tell(event or release(**values), carriers, TMS, now), scenario=scenario)


def kinds(story):
    return [step.kind.partition(" BRFT")[0] for step in story.steps()]


def segments(body):
    return [segment.split("*") for segment in body.decode("ascii").split("~\n") if segment]


def elements(body, name):
    return [segment for segment in segments(body) if segment[0] == name]


def bills(story):
    return [step.body for step in story.steps() if step.kind.startswith("210")]


def test_consecutive_numbers_walk_through_all_scenarios():
    found = Counter(choose(f"SHP/2024/{n:05d}", seed=7).name for n in range(1, CYCLE + 1))
    assert found == {scenario.name: scenario.share for scenario in SCENARIOS}


def test_the_same_release_gives_the_same_story():
    first, second = make_story(), make_story()
    assert [step.body for step in first.steps()] == [step.body for step in second.steps()]


def test_a_shipment_of_last_week_plays_to_its_end():
    assert kinds(make_story()) == ["tender accepted", "214 X3 AF", "214 X6", "214 X1 D1", "210"]


@pytest.mark.parametrize("hours", [-30, -1, 0, 5, 40, 60, 24 * 30])
def test_nothing_happens_in_the_future(hours):
    story = make_story(pickup=NOW - timedelta(hours=hours))
    assert all(status["time"] <= NOW for status in story.statuses())
    accepted = json.loads(story.steps()[0].body)
    assert accepted["time"] <= NOW.isoformat()
    assert bool(bills(story)) == (hours >= 48)


def test_hastened_it_arrives_just_now():
    for scenario in (PLAIN, BY_NAME["a day late because of the weather"]):
        story = make_story(scenario, pickup=NOW + timedelta(days=3)).hastened()
        assert story.statuses()[-1]["time"] == NOW - timedelta(minutes=1)
        assert len(bills(story)) == 1


def test_the_acceptance_is_a_canonical_document_in_a_cloud_event():
    event = json.loads(make_story().steps()[0].body)
    assert event["specversion"] == "1.0"
    assert event["subject"] == "SHP/2024/00001"
    document = event["data"]
    assert (document["kind"], document["type"]) == ("event", "tender_accepted")
    assert document["carrier"]["scac"] == "BRFT"
    charges = {charge["code"]: Decimal(charge["amount"]) for charge in document["charges"]}
    assert charges["405"] == (charges["LHS"] * Decimal("0.24")).quantize(Decimal("0.01"))


def test_a_214_is_well_formed():
    body = make_story().steps()[1].body
    lines = segments(body)
    assert len(body.split(b"~")[0]) == 105
    assert [line[0] for line in lines][:3] == ["ISA", "GS", "ST"]
    assert lines[-3] == ["SE", str(len(lines) - 4), "0001"]
    assert lines[0][13] == lines[-1][2] == "000000101"
    assert elements(body, "B10")[0][2:] == ["SHP/2024/00001", "BRFT"]
    assert elements(body, "AT7")[1] == ["AT7", "AF", "NS", "", "", "20240311", "1200", "UT"]
    assert elements(body, "MS1")[0][1:] == ["DALLAS", "TX", "US"]


def test_control_numbers_count_without_gap():
    steps = make_story().steps()[1:]
    assert [int(segments(step.body)[0][13]) for step in steps] == [101, 102, 103, 104]


def test_a_210_bills_what_was_tendered():
    story = make_story()
    (body,) = bills(story)
    lines = {line[8]: Decimal(line[4]) / 100 for line in elements(body, "L1")}
    assert lines == story.tendered
    total = str(int(sum(lines.values()) * 100))
    assert elements(body, "B3")[0][3:5] == ["SHP/2024/00001", "PP"]
    assert elements(body, "B3")[0][7] == elements(body, "L3")[0][5] == total
    assert elements(body, "N1")[0] == ["N1", "SH", "MAIN WAREHOUSE"]
    assert elements(body, "N1")[1] == ["N1", "CN", "CAFE DU NORD"]


def test_elements_hold_no_delimiters_and_end_at_30_characters():
    assert x12.clean("a*b~c>d:e^f\ng") == "A B C D E F G"
    assert x12.clean("x" * 40) == "X" * 30
    story = make_story(event=release(number="SHP*" + "9" * 40))
    assert len(elements(story.steps()[1].body, "B10")[0][2]) == 30


@pytest.mark.parametrize(
    ("name", "factor", "codes"),
    [
        ("linehaul billed 8 % over the tender", "1.08", {"LHS", "405"}),
        ("detention that nobody authorised", "1", {"LHS", "405", "DET"}),
        ("liftgate that nobody authorised", "1", {"LHS", "405", "LFT"}),
    ],
)
def test_bills_that_differ_from_the_tender(name, factor, codes):
    story = make_story(BY_NAME[name])
    (body,) = bills(story)
    lines = {line[8]: Decimal(line[4]) / 100 for line in elements(body, "L1")}
    assert set(lines) == codes
    expected = story.tendered["LHS"] * Decimal(factor)
    assert lines["LHS"] == expected.quantize(Decimal("0.01"))


def test_a_small_difference():
    small = make_story(BY_NAME["billed a little over, within tolerance"])
    difference = Decimal(elements(bills(small)[0], "L1")[0][4]) / 100 - small.tendered["LHS"]
    assert difference == Decimal("1.25")


def test_a_second_copy_of_a_bill_keeps_its_number():
    first, second = bills(make_story(BY_NAME["the same bill twice"]))
    assert elements(first, "B3") == elements(second, "B3")
    assert first != second  # an interchange of its own


def test_a_stray_bill_names_no_known_shipment():
    _own, stray = bills(make_story(BY_NAME["a stray bill for an unknown shipment"]))
    assert b"SHP/2024/00001" not in stray


def test_messages_in_the_wrong_order_and_twice():
    story = make_story(BY_NAME["messages in the wrong order and twice"])
    assert kinds(story) == [
        "tender accepted",
        *["214 X1 D1"] * 2, *["214 X6"] * 2, *["214 X3 AF"] * 2,
        "210",
    ]  # fmt: skip
    first, second = story.steps()[1:3]
    assert first.body == second.body


def test_late_partial_and_undelivered():
    late = make_story(BY_NAME["a day late because of the weather"])
    assert "214 SD" in kinds(late)
    assert late.statuses()[-1]["time"] == late.shipment.delivery + timedelta(days=1)
    assert "214 X1 D2 D1" in kinds(make_story(BY_NAME["unloaded in two parts, late"]))
    transit = BY_NAME["still in transit"]
    assert kinds(make_story(transit)) == ["tender accepted", "214 X3 AF", "214 X6"]


def test_several_deliveries_are_billed_after_the_last():
    stops = [*STOPS, {"sequence": 3, "role": "delivery", "city": "Seattle", "state": "WA"}]
    event = release(stops=stops)
    between = make_story(event=event, now=NOW - timedelta(days=9) + timedelta(hours=30))
    assert between.statuses()[-1]["code"] == "D1"
    assert not bills(between)
    assert kinds(make_story(event=event))[3:] == ["214 X1 D1", "214 X1 D1", "210"]


def test_a_parcel_is_pushed_by_ups_and_billed_by_edi():
    story = make_story(mode="parcel")
    steps = story.steps()
    assert {step.channel.source for step in steps} == {"demo_tms", "pclx", "pclx_edi"}
    references = json.loads(steps[0].body)["data"]["shipment"]["references"]
    assert {"type": "tracking", "value": story.tracking} in references
    pushes = [json.loads(step.body) for step in steps[1:-1]]
    assert {push["trackingNumber"] for push in pushes} == {story.tracking}
    assert [push["activityStatus"]["code"] for push in pushes] == ["PU", "DP", "OT", "FS"]
    assert pushes[-1]["gmtActivityTime"] == "120000"
    assert pushes[-1]["actualDeliveryTime"] == "040000"


def test_tracking_numbers_have_their_check_digit():
    values = [int(c) if c.isdigit() else (ord(c) - 63) % 10 for c in ups.tracking_number(42)[2:]]
    assert (sum(values[0:15:2]) + 2 * sum(values[1:15:2]) + values[15]) % 10 == 0


def test_references_and_carrier_of_the_release_are_kept():
    story = make_story(
        carrier_scac="PCLX", references=[{"type": "tracking", "value": "1Z0"}, {"type": "po"}]
    )
    assert (story.carrier.scac, story.tracking) == ("PCLX", "1Z0")


def test_a_release_with_a_number_only():
    story = make_story(event={"data": {"shipment": {"number": "42"}}})
    assert kinds(story)[0] == "tender accepted"
    with pytest.raises(ValueError, match="no shipment"):
        make_story(event={"data": {}})
    with pytest.raises(ValueError, match="no number"):
        make_story(weight_kg="heavy")


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("two pieces missing", ["X3 AF", "X6", "X1 D1"]),
        ("damaged on the way", ["X3 AF", "X6", "X1 A9 D1"]),
        ("one piece refused", ["X3 AF", "X6", "X1", "A7", "D1"]),
        ("refused and returned", ["X3 AF", "X6", "X1", "A7", "A3"]),
        ("sent on to another city", ["X3 AF", "X6", "AI", "X1 D1"]),
        ("cancelled at the dock", ["X3 CA"]),
        ("still in transit", ["X3 AF", "X6"]),
    ],
)
def test_how_it_ends(name, codes):
    story = make_story(BY_NAME[name], pickup=NOW - timedelta(days=9))
    sent = [kind.removeprefix("214 ") for kind in kinds(story) if kind.startswith("214")]
    assert sent == codes
    assert bool(bills(story)) == (codes[-1].endswith(("D1", "CA")))


def told_pieces(name):
    return [
        (segment[0][1], segment[1][4])
        for step in make_story(BY_NAME[name]).steps()
        if step.kind.startswith("214")
        for segment in zip(elements(step.body, "AT7"), elements(step.body, "AT8"), strict=True)
    ]


def test_the_pieces_of_each_part():
    total = make_story().shipment.pieces
    assert dict(told_pieces("two pieces missing"))["D1"] == str(total - 2)
    refused = dict(told_pieces("one piece refused"))
    assert (refused["A7"], refused["D1"]) == ("1", str(total - 1))
    parts = dict(told_pieces("unloaded in two parts, late"))
    assert int(parts["D2"]) + int(parts["D1"]) == total


def test_a_truck_that_came_for_nothing_is_billed():
    (body,) = bills(make_story(BY_NAME["cancelled at the dock"]))
    assert [(line[8], line[4]) for line in elements(body, "L1")] == [("VOR", "15000")]
