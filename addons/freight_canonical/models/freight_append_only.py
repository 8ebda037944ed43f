from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools.translate import _lt
from psycopg2.sql import SQL, Identifier


class FreightAppendOnly(models.AbstractModel):
    """Rows that join a table once and stay as they are: refused by the ORM and by the database."""

    _name = "freight.append.only"
    _description = "Append-only Freight Table"

    _instead_of_creation = _lt("Events join the ledger through a message or an action only.")
    _instead_of_change = _lt("The event ledger is append-only: report a correction instead.")
    _instead_of_deletion = _lt("The event ledger is append-only: report a retraction instead.")

    def init(self):
        """Guard the table in the database itself: not even SQL changes a row unnoticed."""
        super().init()
        if self._abstract:
            return
        self.env.cr.execute(
            """
            CREATE OR REPLACE FUNCTION freight_append_only() RETURNS trigger AS $$
            BEGIN
                RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
                    USING ERRCODE = 'restrict_violation';
            END $$ LANGUAGE plpgsql;
            """
        )
        query = SQL(
            """
            DROP TRIGGER IF EXISTS {trigger} ON {table};
            CREATE TRIGGER {trigger}
                BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION freight_append_only();
            """
        ).format(trigger=Identifier(f"{self._table}_append_only"), table=Identifier(self._table))
        self.env.cr.execute(query)

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse: rows join by what the suite itself does."""
        raise UserError(str(self._instead_of_creation))

    def write(self, vals):
        """Refuse: nothing in the ledger changes."""
        raise UserError(str(self._instead_of_change))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Refuse: nothing leaves the ledger."""
        raise UserError(str(self._instead_of_deletion))
