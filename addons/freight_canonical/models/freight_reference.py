from collections import defaultdict

from odoo import _, api, fields, models

from .. import db
from ..identifiers import is_doubtful
from ..references import normalise

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
    ("pickup", "Pickup number"),
    ("appointment", "Appointment number"),
    ("contract", "Contract"),
    ("equipment", "Equipment or trailer"),
    ("invoice", "Invoice"),
    ("pro_forma", "Pro forma"),
    ("other", "Other"),
]


class FreightReference(models.Model):
    """A number under which somebody knows a shipment.

    One shipment has many, and one reference may name several shipments (a master bill of lading).
    """

    _name = "freight.reference"
    _description = "Freight Reference"
    _inherit = "freight.guarded"
    _order = "shipment_id, type, id"
    _rec_name = "value"
    _check_company_auto = True

    shipment_id = fields.Many2one(
        "freight.shipment", required=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="shipment_id.company_id", store=True)
    type = fields.Selection(TYPES, required=True, default="other")
    issuer_id = fields.Many2one("res.partner", ondelete="restrict", check_company=True)
    value = fields.Char(required=True)
    value_normalised = fields.Char(
        compute="_compute_value_normalised", store=True, precompute=True, unaccent=False
    )
    doubt = fields.Char(compute="_compute_doubt")

    def init(self):
        """Make the indexes that the ORM cannot declare.

        That of the values serves equality and prefixes alike, in any collation.
        """
        self.env.cr.execute(
            """
            CREATE UNIQUE INDEX IF NOT EXISTS freight_reference_unique
                ON freight_reference (shipment_id, type, value_normalised);
            CREATE INDEX IF NOT EXISTS freight_reference_value_pattern
                ON freight_reference (value_normalised text_pattern_ops)
            """
        )

    @api.depends("type", "value")
    def _compute_doubt(self):
        """Warn of a number that cannot be one of its type; it is kept as it was sent."""
        labels = dict(self._fields["type"]._description_selection(self.env))
        for reference in self:
            doubtful = is_doubtful(reference.type, reference.value)
            reference.doubt = doubtful and _(
                "This is no valid number of type %s: check format and check digit.",
                labels[reference.type],
            )

    @api.depends("value")
    def _compute_value_normalised(self):
        for reference in self:
            reference.value_normalised = normalise(reference.value)

    @api.model
    def _candidates(self, wanted):
        """Find the shipments that each of ``wanted`` may mean, by one query.

        :param wanted: iterable of :class:`~..references.Wanted`
        :return: {wanted: set of shipment ids}
        """
        values = {normalise(one.value) for one in wanted} - {""}
        if not values:
            return {}
        self.flush_model()
        self.env.cr.execute(
            """
            SELECT r.value_normalised, r.shipment_id, r.type, r.company_id,
                   issuer.commercial_partner_id
              FROM freight_reference r LEFT JOIN res_partner issuer ON issuer.id = r.issuer_id
             WHERE r.value_normalised IN %s
            """,
            [tuple(values)],
        )
        stored = defaultdict(list)
        for value, shipment, *named in self.env.cr.fetchall():
            stored[value].append((shipment, named))
        return {
            one: {
                shipment
                for shipment, named in stored[normalise(one.value)]
                if one.is_named_by(*named)
            }
            for one in wanted
        }

    @api.model
    def _learn(self, rows):
        """Add references that are not there yet.

        Whose number it is may be heard of later than the number; of several issuers the first
        known partner stays, in whatever order they reported.

        :param rows: iterable of (shipment id, company id, type, value, issuer id)
        :return: how many were new or got an issuer
        """
        told = {}
        for *said, issuer in sorted(rows, key=lambda row: (row[4] is None, row[4] or 0, row[3])):
            shipment, company, kind, value = said
            if normalise(value):
                key = (shipment, kind, normalise(value))
                told.setdefault(key, (shipment, company, kind, value, normalise(value), issuer))
        new = db.insert_rows(
            self.env.cr,
            self._table,
            ("shipment_id", "company_id", "type", "value", "value_normalised", "issuer_id"),
            list(told.values()),
            conflict="""(shipment_id, type, value_normalised) DO UPDATE
                SET issuer_id = least(freight_reference.issuer_id, excluded.issuer_id)
              WHERE freight_reference.issuer_id
                 IS DISTINCT FROM least(freight_reference.issuer_id, excluded.issuer_id)""",
        )
        self.invalidate_model()
        return len(new)
