"""Chromium for the browser tests, and wkhtmltopdf where PDFs are wanted."""

from __future__ import annotations

import os
import shutil

from .problem import Problem
from .tasks import run_logged, say

# The names that Odoo's own test suite looks for, in its order.
NAMES = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")


def ensure() -> None:
    """Find Chrome or Chromium; install Debian's where we may."""
    if any(map(shutil.which, NAMES)):
        return
    advice = (
        "the browser tests need Chrome or Chromium:"
        " install it (Debian: apt-get install chromium; elsewhere google-chrome)"
    )
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Problem(f"{advice}.")
    say("installing Debian's chromium")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "--yes", "--no-install-recommends", "chromium"]
    run_logged(["apt-get", "update"], "apt", advice, env=quiet)
    run_logged([*install, "fonts-dejavu-core"], "apt", advice, env=quiet)


def mention_missing_pdf() -> None:
    """Say what does not work without wkhtmltopdf, which is optional."""
    if not shutil.which("wkhtmltopdf"):
        say("wkhtmltopdf is not installed: all works but printing PDFs.")
