"""Dead letters and the people who look after them."""

from odoo.tests import new_test_user

from ..models.freight_admission import Arrival
from .common import ConnectorCase
from .x12_samples import build_214

DELIVERED = ("D1", "2026-11-04", "1115", "CS")


class DeskCase(ConnectorCase):
    """An integration manager, a colleague in another company, and messages in any state."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = "freight_tms_connector.group_integration_manager"
        cls.manager = new_test_user(cls.env, "desk_manager", groups=groups)
        cls.sister = cls.env["res.company"].create({"name": "Sister Company"})
        cls.stranger = new_test_user(
            cls.env,
            "desk_stranger",
            groups=groups,
            company_id=cls.sister.id,
            company_ids=[(6, 0, cls.sister.ids)],
        )
        cls.auditor = new_test_user(
            cls.env, "desk_auditor", groups="freight_canonical.group_freight_auditor"
        )
        cls.clerk = new_test_user(
            cls.env, "desk_clerk", groups="freight_canonical.group_freight_dispatcher"
        )

    @classmethod
    def take_in(cls, body, codec="x12", endpoint=None, **values):
        """Put ``body`` into the inbox as it is. Return the message."""
        endpoint = endpoint or cls.carrier_endpoint
        arrival = Arrival(
            endpoint_id=endpoint.id,
            company_id=endpoint.company_id.id,
            body=body,
            codec=codec,
            key=values.pop("key", None),
            **values,
        )
        (admission,) = cls.env["freight.admission"]._admit([arrival])
        return cls.env["freight.message.in"].search([("uuid", "=", admission.uuid)])

    @classmethod
    def status(cls, shipment, pro="P1", **options):
        """Return the bytes of a 214 that says delivered."""
        name = shipment if isinstance(shipment, str) else shipment.name
        return build_214(shipment=name, pro=pro, statuses=[DELIVERED], **options)

    @classmethod
    def dead_letter(cls, shipment="LATER-1", pro="P1", error="the shipment is not known"):
        """Return a message that lanes gave up, and for which a case is open."""
        message = cls.take_in(cls.status(shipment, pro))
        message._bury(error)
        cls.env.flush_all()
        return message

    @classmethod
    def note(cls, message, kind, status, shipment=None, position=0):
        """Write down what became of a document of ``message``."""
        shipment_id = shipment.id if shipment else None
        cls.env["freight.message.document"]._record(
            [(message.id, position, kind, status, None, shipment_id, None, None)]
        )
        cls.env.invalidate_all()

    @classmethod
    def cases(cls):
        """Return the open cases about messages that failed."""
        cls.env.invalidate_all()
        return cls.env["freight.exception"].search(
            [("code", "=", "message_failed"), ("state", "=", "open")]
        )

    @classmethod
    def wizard(cls, model, user=None, **values):
        """Return a wizard as ``user`` filled it in."""
        model = cls.env[model].with_user(user or cls.manager)
        return model.create({"reason": "the mapping was mended", **values})
