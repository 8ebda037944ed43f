"""The database of a run: a copy of the template with the bench addon, dropped afterwards."""

import os
import subprocess
import sys
from contextlib import closing, contextmanager

from odoo import sql_db
from psycopg2.sql import SQL, Identifier


@contextmanager
def copied(template: str):
    """Yield the name of a fresh copy of ``template``; drop it at the end, whatever happens."""
    name = f"{template.partition('_template_')[0]}_bench_{os.getpid()}"
    _execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(template)))
    try:
        yield name
    finally:
        sql_db.close_db(name)
        _execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


def install(options: list[str], name: str, addons: list[str], log) -> None:
    """Install ``addons`` into the database ``name`` by a process of its own.

    :param options: command line options of Odoo that name configuration and addons path
    :raise subprocess.CalledProcessError: Odoo failed; ``log`` (a path) says why
    """
    command = [sys.executable, "-m", "odoo", *options, "-d", name, "-i", ",".join(addons)]
    with open(log, "w") as output:
        subprocess.run(
            [*command, "--stop-after-init", "--no-http"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=True,
        )


def _execute(statement):
    with closing(sql_db.db_connect("postgres").cursor()) as cr:
        cr._cnx.autocommit = True
        cr.execute(statement)
