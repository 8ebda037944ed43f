"""The stage of a run: one database, what is in it, and how a measure gets at it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from odoo.addons.freight_canonical import db
from odoo.modules.registry import Registry

from .fixtures import Fixtures
from .guests import Missing


@dataclass
class Stage:
    """What a measure is given.

    ``options`` are Odoo's command line options for processes of one's own; ``absent`` says what
    could not be had: {name: why}. ``registry`` is the database's in this process; ``fixtures`` are
    a carrier, its endpoint, and as many shipments as one asks for.
    """

    database: str
    options: list[str]
    folder: Path
    absent: dict[str, str]

    def __post_init__(self):
        self.registry = Registry(self.database)
        with self.transaction() as env:
            self.fixtures = Fixtures.make(env)

    def transaction(self):
        """Return a context manager: a superuser environment, committed at its end."""
        return db.transaction(self.registry)

    def require(self, *names):
        """Check that addons or guests are there.

        :raise Missing: one is not
        """
        for name in names:
            if name in self.absent:
                raise Missing(self.absent[name])

    def require_addon(self, name):
        """Check that an addon is installed.

        :raise Missing: it is not
        """
        if name not in self.registry._init_modules:
            raise Missing(f"{name} is not installed in the template")

    def server_log(self, name) -> Path:
        """Return where a server of this run logs to."""
        return self.folder / f"{name}.log"
