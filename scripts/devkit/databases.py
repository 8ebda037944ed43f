"""Databases of this checkout, each made once and then copied.

    base        Odoo's modules with demo data            freight_<key>_base_<digest>
    template    base plus this checkout's addons         freight_<key>_template_<digest>
    demo        a copy of the template that is kept      freight_<key>_demo
    run         a copy of the template per test run      freight_<key>_run_<pid>

Attachments stay inside the database (`ir_attachment.location`), so `CREATE DATABASE ... TEMPLATE`
copies all there is.
"""

from __future__ import annotations

import os
from contextlib import contextmanager

import psutil
import psycopg2
from psycopg2.sql import SQL, Identifier, Literal

from . import checkout, processes
from .config import TEST_CONF
from .odoo_source import OdooSource
from .postgres import Server
from .problem import Problem
from .tasks import run_logged, say

PREFIX = f"freight_{checkout.KEY}_"
DEMO = f"{PREFIX}demo"
BASE_MODULES = (
    "account",
    "delivery",
    "purchase",
    "sale_management",
    "sale_stock",
    "stock_landed_costs",
)
KEEP_ATTACHMENTS_INSIDE = """
env["ir.config_parameter"].set_param("ir_attachment.location", "db")
env["ir.attachment"].force_storage()
env.cr.commit()
"""
INSTALLED = "SELECT name FROM ir_module_module WHERE state = 'installed'"
DEMO_FAILURES = """
SELECT name FROM ir_module_module JOIN ir_demo_failure ON module_id = ir_module_module.id
"""
CONTENT = {".py", ".xml", ".csv", ".json", ".js", ".scss", ".css", ".sql", ".po", ".svg"}
NOT_INSTALLED = ({"tests"}, {"static", "description"})


class Databases:
    """Makes, copies and drops this checkout's databases on one server."""

    def __init__(self, server: Server, odoo: OdooSource):
        self.server = server
        self.odoo = odoo

    def base(self) -> str:
        """Return the database of Odoo's own modules, made where it is missing."""
        name = f"{PREFIX}base_{checkout.digest(self.odoo.fingerprint(), *BASE_MODULES)}"
        if not self.exists(name):
            say("preparing a database with Odoo's modules (one to three minutes, once)")
            with self._built(name) as building:
                odoo_install(building, BASE_MODULES)
                odoo_script(building, KEEP_ATTACHMENTS_INSIDE, "attachments")
            self._drop_others(f"{PREFIX}base_", name)
        return name

    def template(self) -> str:
        """Return the database with this checkout's addons, made anew when they change."""
        base = self.base()
        name = f"{PREFIX}template_{checkout.digest(base, addons_content())}"
        if not self.exists(name):
            addons = checkout.installable_addons()
            say(f"installing {', '.join(addons) or 'no addons'} into a template database")
            with self._built(name, base) as building:
                if addons:
                    odoo_install(building, addons)
                    self._check_installed(building, addons)
            self._drop_others(f"{PREFIX}template_", name)
        return name

    def demo(self) -> str:
        """Return the demo database: copied once, updated where the addons changed since."""
        template = self.template()
        content = addons_content()
        if not self.exists(DEMO):
            processes.stop("server")  # It may have been started for a database that is gone.
            self.copy(template, DEMO)
        elif self._note(DEMO) != content:
            say("updating the demo database to the addons as they are now")
            # A server that runs the old code must not meet the new database.
            processes.stop("server")
            self._update(DEMO, checkout.installable_addons())
        self._annotate(DEMO, content)
        return DEMO

    def _update(self, name: str, addons: list[str]) -> None:
        """Update what is installed and install what is new; the demo data is read once."""
        installed = set(self._column(name, INSTALLED))
        known = [addon for addon in addons if addon in installed]
        new = [addon for addon in addons if addon not in installed]
        options = [("-u", known), ("-i", new)]
        arguments = [part for flag, names in options if names for part in (flag, ",".join(names))]
        odoo_modules(name, "demo-update", *arguments)

    @contextmanager
    def run(self):
        """Yield a fresh copy of the template for one test run, dropped afterwards."""
        self._drop_abandoned_runs()
        name = f"{PREFIX}run_{os.getpid()}"
        self.copy(self.template(), name)
        try:
            yield name
        finally:
            self.drop(name)

    def copy(self, template: str, name: str) -> None:
        """Make `name` a copy of `template`, replacing what had the name."""
        self.drop(name)
        self._execute(
            SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(template))
        )

    def drop(self, name: str) -> None:
        """Drop a database where it exists, closing its connections."""
        self._execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))

    def drop_all(self) -> None:
        """Drop every database of this checkout."""
        for name in self._names(PREFIX):
            self.drop(name)

    def exists(self, name: str) -> bool:
        """Tell whether the server has the database."""
        return name in self._names(name)

    @contextmanager
    def _built(self, name: str, template: str = "template0"):
        """Yield a database to fill; it gets its name only when that went well."""
        building = f"{PREFIX}building_{os.getpid()}"
        self.copy(template, building)
        try:
            yield building
            self._execute(
                SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(building), Identifier(name))
            )
        finally:
            self.drop(building)

    def _check_installed(self, name: str, addons: list[str]) -> None:
        left_out = sorted(set(addons) - set(self._column(name, INSTALLED)))
        without_demo = self._column(name, DEMO_FAILURES)
        log = checkout.LOGS / "install.log"
        if left_out:
            raise Problem(f"Odoo left out {', '.join(left_out)}; read {log}.")
        if without_demo:
            raise Problem(f"the demo data of {', '.join(without_demo)} does not load; read {log}.")

    def _column(self, database: str, query: str) -> list[str]:
        return [row[0] for row in self._query(SQL(query), database)]

    def _drop_others(self, prefix: str, keep: str) -> None:
        for name in self._names(prefix):
            if name != keep and not self._used(name):
                self.drop(name)

    def _drop_abandoned_runs(self) -> None:
        for kind in ("run_", "building_"):
            for name in self._names(PREFIX + kind):
                if not psutil.pid_exists(int(name.rpartition("_")[2])):
                    self.drop(name)

    def _used(self, name: str) -> bool:
        query = SQL("SELECT 1 FROM pg_stat_activity WHERE datname = {}").format(Literal(name))
        return bool(self._query(query))

    def _names(self, prefix: str) -> list[str]:
        rows = self._query(SQL("SELECT datname FROM pg_database ORDER BY datname"))
        return [row[0] for row in rows if row[0].startswith(prefix)]

    def _note(self, name: str) -> str | None:
        query = SQL(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = {}"
        )
        return self._query(query.format(Literal(name)))[0][0]

    def _annotate(self, name: str, note: str) -> None:
        self._execute(SQL("COMMENT ON DATABASE {} IS {}").format(Identifier(name), Literal(note)))

    def _query(self, query: SQL, database: str = "postgres") -> list[tuple]:
        with self._cursor(database) as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    def _execute(self, statement: SQL) -> None:
        with self._cursor("postgres") as cursor:
            cursor.execute(statement)

    @contextmanager
    def _cursor(self, database: str):
        connection = psycopg2.connect(**self.server.dsn(database))
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()


def addons_content() -> str:
    """Return a digest of all that installing this checkout's addons depends on."""
    seen = []
    for path in sorted(checkout.ADDONS.rglob("*")):
        parts = set(path.relative_to(checkout.ADDONS).parts)
        if path.suffix in CONTENT and not any(out <= parts for out in NOT_INSTALLED):
            seen += [str(path.relative_to(checkout.ADDONS)), path.read_text()]
    return checkout.digest(*seen)


def odoo_command(*arguments: str) -> list[str]:
    """Return the command line of Odoo in `.venv`."""
    return [str(checkout.PYTHON), "-m", "odoo", *arguments]


def odoo_install(database: str, modules) -> None:
    """Install modules with their demo data."""
    odoo_modules(database, "install", "-i", ",".join(modules))


def odoo_modules(database: str, log_name: str, *what: str) -> None:
    """Run Odoo once over a database to install or update modules.

    Raises:
        Problem: Odoo failed, or logged an error.
    """
    once = ("--stop-after-init", "--no-http", "-c", str(TEST_CONF), "-d", database)
    log = run_logged(odoo_command(*once, *what), log_name, "Odoo could not install the modules")
    errors = [line for line in log.read_text().splitlines() if " ERROR " in line]
    if errors:
        raise Problem(f"Odoo met an error ({errors[0].partition(' ERROR ')[2]}); read {log}.")


def odoo_script(database: str, code: str, log_name: str, **environment: str) -> None:
    """Run Python code in an Odoo shell on a database; the code commits by itself."""
    command = odoo_command("shell", "--no-http", "-c", str(TEST_CONF), "-d", database)
    source = checkout.RUN / f"{log_name}.{os.getpid()}.py"
    source.write_text(code)
    try:
        with open(source) as stdin:
            env = {**os.environ, **environment}
            failure = f"the script {log_name} failed in Odoo"
            run_logged(command, log_name, failure, stdin=stdin, env=env, cwd=checkout.ROOT)
    finally:
        source.unlink()
