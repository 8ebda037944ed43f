"""Cursors and set-based writes: the only place that knows how the suite talks to PostgreSQL.

Odoo's cursors are REPEATABLE READ. Claims and idempotent inserts need READ COMMITTED, where
``SKIP LOCKED`` and ``ON CONFLICT`` see what others have just committed.
"""

import json
from contextlib import contextmanager

from odoo import SUPERUSER_ID, api
from odoo.service.model import PG_CONCURRENCY_ERRORS_TO_RETRY
from psycopg2 import OperationalError
from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED
from psycopg2.extras import Json
from psycopg2.sql import SQL, Identifier

#: What becomes JSON. A tuple, since ``dict | list`` would be made anew for each value written.
_TREES = (dict, list)


@contextmanager
def read_committed(registry):
    """Yield a cursor of its own at READ COMMITTED, committed at the end, rolled back on error.

    The level goes out with the BEGIN and costs no round trip; the next cursor on the connection
    gets Odoo's again. In test mode Odoo's test cursor shares the test's transaction, whose
    isolation is set already.
    """
    with registry.cursor() as cr:
        if not registry.in_test_mode():
            cr.connection.set_isolation_level(ISOLATION_LEVEL_READ_COMMITTED)
        yield cr


@contextmanager
def transaction(registry, context=None):
    """Yield a superuser environment on a cursor of its own, committed at the end."""
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, context or {})
        yield env
        env.flush_all()


def is_conflict(error):
    """Return whether ``error`` says that another transaction interfered: try again, or later."""
    return isinstance(error, OperationalError) and error.pgcode in PG_CONCURRENCY_ERRORS_TO_RETRY


def insert_rows(cr, table, columns, rows, conflict=None, returning="id"):
    """Insert ``rows`` (tuples in the order of ``columns``) by one statement.

    :param conflict: SQL that follows ``ON CONFLICT``, None for no such clause
    :return: the rows returned, as tuples
    """
    if not rows:
        return []
    query = SQL("INSERT INTO {} ({}) VALUES {} {} RETURNING {}").format(
        Identifier(table),
        SQL(", ").join(map(Identifier, columns)),
        SQL(", ").join([SQL("%s")] * len(rows)),
        SQL(f"ON CONFLICT {conflict}" if conflict else ""),
        SQL(returning),
    )
    cr.execute(query, [tuple(map(_adapt, row)) for row in rows])
    return cr.fetchall()


def update_rows(records, fnames, values):
    """Write ``values`` (id -> tuple in the order of ``fnames``) of stored fields by one statement.

    The cache is refreshed and dependent computed fields are marked. Only for columns whose write
    has no other effect: no tracking, no override of ``write``.
    """
    if not values:
        return
    model = records.browse(values)
    model.flush_model(fnames)
    columns = [(name, model._fields[name].column_type[1].split("(")[0]) for name in fnames]
    query = SQL("UPDATE {} t SET {} FROM (VALUES {}) AS v(id, {}) WHERE t.id = v.id").format(
        Identifier(model._table),
        SQL(", ").join(
            SQL("{} = v.{}::{}").format(Identifier(name), Identifier(name), SQL(kind))
            for name, kind in columns
        ),
        SQL(", ").join([SQL("%s")] * len(values)),
        SQL(", ").join(Identifier(name) for name, _kind in columns),
    )
    rows = [(key, *map(_adapt, row)) for key, row in values.items()]
    model.env.cr.execute(query, rows)
    model.invalidate_recordset(fnames)
    model.modified(fnames)


def read_columns(records, fnames):
    """Return {id: tuple in the order of ``fnames``} of stored fields, for many records at once.

    The values are those of the columns: ids for relations, None for nothing. In a loop over
    thousands of records that is a tenth of what it costs to ask each for its fields.
    """
    records.flush_recordset(fnames)
    records.fetch(fnames)
    cache = records.env.cache
    columns = [cache.get_values(records, records._fields[name]) for name in fnames]
    return dict(zip(records._ids, zip(*columns, strict=True), strict=True))


def update_changed(records, fnames, values):
    """Write what is not stored yet of ``values``, as :func:`update_rows` takes them.

    Rows and columns in which nothing changes are left out. ``records`` must be locked, or belong
    to what is: what this transaction sees stands then. Nothing and zero are the same, as they are
    to whoever reads a field.
    """
    rows, columns = [], set()
    for key, kept in read_columns(records, fnames).items():
        told = enumerate(zip(kept, values[key], strict=True))
        differing = [place for place, (old, new) in told if (old or None) != (new or None)]
        if differing:
            rows.append(key)
            columns.update(differing)
    places = sorted(columns)
    update_rows(
        records,
        [fnames[place] for place in places],
        {key: tuple(values[key][place] for place in places) for key in rows},
    )


def _adapt(value):
    if isinstance(value, _TREES):
        return Json(value, dumps=lambda tree: json.dumps(tree, ensure_ascii=False))
    return value
