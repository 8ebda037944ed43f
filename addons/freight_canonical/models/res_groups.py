"""Who may what: the audit log follows the groups of the suite, however a person gets into one."""

from collections import defaultdict

from odoo import api, models, tools


class ResGroups(models.Model):
    _inherit = "res.groups"

    @api.model_create_multi
    def create(self, vals_list):
        """Create groups, and record whom those that imply others let in."""
        before = self._memberships()
        groups = super().create(vals_list)
        self._note_memberships(before)
        return groups

    def write(self, vals):
        """Write, and record who got into groups of the suite, or out of them."""
        if not {"users", "implied_ids"} & set(vals):
            return super().write(vals)
        before = self._memberships()
        result = super().write(vals)
        self._note_memberships(before)
        return result

    @api.model
    @tools.ormcache()
    def _freight_groups(self):
        """Return the ids of the groups that the suite's addons bring."""
        data = self.env["ir.model.data"].sudo()
        found = data.search([("model", "=", self._name), ("module", "=like", "freight\\_%")])
        return tuple(found.mapped("res_id"))

    @api.model
    def _memberships(self, user_ids=None):
        """Return {user id: (groups of the suite as {id}, active)}, of all users unless told."""
        self.env["res.users"].flush_model(["groups_id", "active"])
        self.env.cr.execute(
            """
            SELECT u.id, array_agg(r.gid), u.active
              FROM res_users u JOIN res_groups_users_rel r ON r.uid = u.id
             WHERE r.gid = ANY(%s) AND (%s OR u.id = ANY(%s))
             GROUP BY u.id
            """,
            [list(self._freight_groups()), user_ids is None, list(user_ids or [])],
        )
        return {uid: (frozenset(groups), active) for uid, groups, active in self.env.cr.fetchall()}

    @api.model
    def _note_memberships(self, before, user_ids=None):
        """Record each user whose groups of the suite are others than ``before``."""
        after = self._memberships(user_ids)
        changed = sorted(uid for uid in {*before, *after} if before.get(uid) != after.get(uid))
        if not changed:
            return
        told = [defaultdict(dict), defaultdict(dict)]
        for states, into in zip((before, after), told, strict=True):
            for uid in changed:
                groups, active = states.get(uid, ((), True))
                names = self.sudo().browse(sorted(groups)).mapped("full_name")
                into[uid] = {"groups_id": names, "active": active}
        users = self.env["res.users"].browse(changed)
        self.env["freight.audit"]._note(
            "change_groups", users, before=told[0], after=told[1], stream="access"
        )
