"""The carriers of the configuration, their prices and the choice between them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from .client import Channel
from .control_numbers import ControlNumbers
from .release import Shipment
from .scenarios import stable_number

_CENT = Decimal("0.01")
_TARIFF = {
    "minimum": "145.00",
    "per_kg": "0.38",
    "maximum": "2400.00",
    "fuel": "0.24",
    "lane_spread": "0.30",
}


@dataclass(frozen=True)
class Carrier:
    """A carrier that is played.

    :param format: ``x12`` (214) or ``ups`` (Track Alert pushes)
    :param channel: where its status messages go
    :param edi_channel: where its bills (210) go; ``None``: it sends none
    :param modes: the modes of transport that it takes; empty: all
    :param tariff: ``minimum``, ``per_kg`` and ``maximum`` of the linehaul (the last is a whole
        truck), ``lane_spread`` by which lanes differ at most, ``fuel`` as a share of the linehaul
    :param controls: its X12 control numbers
    :param outbound_secret: checks the acknowledgements that it gets; ``None``: it checks nothing
    :param tracker_token: opens its tracking API; ``None``: it has none
    :param answer: what it answers to tenders, one of ``tenders.ANSWERS``
    """

    name: str
    scac: str
    format: str
    channel: Channel
    edi_channel: Channel | None
    modes: tuple[str, ...]
    tariff: dict[str, Decimal]
    controls: Iterator[int]
    outbound_secret: str | None
    tracker_token: str | None
    answer: str = "accept"

    @classmethod
    def from_config(cls, config: dict, numbers: ControlNumbers) -> "Carrier":
        """Read an entry of ``carriers``.

        :param numbers: what each carrier counted up to
        :raise KeyError: when a required key is missing
        """
        channel = Channel.from_config(config)
        edi_channel = channel if config["format"] == "x12" else None
        if "edi_source" in config:
            edi_channel = Channel.from_config(
                {"source": config["edi_source"], "secret": config["edi_secret"]}
            )
        tariff = {**_TARIFF, **config.get("tariff", {})}
        return cls(
            name=config["name"],
            scac=config["scac"],
            format=config["format"],
            channel=channel,
            edi_channel=edi_channel,
            modes=tuple(config.get("modes", ())),
            tariff={key: Decimal(value) for key, value in tariff.items()},
            controls=numbers.of(config["scac"], config.get("control_number")),
            outbound_secret=config.get("outbound_secret"),
            tracker_token=config.get("tracker_token"),
            answer=config.get("tenders", "accept"),
        )

    def linehaul(self, shipment: Shipment) -> Decimal:
        """Return the tariff's linehaul: by weight, with a surcharge that depends on the lane."""
        lane = "-".join(str(stop.get("state") or "") for stop in shipment.stops)
        surcharge = 1 + self.tariff["lane_spread"] * (stable_number(lane) % 100) / 100
        by_weight = shipment.weight * self.tariff["per_kg"]
        bounded = min(max(self.tariff["minimum"], by_weight), self.tariff["maximum"])
        return (bounded * surcharge).quantize(_CENT)

    def fuel(self, linehaul: Decimal) -> Decimal:
        """Return the fuel surcharge on a linehaul."""
        return (linehaul * self.tariff["fuel"]).quantize(_CENT)


def choose_carrier(shipment: Shipment, carriers: Sequence[Carrier], seed: int) -> Carrier:
    """Return the carrier that the release names, else one that takes the mode."""
    named = [carrier for carrier in carriers if carrier.scac == shipment.carrier_scac]
    able = [c for c in carriers if not c.modes or shipment.mode in c.modes]
    candidates = named or able or carriers
    return candidates[stable_number(shipment.number, seed) % len(candidates)]
