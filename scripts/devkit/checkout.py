"""This checkout: its folders, and the key that keeps two checkouts on one machine apart."""

from __future__ import annotations

import fcntl
import hashlib
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ADDONS = ROOT / "addons"
SCRIPTS = ROOT / "scripts"
RUN = ROOT / ".run"
LOGS = RUN / "log"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
KEY = hashlib.sha256(str(ROOT).encode()).hexdigest()[:6]


@contextmanager
def locked():
    """Hold this checkout's set-up lock, so that two `make` runs do not set up at once."""
    RUN.mkdir(exist_ok=True)
    with open(RUN / "lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def installable_addons() -> list[str]:
    """Return the technical names of this checkout's addons, sorted."""
    return sorted(manifest.parent.name for manifest in ADDONS.glob("*/__manifest__.py"))


def digest(*parts: str) -> str:
    """Return twelve hexadecimal digits that change when any of the texts changes."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
