from odoo import _, api, models
from odoo.exceptions import AccessError

#: System parameter: which database was declared to be production.
DECLARED = "freight.environment"


class FreightEnvironment(models.AbstractModel):
    """Whether this database is production. It is not, until an administrator declares it.

    The declaration names the database that it was made for, by its unique id and its name. So it
    does not hold in a copy: one that Odoo makes has another id, one that PostgreSQL makes another
    name, and a neutralised one has no declaration at all.
    """

    _name = "freight.environment"
    _description = "Environment of This Database"

    @api.model
    def _is_production(self):
        """Return whether messages may go to production endpoints."""
        declared = self.env["ir.config_parameter"].sudo().get_param(DECLARED)
        return bool(declared) and declared == self._name_of_this_database()

    @api.model
    def _declare(self, production):
        """Declare this database to be production, or not.

        :raise AccessError: for who does not administer it
        """
        if not (self.env.su or self.env.user._is_system()):
            raise AccessError(_("An administrator declares what is production."))
        value = self._name_of_this_database() if production else False
        self.env["ir.config_parameter"].sudo().set_param(DECLARED, value)
        self.env["freight.queue.lane"].sudo()._wake_after_commit("outbox")

    @api.model
    def _name_of_this_database(self):
        identity = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        return f"production {identity} {self.env.cr.dbname}"
