from odoo import api, models


class FreightCached(models.AbstractModel):
    """Configuration that workers keep in memory: whoever changes it empties their caches.

    Once at once, for this transaction, and once more when it stands: in between another thread may
    have read the old state again.
    """

    _name = "freight.cached"
    _description = "Cached Freight Configuration"

    @api.model_create_multi
    def create(self, vals_list):
        """Create, and let every worker forget what it knew."""
        self._forget()
        return super().create(vals_list)

    def write(self, vals):
        """Write, and let every worker forget what it knew."""
        self._forget()
        return super().write(vals)

    def unlink(self):
        """Delete, and let every worker forget what it knew."""
        self._forget()
        return super().unlink()

    @api.model
    def _forget(self):
        self.env.registry.clear_cache()
        self.env.cr.postcommit.add(self.env.registry.clear_cache)
