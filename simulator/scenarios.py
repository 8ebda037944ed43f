"""What can happen to a shipment, and how often."""

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal


@dataclass(frozen=True)
class Scenario:
    """One course of events.

    :param share: how many of ``CYCLE`` consecutive shipments take this course
    :param bill_factor: the billed linehaul, as a multiple of the tendered one
    :param bill_extra: added to the billed linehaul, in the shipment's currency
    :param accessorial: (X12 element 150, description, amount) billed though nobody ordered it
    :param lateness: how much later than planned it is delivered
    :param weather: a delay because of the weather is reported
    :param partial: the last stop is unloaded in two parts
    :param backwards: the carrier's messages arrive last one first, and twice
    :param bills: how many copies of the bill arrive
    :param stray_bill: a bill for a shipment that nobody knows arrives too
    :param ending: how it ends: ``delivered``, ``moving`` (it does not arrive at all), ``short``
        (two pieces are missing), ``damaged``, ``refused_some`` (the consignee keeps all pieces but
        one), ``returned`` (refused as a whole and brought back), ``reconsigned`` (delivered in
        another city) or ``cancelled`` (when the truck stands at the dock)
    :param delivered_code: the carrier's code for a delivery, instead of D1
    :param damaged_set: all statuses come in one interchange, of which one set is damaged
    :param broken_event: the TMS also sends an event that its schema does not admit
    :param repeats: how often the last report is sent
    """

    name: str
    share: int
    bill_factor: Decimal = Decimal(1)
    bill_extra: Decimal = Decimal(0)
    accessorial: tuple[str, str, Decimal] | None = None
    lateness: timedelta = timedelta(0)
    weather: bool = False
    partial: bool = False
    backwards: bool = False
    bills: int = 1
    stray_bill: bool = False
    ending: str = "delivered"
    delivered_code: str = "D1"
    damaged_set: bool = False
    broken_event: bool = False
    repeats: int = 1


SCENARIOS = (
    Scenario("as planned, billed as tendered", 8),
    Scenario("messages in the wrong order and twice", 2, backwards=True),
    Scenario("billed a little over, within tolerance", 1, bill_extra=Decimal("1.25")),
    Scenario("linehaul billed 8 % over the tender", 2, bill_factor=Decimal("1.08")),
    Scenario("the same bill twice", 1, bills=2),
    Scenario(
        "detention that nobody authorised",
        1,
        accessorial=("DET", "DETENTION OF TRAILER", Decimal("150.00")),
    ),
    Scenario(
        "liftgate that nobody authorised",
        1,
        accessorial=("LFT", "LIFTGATE AT DELIVERY", Decimal("85.00")),
    ),
    Scenario("a day late because of the weather", 2, lateness=timedelta(days=1), weather=True),
    Scenario("unloaded in two parts, late", 1, partial=True, lateness=timedelta(hours=5)),
    Scenario("a stray bill for an unknown shipment", 1, stray_bill=True),
    Scenario("still in transit", 1, ending="moving"),
    Scenario("two pieces missing", 1, ending="short"),
    Scenario("damaged on the way", 1, ending="damaged"),
    Scenario("one piece refused", 1, ending="refused_some"),
    Scenario("refused and returned", 1, ending="returned"),
    Scenario("sent on to another city", 1, ending="reconsigned"),
    Scenario("cancelled at the dock", 1, ending="cancelled"),
)
#: What happens only where somebody orders it (``/_control/trouble``), to carriers of that format.
TROUBLES = {
    "own_code": ("x12", Scenario("delivered in the carrier's own words", 0, delivered_code="DV")),
    "damaged_set": ("x12", Scenario("one set of an interchange damaged", 0, damaged_set=True)),
    "broken_event": ("x12", Scenario("an event that says nothing usable", 0, broken_event=True)),
    "storm": ("ups", Scenario("the same push again and again", 0, repeats=6)),
}
CYCLE = sum(scenario.share for scenario in SCENARIOS)
# Coprime with CYCLE, so that neighbours differ and every slot still comes up once a cycle.
_STRIDE = 7
_SLOTS = [scenario for scenario in SCENARIOS for _slot in range(scenario.share)]


def stable_number(text: str, seed: int = 0) -> int:
    """Return a number that depends on the text and the seed alone."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{text}".encode()).digest()[:8], "big")


def choose(number: str, seed: int = 0) -> Scenario:
    """Return the scenario of a shipment: consecutive numbers walk through all of them."""
    digits = re.search(r"([0-9]+)\D*$", number)
    turn = int(digits[1]) if digits else stable_number(number)
    return _SLOTS[(turn + seed) * _STRIDE % CYCLE]
