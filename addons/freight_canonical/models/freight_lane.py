from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

from .. import db


class FreightLane(models.Model):
    """The way from one zone to another, on which shipments are counted and compared.

    A lane is made when a shipment first joins two zones: for the shipment's company and for all
    modes. Lanes of one mode, and such that all companies share, are a manager's to add, and go
    before it. An archived lane is not made anew.
    """

    _name = "freight.lane"
    _description = "Freight Lane"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name", store=True)
    origin_zone_id = fields.Many2one(
        "freight.zone", required=True, ondelete="restrict", check_company=True
    )
    destination_zone_id = fields.Many2one(
        "freight.zone", required=True, ondelete="restrict", index=True, check_company=True
    )
    mode = fields.Selection(
        selection=lambda self: self.env["freight.shipment"]._fields["mode"].selection,
        help="Empty: it is the lane of all modes that have none of their own.",
    )
    company_id = fields.Many2one(
        "res.company", ondelete="restrict", help="Empty: all companies share it."
    )
    active = fields.Boolean(default=True)

    def init(self):
        """Make the index that the ORM cannot declare."""
        self.env.cr.execute(
            """
            CREATE UNIQUE INDEX IF NOT EXISTS freight_lane_unique ON freight_lane
                (origin_zone_id, destination_zone_id, COALESCE(mode, ''), COALESCE(company_id, 0))
            """
        )

    @api.depends("origin_zone_id.name", "destination_zone_id.name", "mode")
    def _compute_name(self):
        modes = dict(self._fields["mode"]._description_selection(self.env))
        for lane in self:
            way = f"{lane.origin_zone_id.name} → {lane.destination_zone_id.name}"
            lane.name = f"{way} ({modes[lane.mode]})" if lane.mode else way

    @api.constrains("origin_zone_id", "destination_zone_id", "mode", "company_id")
    def _check_unique(self):
        for lane in self:
            twins = (
                self.sudo()
                .with_context(active_test=False)
                .search_count(
                    [
                        (name, "=", lane[name].id if name.endswith("_id") else lane[name])
                        for name in ("origin_zone_id", "destination_zone_id", "mode", "company_id")
                    ],
                    limit=2,
                )
            )
            if twins > 1:
                raise ValidationError(
                    _("The lane %s exists already. Look for it among the archived ones.", lane.name)
                )

    @api.model
    def _joining(self, wanted, make=True):
        """Return {(origin zone id, destination zone id, mode, company id): lane}.

        Of several lanes that fit, one of that mode goes before one of all modes, and one of the
        company before a shared one.

        :param wanted: a set of such keys
        :param bool make: whether lanes that are missing are made
        """
        known = self._by_key(wanted)
        missing = {
            (origin, destination, None, company)
            for origin, destination, mode, company in wanted
            if not any(key in known for key in _fitting(origin, destination, mode, company))
        }
        if make and missing:
            self._make(missing)
            known = self._by_key(wanted)
        return {key: self._best(known, key) for key in wanted}

    @api.model
    def _by_key(self, wanted):
        """Return the lanes between these pairs of zones by their key, archived ones too."""
        lanes = self.with_context(active_test=False).search(
            [
                ("origin_zone_id", "in", [key[0] for key in wanted]),
                ("destination_zone_id", "in", [key[1] for key in wanted]),
                ("company_id", "in", [False, *{key[3] for key in wanted}]),
            ]
        )
        return {
            (
                lane.origin_zone_id.id,
                lane.destination_zone_id.id,
                lane.mode or None,
                lane.company_id.id or None,
            ): lane
            for lane in lanes
        }

    @api.model
    def _best(self, known, key):
        fitting = [known[one] for one in _fitting(*key) if one in known and known[one].active]
        return fitting[0] if fitting else self.browse()

    @api.model
    def _make(self, keys):
        """Insert lanes; another transaction may do so at the same moment."""
        rows = db.insert_rows(
            self.env.cr,
            self._table,
            ("origin_zone_id", "destination_zone_id", "mode", "company_id", "active"),
            [(*key, True) for key in sorted(keys, key=str)],
            conflict="DO NOTHING",
        )
        self.env.add_to_compute(self._fields["name"], self.browse(row[0] for row in rows))


def _fitting(origin, destination, mode, company):
    """Return the keys of the lanes that may serve, the best first."""
    return [
        (origin, destination, one, owner)
        for one in dict.fromkeys((mode, None))
        for owner in (company, None)
    ]
