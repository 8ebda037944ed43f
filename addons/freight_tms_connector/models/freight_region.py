"""Where a company's messages may be stored and sent; what is outside is refused."""

import os

from odoo import _, api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.tools import config

from ..vault import VaultError

#: The region that this database, its filestore and its backups are in: configuration of the host,
#: since a database that is moved does not know where it is.
REGION_OPTION = "freight_storage_region"
REGION_VARIABLE = "FREIGHT_STORAGE_REGION"


class RegionRefused(VaultError):
    """A message may not be stored here, or not come from there."""


class FreightRegion(models.Model):
    """A region as a company's rules on data name it, such as the European Economic Area."""

    _name = "freight.region"
    _description = "Region"
    _inherit = "freight.cached"
    _order = "name"

    code = fields.Char(required=True, help="As the configuration of the hosts writes it.")
    name = fields.Char(required=True, translate=True)

    _sql_constraints = [("code_unique", "unique(code)", "There is a region with this code.")]


class ResCompany(models.Model):
    _inherit = "res.company"

    freight_region_ids = fields.Many2many(
        "freight.region",
        "freight_region_company",
        "company_id",
        "region_id",
        string="Messages stay in",
        help="Where messages may be stored and sent. Empty: anywhere.",
    )

    def write(self, vals):
        """Write; workers keep the answer to where messages may go."""
        if "freight_region_ids" in vals:
            self.env["freight.region"]._forget()
        return super().write(vals)


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    freight_region_ids = fields.Many2many(
        related="company_id.freight_region_ids", readonly=False, string="Messages stay in"
    )


class FreightEndpoint(models.Model):
    _inherit = "freight.endpoint"

    region_id = fields.Many2one(
        "freight.region",
        string="Is in the region",
        ondelete="restrict",
        help="Where the partner stores what we send. Asked for where the company says where its"
        " messages stay.",
    )

    @api.constrains("region_id", "company_id")
    def _check_region(self):
        for endpoint in self:
            problem = endpoint._outside_because()
            if problem:
                raise ValidationError(problem)

    def _outside_because(self):
        """Return why the endpoint is outside of where its company's messages stay, or False."""
        self.ensure_one()
        allowed = self.sudo().company_id.freight_region_ids
        if not allowed or self.region_id in allowed:
            return False
        return _(
            "%(endpoint)s is in %(region)s, but messages of %(company)s stay in %(allowed)s: enter"
            " the endpoint's region, or use another endpoint.",
            endpoint=self.name,
            region=self.region_id.name or _("no region that is known"),
            company=self.company_id.name,
            allowed=", ".join(allowed.mapped("name")),
        )

    def _closed_because(self):
        """Return why nothing goes to the endpoint: it is outside, or what holds others, too."""
        return self._outside_because() or super()._closed_because()

    @api.model
    def _reachable_sql(self):
        """Return SQL for endpoints (alias ``e``) that are inside, and that others allow, too."""
        return f"""
            {super()._reachable_sql()}
            AND (NOT EXISTS (SELECT FROM freight_region_company r WHERE r.company_id = e.company_id)
                 OR EXISTS (SELECT FROM freight_region_company r
                             WHERE r.company_id = e.company_id AND r.region_id = e.region_id))
        """

    @api.model
    @tools.ormcache("endpoint_id")
    def _refuses_because(self, endpoint_id):
        """Return why nothing is taken in from an endpoint, in words for the log, or None."""
        endpoint = self.sudo().browse(endpoint_id)
        allowed = endpoint.company_id.freight_region_ids
        if not allowed:
            return None
        here = os.environ.get(REGION_VARIABLE) or config.get(REGION_OPTION) or ""
        if here not in allowed.mapped("code"):
            return (
                f"Messages of {endpoint.company_id.name} stay in"
                f" {', '.join(allowed.mapped('code'))}, and {REGION_OPTION} says that this"
                f" database is in {here or 'no region'}."
            )
        return endpoint._outside_because() or None


class FreightAdmission(models.AbstractModel):
    _inherit = "freight.admission"

    @api.model
    def _admit(self, arrivals):
        """Store ``arrivals``, if they may be stored here.

        :raise RegionRefused: for those of a company whose messages stay elsewhere
        """
        arrivals = list(arrivals)
        for endpoint_id in {arrival.endpoint_id for arrival in arrivals}:
            problem = self.env["freight.endpoint"]._refuses_because(endpoint_id)
            if problem:
                raise RegionRefused(problem)
        return super()._admit(arrivals)
