"""Find Odoo 17.0, or get it."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .problem import Problem
from .tasks import run_logged, say

CACHE = Path.home() / ".cache" / "odoo-17.0"
OFFICIAL = "https://github.com/odoo/odoo.git"
BRANCH = "17.0"

# Requirements that would need a compiler: python-ldap (serves only `auth_ldap`) and the pins for
# Python 3.10 alone, which are Ubuntu 22.04's. Those for 3.11 have wheels for both.
WITHOUT_WHEEL = re.compile(r"^python-ldap|python_version *(==|<=) *'3\.10'|< *'3\.11'")


@dataclass(frozen=True)
class OdooSource:
    """Where Odoo is: `root` holds the package `odoo`, and in a source tree also `addons`.

    `python` is the interpreter that an installed Odoo belongs to; None for a source tree.
    """

    root: Path
    python: str | None = None

    @property
    def addons(self) -> Path | None:
        """The folder of Odoo's own addons; None where they stand inside the package."""
        folder = self.root / "addons"
        return folder if (folder / "account" / "__manifest__.py").is_file() else None

    @property
    def requirements(self) -> str:
        """What Odoo needs from PyPI; empty for an installed Odoo, which brought it along."""
        if self.addons is None:
            return ""
        lines = (self.root / "requirements.txt").read_text().splitlines()
        return "\n".join(_with_wheel(line) for line in lines if not WITHOUT_WHEEL.search(line))

    def fingerprint(self) -> str:
        """Return a digest that changes when Odoo's release or one of its manifests changes."""
        addons = self.addons or self.root / "odoo" / "addons"
        seen = hashlib.sha256((self.root / "odoo" / "release.py").read_bytes())
        for manifest in sorted(addons.glob("*/__manifest__.py")):
            seen.update(manifest.read_bytes())
        return seen.hexdigest()


def _with_wheel(requirement: str) -> str:
    """Let a line for Python 3.11 count for 3.10, and take psycopg2 compiled."""
    requirement = re.sub(r"> *'3\.10'|>= *'3\.11'", ">= '3.10'", requirement)
    requirement = re.sub(r"== *'3\.11'", "< '3.12'", requirement)
    return re.sub(r"^psycopg2\b", "psycopg2-binary", requirement)


def is_odoo_17(root: Path) -> bool:
    """Tell whether `root` holds the package of an Odoo 17.0."""
    release = root / "odoo" / "release.py"
    return release.is_file() and bool(
        re.search(r"^version_info = \(17, 0,", release.read_text(), re.MULTILINE)
    )


def find(pythons: list[str]) -> OdooSource:
    """Return Odoo 17.0: `ODOO_SRC`, an installed one, the cache, else a clone into the cache.

    Args:
        pythons: interpreters in which an installed Odoo is looked for.
    """
    given = os.environ.get("ODOO_SRC")
    if given:
        return _given(Path(given).expanduser().resolve())
    for python in pythons:
        root = _installed_in(python)
        if root and is_odoo_17(root):
            return OdooSource(root, python)
    if not is_odoo_17(CACHE):
        _clone()
    return OdooSource(CACHE)


def _given(root: Path) -> OdooSource:
    if not is_odoo_17(root):
        raise Problem(
            f"ODOO_SRC names {root}, which is no Odoo 17.0 checkout: set it to one, or unset it."
        )
    return OdooSource(root)


def _installed_in(python: str) -> Path | None:
    code = (
        "import importlib.util as u; s = u.find_spec('odoo');"
        " print(s.submodule_search_locations[0] if s else '')"
    )
    answer = subprocess.run([python, "-c", code], cwd="/", capture_output=True, text=True)
    found = answer.stdout.strip()
    return Path(found).parent if found else None


def _clone() -> None:
    advice = (
        f"Odoo {BRANCH} is not on this machine and {OFFICIAL} could not be cloned:"
        f" put a checkout of its {BRANCH} branch into {CACHE}, or name one in ODOO_SRC"
    )
    if not shutil.which("git"):
        raise Problem(f"{advice} (git is not installed either).")
    if CACHE.exists() and any(CACHE.iterdir()):
        raise Problem(f"{CACHE} is not empty and no Odoo {BRANCH}: move it away, or set ODOO_SRC.")
    say(f"cloning Odoo {BRANCH} into {CACHE} (about 250 MB)")
    CACHE.parent.mkdir(parents=True, exist_ok=True)
    partial = CACHE.with_name(f"{CACHE.name}.{os.getpid()}")
    command = ["git", "clone", "--depth", "1", "--branch", BRANCH, OFFICIAL, partial]
    try:
        run_logged(command, "odoo-clone", advice, env={**os.environ, "GIT_TERMINAL_PROMPT": "0"})
        partial.rename(CACHE)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
