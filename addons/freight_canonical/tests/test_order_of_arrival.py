"""Any history of one shipment leaves the same shipment, in any order and in any batches."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..models.freight_shipment_line import PROJECTED as OF_GOODS
from ..models.freight_shipment_projection import FOLDED
from ..models.freight_stop import PROJECTED as AT_STOP
from ..models.freight_stop import PROOF
from ..models.freight_stop_punctuality import JUDGED
from .common import NOON, CanonicalCase

PLACES = ({"city": "Dallas", "zip": "75201"}, {"city": "Waco"}, {"city": "Reno"}, {})
#: What a report says of its stop: nothing, that it is the pickup, or the delivery.
STOPS = st.sampled_from([{}, {"stop": {"sequence": 1}}, {"stop": {"sequence": 2}}])
IDS = st.sampled_from(["a", "b", "c", "d", "e"])
AMOUNTS = st.integers(0, 6).map(str)


def _reports(kinds, **values):
    """Return a strategy of the differences between documents of these ``kinds``."""
    fixed = {"kind": st.sampled_from(kinds), "hours": st.integers(1, 8), "teller": st.booleans()}
    return st.fixed_dictionaries(fixed | values)


REPORTS = st.one_of(
    _reports(["dispatched", "departed_pickup", "arrived_terminal", "cancelled", "position"]),
    _reports(["pickup_arrived", "arrived_delivery", "returned"], where=STOPS),
    _reports(
        ["delivered", "partly_unloaded", "refused", "damaged", "loaded"],
        where=STOPS,
        quantity=AMOUNTS,
        proof=st.sampled_from([{"signer": "A. Dock"}, {"signer": "B. Dock"}]),
    ),
    _reports(["delivered", "short"], goods=AMOUNTS.map(lambda q: [{"line": 1, "quantity": q}])),
    _reports(["reconsigned"], place=st.sampled_from(PLACES)),
    _reports(["retraction"], retracts=IDS),
    _reports(["delivered", "departed_pickup"], corrects=IDS),
    _reports(["tender_accepted"], carrier=st.sampled_from([{"scac": "ABCD"}, {"scac": "EFGH"}])),
    _reports(
        ["estimated_delivery", "arrived_delivery"],
        classifier=st.just("estimated"),
        reported=st.integers(10, 20).map(lambda hour: f"2026-11-02T{hour}:00:00Z"),
    ),
    _reports(
        ["appointment", "not_after"],
        where=STOPS,
        classifier=st.just("planned"),
        reported=st.integers(10, 20).map(lambda hour: f"2026-11-02T{hour}:00:00Z"),
    ),
)


class TestOrderOfArrival(CanonicalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_carrier("EFGH")
        cls.shipment = cls.make_shipment(deliveries=1, performing_carrier_id=cls.carrier.id)

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(REPORTS, min_size=2, max_size=7), st.randoms(use_true_random=False))
    def test_any_order_and_any_batches_leave_the_same_shipment(self, reports, random):
        documents = [self.told(number, **report) for number, report in enumerate(reports)]
        expected = self.after([[document] for document in documents])
        again = documents + random.sample(documents, 2)
        random.shuffle(again)
        size = random.randint(1, len(again))
        batches = [again[start : start + size] for start in range(0, len(again), size)]
        self.assertEqual(self.after(batches), expected)

    def told(self, number, kind, hours, teller, where=None, goods=None, **data):
        """Return a document; each has an id of its own and one of two tellers."""
        if kind == "tender_accepted":
            teller = True
            data["charges"] = [{"code": "400", "amount": f"{100 + number}", "currency": "USD"}]
        return self.document(
            self.shipment,
            kind,
            hours,
            system=self.tms if teller else self.source,
            received=NOON,
            id="abcdefg"[number],
            **(where or {}),
            **({"goods": goods} if goods else {}),
            **data,
        )

    def after(self, batches):
        """Return what stands after ``batches`` of documents, and take them back."""
        with self.env.cr.savepoint() as savepoint:
            for batch in batches:
                self.report(*batch)
            seen = self.seen()
            savepoint.rollback()
        self.env.invalidate_all()
        return seen

    def seen(self):
        shipment = self.shipment
        of_stop = ("city", "role", *AT_STOP, *PROOF, *JUDGED)
        return {
            **{name: shipment[name] for name in (*FOLDED, "ship_date")},
            "carrier": shipment.carrier_id.freight_scac,
            "stops": sorted(str([stop[name] for name in of_stop]) for stop in shipment.stop_ids),
            "goods": [[line[name] for name in OF_GOODS] for line in shipment.line_ids],
            "charges": sorted((one.stage, one.amount) for one in shipment.charge_ids),
        }
