from unittest.mock import patch

from odoo import fields
from odoo.addons.freight_canonical.documents import Document
from odoo.tests import TransactionCase


class ReleaseCase(TransactionCase):
    """Orders of a company whose freight a TMS plans; what partners are told is kept in a list."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.tms = cls.env["freight.system"].create(
            {"code": "release_tms", "name": "TMS", "kind": "tms"}
        )
        cls.company.write({"freight_tms_id": cls.tms.id, "freight_release_policy": "confirm"})
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.dallas = cls.address("Consignee", "Dallas", "75201", "base.state_us_44")
        cls.chicago = cls.address("Other", "Chicago", "60601", "base.state_us_13")
        cls.crate = cls.goods("Crate", weight=26.0, volume=0.1)
        cls.drum = cls.goods("Drum", weight=200.0)

    @classmethod
    def address(cls, name, city, code, state):
        return cls.env["res.partner"].create(
            {
                "name": name,
                "city": city,
                "zip": code,
                "state_id": cls.env.ref(state).id,
                "country_id": cls.env.ref("base.us").id,
            }
        )

    @classmethod
    def goods(cls, name, **values):
        return cls.env["product.product"].create(
            {"name": name, "detailed_type": "product", **values}
        )

    def setUp(self):
        super().setUp()
        self.told = []
        emitter = type(self.env["freight.emitter"])

        def announce(_self, announcements):
            self.told += [(one.name, one.shipment, one.body()) for one in announcements]

        patcher = patch.object(emitter, "_announce", announce)
        patcher.start()
        self.addCleanup(patcher.stop)

    def policy(self, **values):
        return self.env["freight.release.policy"].create({"company_id": self.company.id, **values})

    def order(self, partner=None, goods=None, quantity=20, **values):
        return self.env["sale.order"].create(
            {
                "partner_id": (partner or self.dallas).id,
                "order_line": [
                    (0, 0, {"product_id": (goods or self.crate).id, "product_uom_qty": quantity})
                ],
                **values,
            }
        )

    def confirmed(self, *args, **values):
        order = self.order(*args, **values)
        order.action_confirm()
        self.commit()
        return order

    def stocked(self, quantity=1000, goods=None):
        self.env["stock.quant"]._update_available_quantity(
            goods or self.crate, self.warehouse.lot_stock_id, quantity
        )

    def commit(self):
        """Do what happens just before a commit."""
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.flush_all()

    def names(self):
        """Return what was told since the last call."""
        names = [name for name, _shipment, _body in self.told if name.startswith("shipment.")]
        self.told.clear()
        return names

    def last_body(self):
        return self.told[-1][2]["shipment"]

    def validated(self, picking, quantity=None):
        """Validate a transfer, with fewer than ordered of each line; the rest is a backorder."""
        for move in picking.move_ids:
            move.quantity = move.product_uom_qty if quantity is None else quantity
        picking.move_ids.picked = True
        picking._action_done()
        self.commit()

    def report(self, shipment, kind, **data):
        document = Document(
            data={
                "kind": "event",
                "id": None,
                "shipment": {"references": [{"type": "shipment", "value": shipment.name}]},
                "type": kind,
                "raw_code": kind,
                "classifier": "actual",
                "occurred": f"{fields.Datetime.now().isoformat()}Z",
                **data,
            },
            system=self.tms,
            company=self.company,
            received=fields.Datetime.now(),
            trace_id="0" * 31 + "1",
        )
        [outcome] = self.env["freight.event"]._apply_freight_documents([document])
        self.assertEqual(outcome.status, "applied", outcome.detail)

    def fulfil(self, shipment):
        """Let the consumer that validates transfers read the whole ledger of a shipment."""
        consumer = self.env.ref("freight_stock.consumer_fulfilment")
        consumer._consume(shipment.event_ids)
        self.commit()

    def cases(self, code, shipment=None):
        domain = [("code", "=", code), ("state", "=", "open")]
        if shipment:
            domain.append(("shipment_id", "=", shipment.id))
        return self.env["freight.exception"].search(domain)
