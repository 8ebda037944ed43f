"""Writers in processes of their own, as Odoo's workers are: they share no interpreter."""

import threading
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from itertools import repeat
from multiprocessing import get_context
from unittest.mock import patch


def writers(stage, count):
    """Return a pool of ``count`` processes, each with the registry of the stage's database."""
    return ProcessPoolExecutor(
        count, get_context("spawn"), _enter, (stage.options, stage.folder, stage.database)
    )


def work(pool, deed, shares, recorded):
    """Let each writer do ``deed(env, key)`` for each key of its share, a transaction for each.

    :param recorded: whether the audit log is on
    """
    list(pool.map(_work, repeat(deed), shares, repeat(recorded)))


@contextmanager
def unrecorded(registry):
    """Switch the audit log off in this process."""
    nothing = patch.object(registry["freight.audited"], "_audit_fields", lambda _model: ())
    silent = patch.object(registry["freight.audit"], "_write_down", lambda _model, _entries: None)
    unnamed = patch.object(registry["freight.audit"], "_headers", lambda _model, _records: {})
    with nothing, silent, unnamed:
        yield


def _enter(options, folder, database):
    from odoo.tools import config

    config.parse_config([*options, "--logfile", str(folder / "writers.log"), "--no-http"])
    threading.current_thread().dbname = database


def _work(deed, keys, recorded):
    from odoo.modules.registry import Registry

    registry = Registry(threading.current_thread().dbname)
    with nullcontext() if recorded else unrecorded(registry):
        for key in keys:
            _do(registry, deed, key)


def _do(registry, deed, key):
    """Do it once; again where another writer was in the way, as a request would be."""
    from odoo.addons.freight_canonical import db
    from psycopg2 import OperationalError

    while True:
        try:
            with db.transaction(registry) as env:
                return deed(env, key)
        except OperationalError as error:
            if not db.is_conflict(error):
                raise
