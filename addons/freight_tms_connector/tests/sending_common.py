"""Endpoints that send to a server on 127.0.0.1, which misbehaves where a test says so."""

from itertools import count
from unittest.mock import patch

from ..models import freight_message_out_delivery
from ..outgoing import Limits
from .common import WHSEC, ConnectorCase
from .partner_api import PartnerApi

OK = (204, {}, b"")
_subjects = count()


class SendingCase(ConnectorCase):
    """The TMS hears of what is released; ``answer`` is what it says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        standard = cls.env["freight.auth.profile"].search([("code", "=", "standard_webhooks")])
        cls.proof = {
            "outbound_profile_id": standard.id,
            "credential_ids": [(0, 0, {"use": "outbound", "secret": WHSEC})],
        }
        cls.subscribed = {"subscription_ids": [(0, 0, {"pattern": "shipment.*"})]}
        limits = patch.object(freight_message_out_delivery, "LIMITS", Limits(1, 1, 4096))
        cls.enterClassContext(limits) if hasattr(cls, "enterClassContext") else limits.start()

    def setUp(self):
        super().setUp()
        self.endpoint = self.tms_endpoint
        self.partner = self.up()
        self.endpoint.write({"url": self.partner.url, **self.proof, **self.subscribed})
        self.outbox = self.env["freight.message.out"]

    def up(self, answer=OK):
        """Return a partner's server that gives one answer."""
        partner = PartnerApi(lambda _path, _query: answer)
        self.addCleanup(partner.close)
        return partner

    def answers(self, answer, partner=None):
        """Let the partner say ``answer`` from now on."""
        (partner or self.partner).answers = lambda _path, _query: answer

    def tell(self, count=1, endpoint=None, **values):
        """Write ``count`` messages of different subjects; return them."""
        return self.outbox._enqueue(
            [
                {
                    "endpoint": endpoint or self.endpoint,
                    "company": self.company,
                    "event_type": "shipment.released",
                    "subject": f"subject {next(_subjects)}",
                    "shipment": self.env["freight.shipment"],
                    "trace_id": False,
                    "data": {"n": number},
                    **values,
                }
                for number in range(count)
            ]
        )

    def send(self, answer=None):
        """Work the outbox off, the partner saying ``answer``."""
        if answer is not None:
            self.answers(answer)
        return self.drain("outbox")

    def due(self, messages=None):
        """Let the time pass that messages wait for."""
        (messages or self.outbox.search([])).write({"next_attempt": False})

    def breaker(self, endpoint=None):
        """Return the row of the breaker."""
        self.env.invalidate_all()
        return self.env["freight.breaker"].search(
            [("endpoint_id", "=", (endpoint or self.endpoint).id)]
        )

    def probe_due(self):
        """Let the breaker's pause pass."""
        self.breaker().write({"until": "2000-01-01"})
        self.env.flush_all()

    @property
    def ids(self):
        """The ids that the partner saw, in order."""
        return [headers["webhook-id"] for _path, _query, headers, _body in self.partner.requests]
