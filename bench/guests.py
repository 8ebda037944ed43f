"""What stands beside us and is no part of the suite: installed for a run, into `.run/bench`."""

import importlib.metadata
import subprocess
import sys
from pathlib import Path

QUEUE_JOB = "odoo-addon-queue_job==17.0.*"


class Missing(Exception):
    """A prerequisite of a measure is not there; the text says which and why."""


def queue_job_addons(folder: Path) -> Path:
    """Return the folder with OCA's queue_job 17.0, fetched from the package index at first.

    :raise Missing: it could not be fetched
    """
    target = folder / "queue_job"
    addons = target / "odoo" / "addons"
    if not (addons / "queue_job" / "__manifest__.py").is_file():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
        finished = subprocess.run(
            [*pip, "--target", str(target), QUEUE_JOB], capture_output=True, text=True
        )
        if finished.returncode:
            reason = (finished.stderr.strip().splitlines() or ["pip failed"])[-1]
            raise Missing(f"{QUEUE_JOB} could not be installed: {reason}")
    return addons


def version(distribution: str) -> str:
    """Return the installed version of a Python package.

    :raise Missing: it is not installed
    """
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError as error:
        raise Missing(f"{distribution} is not installed") from error
