from collections import defaultdict

from odoo import api, fields, models

from .. import db
from ..references import comparable_types, normalise

TYPES = [
    ("shipment", "Shipment"),
    ("load", "Load"),
    ("pro", "PRO"),
    ("bol", "Bill of lading"),
    ("mbol", "Master bill of lading"),
    ("po", "Purchase order"),
    ("so", "Sales order"),
    ("booking", "Booking"),
    ("container", "Container"),
    ("delivery_order", "Delivery order"),
    ("shipper", "Shipper's number"),
    ("tracking", "Tracking number"),
    ("other", "Other"),
]


class FreightReference(models.Model):
    """A number under which somebody knows a shipment.

    One shipment has many, and one reference may name several shipments (a master bill of lading).
    """

    _name = "freight.reference"
    _description = "Freight Reference"
    _order = "shipment_id, type, id"
    _rec_name = "value"
    _check_company_auto = True

    shipment_id = fields.Many2one(
        "freight.shipment", required=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="shipment_id.company_id", store=True)
    type = fields.Selection(TYPES, required=True, default="other")
    issuer_id = fields.Many2one("res.partner", ondelete="restrict")
    value = fields.Char(required=True)
    value_normalised = fields.Char(
        compute="_compute_value_normalised", store=True, precompute=True, index=True
    )

    def init(self):
        """Make the index that the ORM cannot declare."""
        self.env.cr.execute(
            """
            CREATE UNIQUE INDEX IF NOT EXISTS freight_reference_unique
                ON freight_reference (shipment_id, type, value_normalised)
            """
        )

    @api.depends("value")
    def _compute_value_normalised(self):
        for reference in self:
            reference.value_normalised = normalise(reference.value)

    @api.model
    def _candidates(self, wanted):
        """Find the shipments that each of ``wanted`` may mean, by one query.

        :param wanted: iterable of (type, value, company id or None)
        :return: {(type, value, company id): set of shipment ids}
        """
        values = {normalise(value) for _kind, value, _company in wanted} - {""}
        if not values:
            return {}
        self.flush_model()
        self.env.cr.execute(
            """
            SELECT value_normalised, type, company_id, shipment_id
              FROM freight_reference WHERE value_normalised IN %s
            """,
            [tuple(values)],
        )
        stored = defaultdict(list)
        for value, kind, company, shipment in self.env.cr.fetchall():
            stored[value].append((kind, company, shipment))
        found = {}
        for key in wanted:
            kind, value, company = key
            types = comparable_types(kind)
            found[key] = {
                shipment
                for stored_kind, stored_company, shipment in stored[normalise(value)]
                if (types is None or stored_kind == "other" or stored_kind in types)
                and company in (None, stored_company)
            }
        return found

    @api.model
    def _learn(self, rows):
        """Add references that are not there yet.

        :param rows: iterable of (shipment id, company id, type, value, issuer id)
        :return: how many were new
        """
        new = db.insert_rows(
            self.env.cr,
            self._table,
            ("shipment_id", "company_id", "type", "value", "value_normalised", "issuer_id"),
            [(*row[:4], normalise(row[3]), row[4]) for row in rows if normalise(row[3])],
            conflict="(shipment_id, type, value_normalised) DO NOTHING",
        )
        self.invalidate_model()
        return len(new)
