"""Fixtures of the canonical model: a carrier, a TMS, shipments, documents."""

from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.tests import TransactionCase, new_test_user

from ..documents import Document

NOON = datetime(2026, 11, 2, 12)


class CanonicalCase(TransactionCase):
    """Own cursors see the fixtures; nothing is committed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry.enter_test_mode(cls.cr)
        cls.addClassCleanup(cls.registry.leave_test_mode)
        cls.company = cls.env.company
        cls.carrier = cls.make_carrier("ABCD")
        cls.tms = cls.make_system("test_tms", "tms")
        cls.source = cls.make_system("test_carrier", "carrier", cls.carrier)
        cls.env["freight.consumer"].search([]).active = False
        # What fixtures report lies on fixed days: how long ago that is must not open cases.
        cls.company.write({"freight_pod_hours": 0, "freight_reference_hours": 0})

    @classmethod
    def make_carrier(cls, scac):
        return cls.env["res.partner"].create(
            {
                "name": f"Carrier {scac}",
                "is_company": True,
                "freight_is_carrier": True,
                "freight_scac": scac,
            }
        )

    @classmethod
    def make_system(cls, code, kind, partner=None, **values):
        return cls.env["freight.system"].create(
            {
                "code": code,
                "name": code,
                "kind": kind,
                "partner_id": partner.id if partner else False,
                **values,
            }
        )

    @classmethod
    def make_shipment(cls, release=True, deliveries=1, **values):
        """Return a shipment from Chicago to ``deliveries`` stops in Dallas, Tulsa, ..."""
        cities = [("Dallas", "75201"), ("Tulsa", "74103"), ("Austin", "78701")][:deliveries]
        stops = [("pickup", "Chicago", "60601"), *(("delivery", *city) for city in cities)]
        shipment = cls.env["freight.shipment"].create(
            {
                "carrier_id": cls.carrier.id,
                "tms_id": cls.tms.id,
                "stop_ids": [
                    (
                        0,
                        0,
                        {
                            "sequence": number,
                            "role": role,
                            "city": city,
                            "zip": code,
                            "tz": "America/Chicago",
                        },
                    )
                    for number, (role, city, code) in enumerate(stops, start=1)
                ],
                "line_ids": [(0, 0, {"name": "Pallets", "quantity": 10, "weight": 520})],
                **values,
            }
        )
        if release:
            shipment.action_release()
        return shipment

    @classmethod
    def document(cls, shipment, kind, hours=0, system=None, references=None, received=None, **data):
        """Return the canonical document of an event, ``hours`` after noon.

        :param received: when it came, if not when it happened
        :param references: (type, value) pairs that name the shipment, instead of its number
        """
        references = references or [("shipment", shipment.name)]
        return Document(
            data={
                "kind": "event",
                "id": None,
                "shipment": {"references": [{"type": t, "value": v} for t, v in references]},
                "type": kind,
                "raw_code": kind,
                "classifier": "actual",
                "occurred": f"{(NOON + timedelta(hours=hours)).isoformat()}Z",
                **data,
            },
            system=system or cls.source,
            company=cls.company,
            received=received or NOON + timedelta(hours=hours),
            trace_id="0" * 31 + "1",
        )

    @classmethod
    def report(cls, *documents):
        """Apply documents of events. Return their outcomes."""
        outcomes = cls.env["freight.event"]._apply_freight_documents(list(documents))
        cls.env.invalidate_all()
        return outcomes

    @classmethod
    def make_consumer(cls, code, **values):
        """Return a consumer whose method a test gives it; see :meth:`consuming`."""
        return cls.env["freight.consumer"].create(
            {
                "code": code,
                "name": code,
                "model_name": "freight.shipment",
                "method": f"_consume_{code}",
                **values,
            }
        )

    def consuming(self, consumer, consume):
        """Let ``consume(events)`` be the method of ``consumer`` until the test ends."""
        model = self.registry[consumer.model_name]
        method = patch.object(
            model, consumer.method, lambda _self, events: consume(events), create=True
        )
        method.start()
        self.addCleanup(method.stop)

    @classmethod
    def drain(cls):
        """Let the consumers work. Return how many rows they took."""
        done = cls.env["freight.queue.lane"]._drain("consumers")
        cls.env.invalidate_all()
        return done

    @classmethod
    def make_user(cls, login, *groups, **values):
        """Return a user with these groups of the addon, such as ``user`` or ``auditor``."""
        names = ",".join(
            group if "." in group else f"freight_canonical.group_freight_{group}"
            for group in groups
        )
        return new_test_user(cls.env, login, groups=f"base.group_user,{names}", **values)
