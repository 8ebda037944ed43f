from collections import Counter

from odoo import _, api, fields, models

from ..reachable import Policy
from .freight_endpoint import unexpired

#: System parameter: host names and networks that may be called although they are private.
ALLOWED = "freight.outgoing_allowed"
WAYS = ("freight.poll", "freight.folder")


class FreightEndpoint(models.Model):
    _inherit = "freight.endpoint"

    poll_ids = fields.One2many("freight.poll", "endpoint_id", string="APIs we poll")
    folder_ids = fields.One2many("freight.folder", "endpoint_id", string="SFTP folders")
    way_trouble = fields.Char(string="Ways in with trouble", compute="_compute_way_trouble")

    @api.depends("poll_ids.last_error", "folder_ids.last_error")
    def _compute_way_trouble(self):
        troubles = self._ways_trouble()
        for endpoint in self:
            count = troubles.get(endpoint.id)
            endpoint.way_trouble = (
                _(
                    "%s of the ways in below failed, or brought something that a person must look"
                    " at.",
                    count,
                )
                if count
                else False
            )

    def _ways_trouble(self):
        """Return {endpoint id: active polls and folders with trouble}; those with none lack."""
        counts = Counter()
        for endpoint_id, _state, count in self._ways_figures():
            counts[endpoint_id] += count
        return dict(counts)

    def _ways_figures(self):
        """Yield (endpoint id, state, how many active polls or folders have trouble)."""
        domain = [("endpoint_id", "in", self.ids), ("last_error", "!=", False)]
        for model in WAYS:
            groups = (
                self.env[model].sudo()._read_group(domain, ["endpoint_id", "state"], ["__count"])
            )
            for endpoint, state, count in groups:
                yield endpoint.id, state, count

    def _health_findings(self):
        """Add what is wrong with the ways in."""
        findings = super()._health_findings()
        for endpoint_id, state, count in self._ways_figures():
            if state == "stopped":
                found = ("red", _("%s ways in are stopped and need a person.", count))
            else:
                found = ("amber", _("%s ways in failed, or brought trouble.", count))
            findings[endpoint_id].append(found)
        return findings

    def _outgoing_policy(self):
        """Return which addresses may be called for this endpoint.

        Outside the sandbox HTTPS only, and no private address but those that the system parameter
        ``freight.outgoing_allowed`` names, separated by spaces or commas. None at all for a
        production endpoint, where this database is not declared to be production.
        """
        self.ensure_one()
        named = self.env["ir.config_parameter"].sudo().get_param(ALLOWED, "")
        sandbox = self.environment == "sandbox"
        return Policy(
            plain=sandbox,
            private=sandbox,
            allowed=tuple(named.replace(",", " ").split()),
            closed=self._closed_because() or None,
        )

    def _newest_secret(self, use):
        """Return the newest secret for ``use`` that holds now, or None. For the server only."""
        self.ensure_one()
        return next(iter(unexpired(self._live_secrets(use))), None)
