"""The virtual environment `.venv`: Python 3.10 to 3.12 with Odoo and what the suite needs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from . import checkout
from .odoo_source import OdooSource
from .problem import Problem
from .tasks import run_logged, say

VERSIONS = ("3.12", "3.11", "3.10")
REQUIREMENTS = ("requirements.txt", "requirements-dev.txt")
STAMP = checkout.VENV / "freight-stamp"
# Odoo 17.0 imports pkg_resources, which setuptools dropped in 81.
BUILD_TOOLS = ("setuptools<81", "wheel")


def usable_pythons() -> list[str]:
    """Return the interpreters to use, best first.

    Raises:
        Problem: there is none, or `PYTHON` names one that will not do.
    """
    given = os.environ.get("PYTHON")
    if given:
        if _version(given) not in VERSIONS:
            raise Problem(
                f"PYTHON names {given}, which does not run as Python 3.10 to 3.12 with venv:"
                " set it to one that does, or unset it."
            )
        return [given]
    usable = {}
    for candidate in _candidates():
        usable.setdefault(_version(candidate), candidate)
    found = [usable[version] for version in VERSIONS if version in usable]
    if not found:
        raise Problem(
            "no Python 3.10, 3.11 or 3.12 with its venv module was found: install one"
            " (Debian and Ubuntu: apt-get install python3-venv) or name it in PYTHON."
        )
    return found


def ensure(odoo: OdooSource, python: str) -> None:
    """Make `.venv`, or bring it up to date; do nothing where the stamp says it is."""
    wanted = _wanted(odoo, python)
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return
    if _version(str(checkout.PYTHON)) != _version(python):
        say(f"making .venv with {python}")
        run_logged([python, "-m", "venv", "--clear", checkout.VENV], "venv", "no venv was made")
    say("installing Python packages (a few minutes the first time)")
    _install(odoo)
    _link(odoo)
    STAMP.write_text(wanted)


def pip_install(*what: str) -> None:
    """Install into `.venv` with pip as this machine has configured it."""
    pip = [checkout.PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run_logged([*pip, *what], "pip", "pip could not install the Python packages")


def _candidates() -> list[str]:
    names = [f"python{version}" for version in VERSIONS] + ["python3"]
    on_path = [found for found in map(shutil.which, names) if found]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    in_pyenv = [
        str(binary)
        for version in VERSIONS
        for binary in sorted(pyenv.glob(f"{version}*/bin/python{version}"), reverse=True)
    ]
    return on_path + in_pyenv


def _version(python: str) -> str | None:
    """Return "3.12" and the like for an interpreter that really runs and can make a venv."""
    code = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run([python, "-c", code], cwd="/", capture_output=True, text=True)
    except OSError:
        return None
    return answer.stdout.strip() or None


def _wanted(odoo: OdooSource, python: str) -> str:
    ours = [(checkout.ROOT / name).read_text() for name in REQUIREMENTS]
    return checkout.digest(python, str(odoo.root), odoo.requirements, *BUILD_TOOLS, *ours)


def _install(odoo: OdooSource) -> None:
    pins = checkout.RUN / "requirements-odoo.txt"
    pins.write_text(odoo.requirements)
    ours = [part for name in REQUIREMENTS for part in ("-r", str(checkout.ROOT / name))]
    pip_install("-r", str(pins), *ours, *BUILD_TOOLS)


def _link(odoo: OdooSource) -> None:
    """Put Odoo on the import path by a .pth file: its folder may be read-only or shared."""
    (packages,) = checkout.VENV.glob("lib/python3*/site-packages")
    (packages / "odoo-source.pth").write_text(f"{odoo.root}\n")
