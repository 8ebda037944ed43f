"""What of this addon the audit log follows: who may come in, how it is read, what people do."""

from odoo import api, models

#: State of a version -> (action, role).
VERSION_DEEDS = {"approved": ("approve", "approved"), "active": ("activate", "approved")}


class FreightEndpoint(models.Model):
    _name = "freight.endpoint"
    _inherit = ["freight.endpoint", "freight.audited"]


class FreightSubscription(models.Model):
    _name = "freight.subscription"
    _inherit = ["freight.subscription", "freight.audited"]


class FreightRoutingRule(models.Model):
    _name = "freight.routing.rule"
    _inherit = ["freight.routing.rule", "freight.audited"]


class FreightCodeMapLine(models.Model):
    _name = "freight.code.map.line"
    _inherit = ["freight.code.map.line", "freight.audited"]


class FreightMapping(models.Model):
    _name = "freight.mapping"
    _inherit = ["freight.mapping", "freight.audited"]


class FreightMappingVersion(models.Model):
    _name = "freight.mapping.version"
    _inherit = ["freight.mapping.version", "freight.audited"]

    @api.model
    def _audit_deed(self, after):
        return VERSION_DEEDS.get(after.get("state")) or super()._audit_deed(after)


class FreightAuthProfile(models.Model):
    _name = "freight.auth.profile"
    _inherit = ["freight.auth.profile", "freight.audited"]
    _audit_stream = "access"

    @api.model
    def _audit_deed(self, after):
        return VERSION_DEEDS.get(after.get("state")) or super()._audit_deed(after)


class FreightCredential(models.Model):
    _name = "freight.credential"
    _inherit = ["freight.credential", "freight.audited"]
    _audit_stream = "access"

    @api.model
    def _unaudited(self):
        return super()._unaudited() | {"uuid", "last_used"}


class FreightApiClient(models.Model):
    _name = "freight.api.client"
    _inherit = ["freight.api.client", "freight.audited"]
    _audit_stream = "access"


class FreightApiToken(models.Model):
    _name = "freight.api.token"
    _inherit = ["freight.api.token", "freight.audited"]
    _audit_stream = "access"

    @api.model
    def _unaudited(self):
        return super()._unaudited() | {"last_used"}

    @api.model
    def _audit_deed(self, after):
        return ("revoke", "initiated") if after.get("revoked") else super()._audit_deed(after)


class FreightPoll(models.Model):
    _name = "freight.poll"
    _inherit = ["freight.poll", "freight.audited"]

    @api.model
    def _unaudited(self):
        return super()._unaudited() | WORK | {"cursor"}


class FreightFolder(models.Model):
    _name = "freight.folder"
    _inherit = ["freight.folder", "freight.audited"]

    @api.model
    def _unaudited(self):
        return super()._unaudited() | WORK | {"seen"}


#: What lanes write about a way while they work it off.
WORK = frozenset(
    {
        "state",
        "claim_token",
        "lease_until",
        "attempts",
        "next_attempt",
        "losses",
        "last_run",
        "last_success",
        "last_found",
        "last_error",
    }
)
