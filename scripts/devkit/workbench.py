"""Everything that running Odoo on this checkout needs, made ready in one call."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from . import checkout, config, ports, postgres
from .databases import Databases
from .odoo_source import OdooSource


@dataclass(frozen=True)
class Workbench:
    """PostgreSQL answers, the configuration is written, databases can be made."""

    server: postgres.Server
    ports: ports.Ports
    databases: Databases

    @property
    def url(self) -> str:
        """Where the server of this checkout answers."""
        return f"http://127.0.0.1:{self.ports.http}"


def ready() -> Workbench:
    """Start PostgreSQL where needed and write Odoo's configuration.

    The caller holds the checkout's lock.
    """
    package = find_spec("odoo").submodule_search_locations[0]
    source = OdooSource(Path(package).parent)
    server = postgres.ensure()
    block = ports.reserve()
    config.write(source, server, block)
    checkout.LOGS.mkdir(parents=True, exist_ok=True)
    return Workbench(server, block, Databases(server, source))
