"""A row of whatever model, for tests that ask who may touch it and not what is in it.

It is written past the ORM and past foreign keys: rules of business would refuse most of them.
"""

from odoo import fields
from psycopg2.sql import SQL, Identifier, Placeholder

NOW = "2026-11-02 12:00:00"


class RowMaker:
    """Makes one row per model; what a row points to is made before it."""

    def __init__(self, env):
        self.env = env
        self._known = {}

    def record(self, name):
        """Return a record of model ``name`` in the main company."""
        if name not in self._known:
            self._known[name] = self._existing(name) or self._insert(name)
        return self.env[name].browse(self._known[name])

    def give_dialogs_to(self, user):
        """Let the dialogs' rows be those of ``user``."""
        for name, row_id in self._known.items():
            if self.env[name]._transient:
                statement = SQL("UPDATE {} SET create_uid = %s WHERE id = %s")
                table = Identifier(self.env[name]._table)
                self.env.cr.execute(statement.format(table), (user.id, row_id))
        self.env.invalidate_all()

    def move(self, record, company):
        """Let the row belong to ``company``."""
        statement = SQL("UPDATE {} SET company_id = %s WHERE id = %s")
        self._unhindered(statement.format(Identifier(record._table)), (company.id, record.id))
        self.env.invalidate_all()

    def _existing(self, name):
        """Return the id of a shipped row; the suite's own rows are made, to be of one company."""
        if name == "res.company":
            return self.env.company.id
        if not self.env[name]._auto:
            return 1  # a view over others' rows
        if name.startswith("freight."):
            return None
        model = self.env[name].sudo()
        if "company_id" in model._fields and model._fields["company_id"].store:
            ours = model.search([("company_id", "=", self.env.company.id)], limit=1)
            if ours:
                return ours.id
        return model.search([], limit=1).id

    def _insert(self, name):
        model = self.env[name]
        self.env.cr.execute("SELECT nextval(%s)", (f"{model._table}_id_seq",))
        # Known before it is there: rows may point to each other in a circle.
        self._known[name] = self.env.cr.fetchone()[0]
        columns = {"id": self._known[name]}
        if model._log_access:
            columns.update(create_uid=self.env.uid, write_uid=self.env.uid)
        for field in model._fields.values():
            if field.store and field.column_type and field.name not in columns:
                value = self._value(model, field)
                if value is not None:
                    columns[field.name] = value
        statement = SQL("INSERT INTO {} ({}) VALUES ({})").format(
            Identifier(model._table),
            SQL(", ").join(map(Identifier, columns)),
            SQL(", ").join(map(Placeholder, columns)),
        )
        self._unhindered(statement, columns)
        return self._known[name]

    def _unhindered(self, statement, values):
        cr = self.env.cr
        cr.execute("SET LOCAL session_replication_role = replica")
        cr.execute(statement, values)
        cr.execute("SET LOCAL session_replication_role = origin")

    def _value(self, model, field):
        """Return what goes into the column; what need not be there, but for links, is left out."""
        if field.type == "many2one":
            needed = field.required or field.comodel_name.startswith(("freight.", "res.company"))
            return self.record(field.comodel_name).id if needed else None
        if not field.required and not self._not_null(model, field):
            return None
        if field.type == "selection":
            return field.get_values(self.env)[0] if field.get_values(self.env) else "x"
        if field.translate:
            return '{"en_US": "x"}'
        return _PLAIN[field.type]

    def _not_null(self, model, field):
        self.env.cr.execute(
            "SELECT is_nullable = 'NO' FROM information_schema.columns"
            " WHERE table_name = %s AND column_name = %s",
            (model._table, field.name),
        )
        return self.env.cr.fetchone()[0]


_PLAIN = {
    "char": "x",
    "text": "x",
    "html": "x",
    "boolean": True,
    "integer": 1,
    "float": 1.0,
    "monetary": 1.0,
    "date": fields.Date.from_string("2026-11-02"),
    "datetime": fields.Datetime.from_string(NOW),
    "json": "{}",
    "binary": b"x" * 64,
    "reference": "x",
    "many2one_reference": 1,
}
