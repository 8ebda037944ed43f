"""Odoo's configuration files under `.run/`; `odoo.conf.sample` explains the keys."""

from __future__ import annotations

import base64
import configparser
import os
import secrets
from pathlib import Path

from . import checkout
from .odoo_source import OdooSource
from .ports import Ports
from .postgres import Server

SERVER_CONF = checkout.RUN / "odoo.conf"
TEST_CONF = checkout.RUN / "odoo.test.conf"


def write(odoo: OdooSource, server: Server, ports: Ports) -> None:
    """Write the server's and the tests' configuration; secrets once made are kept."""
    options = {
        "addons_path": ",".join(str(path) for path in (odoo.addons, checkout.ADDONS) if path),
        "data_dir": checkout.RUN / "data",
        "db_host": server.host,
        "db_port": server.port,
        "db_user": server.user,
        "db_password": server.password or False,
        "http_interface": "127.0.0.1",
        "http_port": ports.http,
        "gevent_port": ports.gevent,
        "list_db": False,
        "max_cron_threads": 4,
        "server_wide_modules": "base,web,freight_tms_connector",
        "screenshots": checkout.RUN / "screenshots",
        **_secrets(),
    }
    _write(SERVER_CONF, options)
    _write(TEST_CONF, {**options, "max_cron_threads": 0})


def _secrets() -> dict:
    kept = configparser.ConfigParser(interpolation=None)
    kept.read(SERVER_CONF)
    fresh = {
        "admin_passwd": secrets.token_urlsafe(24),
        "freight_vault_keys": "k1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        "freight_audit_keys": "a1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
    }
    return {name: kept.get("options", name, fallback=value) for name, value in fresh.items()}


def _write(path: Path, options: dict) -> None:
    lines = ["[options]", *(f"{name} = {value}" for name, value in options.items())]
    partial = path.with_suffix(f".{os.getpid()}")
    partial.touch(mode=0o600)
    partial.write_text("\n".join(lines) + "\n")
    partial.replace(path)
