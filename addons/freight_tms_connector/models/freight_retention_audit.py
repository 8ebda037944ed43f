"""Who decided how long content is kept, what is held, and what was erased."""

from odoo import api, models

#: State of a policy -> (action, role).
POLICY_DEEDS = {"active": ("activate", "approved"), "ended": ("end", "initiated")}


class FreightRetentionClass(models.Model):
    _name = "freight.retention.class"
    _inherit = ["freight.retention.class", "freight.audited"]


class FreightRetentionKind(models.Model):
    _name = "freight.retention.kind"
    _inherit = ["freight.retention.kind", "freight.audited"]


class FreightRetentionPolicy(models.Model):
    _name = "freight.retention.policy"
    _inherit = ["freight.retention.policy", "freight.audited"]

    @api.model
    def _audit_deed(self, after):
        if set(after) == {"author_ids"}:
            return "propose", "initiated"
        return POLICY_DEEDS.get(after.get("state")) or super()._audit_deed(after)


class FreightLegalHold(models.Model):
    _name = "freight.legal.hold"
    _inherit = ["freight.legal.hold", "freight.audited"]

    @api.model
    def _audit_deed(self, after):
        return ("release", "approved") if after.get("released") else super()._audit_deed(after)


class FreightErasureRequest(models.Model):
    _name = "freight.erasure.request"
    _inherit = ["freight.erasure.request", "freight.audited"]
    _audit_stream = "operations"

    @api.model
    def _audit_deed(self, after):
        return ("erase", "approved") if after.get("state") == "done" else super()._audit_deed(after)


class FreightRetentionRun(models.Model):
    _inherit = "freight.retention.run"

    @api.model_create_multi
    def create(self, vals_list):
        """Create, and record by what and for whom content is erased; the run counts what went."""
        runs = super().create(vals_list)
        for reason, of_reason in runs.grouped("reason").items():
            after = {run.id: run._audited() for run in of_reason}
            self.env["freight.audit"]._note(
                "erase", of_reason, why=reason or None, after=after, role="transformed"
            )
        return runs

    def _audited(self):
        named = ("class_id", "policy_id", "user_id", "approver_id")
        told = {name: [self[name].id, self[name].display_name] for name in named if self[name]}
        return {**told, "cutoff": self.cutoff and self.cutoff.isoformat() or None}
