from odoo import models


class FreightSystem(models.Model):
    _inherit = "freight.system"

    def _acts_on_domain(self):
        """Return the domain of the shipments that this system acts on, as ``_may_act_on`` says.

        Ids of partners are looked up first, so that the database can use its indexes.
        """
        self.ensure_one()
        company = [("company_id", "=", self.company_id.id)] if self.company_id else []
        if self.kind == "tms":
            return [*company, ("tms_id", "=", self.id)]
        if self.kind == "carrier":
            return [*company, *self._carries_domain()]
        return company if self.kind in ("odoo", "platform") else [(0, "=", 1)]

    def _carries_domain(self):
        own = self.partner_id.commercial_partner_id
        if not own:
            return [(0, "=", 1)]
        partners = self.env["res.partner"].with_context(active_test=False)
        ids = partners.search([("commercial_partner_id", "=", own.id)]).ids
        legs = self.env["freight.stop"]._search([("onward_carrier_id", "in", ids)])
        return [
            "|", "|", "|",
            ("carrier_id", "in", ids),
            ("performing_carrier_id", "in", ids),
            ("broker_id", "in", ids),
            ("stop_ids", "in", legs),
        ]  # fmt: skip

    def _sees_all_of_its_shipments(self):
        """Return whether it sees what others reported on them: who plans does, who carries not."""
        self.ensure_one()
        return self.kind != "carrier"
