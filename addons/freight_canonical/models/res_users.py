from odoo import api, models


class ResUsers(models.Model):
    _inherit = "res.users"

    @api.model_create_multi
    def create(self, vals_list):
        """Create users, and record which groups of the suite they are in."""
        users = super().create(vals_list)
        self.env["res.groups"]._note_memberships({}, users.ids)
        return users

    def write(self, vals):
        """Write, and record what changed about the groups of the suite that users are in."""
        if not any(_concerns_access(name) for name in vals):
            return super().write(vals)
        groups = self.env["res.groups"]
        before = groups._memberships(self.ids)
        result = super().write(vals)
        groups._note_memberships(before, self.ids)
        return result


def _concerns_access(name):
    return name in ("groups_id", "active") or name.startswith(("in_group_", "sel_groups_"))
