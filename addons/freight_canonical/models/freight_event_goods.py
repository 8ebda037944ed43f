from collections import defaultdict

from odoo import api, fields, models

from .. import db


class FreightEventGoods(models.Model):
    """What an event said of single goods lines. Append-only, like the event it belongs to.

    A line is known by its number, since the goods of a shipment may be changed and the ledger not.
    """

    _name = "freight.event.goods"
    _description = "Goods of a Freight Event"
    _inherit = "freight.append.only"
    _order = "event_id, line_number"
    _log_access = False

    event_id = fields.Many2one("freight.event", required=True, ondelete="restrict", index=True)
    shipment_id = fields.Many2one(
        "freight.shipment", required=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one("res.company", required=True, ondelete="restrict")
    line_number = fields.Integer(string="Line", required=True)
    quantity = fields.Float(required=True)

    _sql_constraints = [
        ("once", "unique(event_id, line_number)", "An event speaks of a goods line once."),
    ]

    @api.model
    def _append(self, rows):
        """Add ``rows``: tuples (event id, shipment id, company id, line number, quantity)."""
        if not rows:
            return
        columns = ("event_id", "shipment_id", "company_id", "line_number", "quantity")
        db.insert_rows(self.env.cr, self._table, columns, rows)
        self.invalidate_model()

    @api.model
    def _by_event(self, shipment_ids):
        """Return {event id: ((line number, pieces), ...)} of these shipments, by one query."""
        self.env.cr.execute(
            """
            SELECT event_id, line_number, quantity FROM freight_event_goods
             WHERE shipment_id IN %s ORDER BY event_id, line_number
            """,
            [tuple(shipment_ids)],
        )
        goods = defaultdict(tuple)
        for event, number, quantity in self.env.cr.fetchall():
            goods[event] += ((number, quantity),)
        return goods
