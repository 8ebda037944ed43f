"""Run a command quietly: its output goes to a log, people see one line."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from .checkout import LOGS
from .problem import Problem

EXCEPTION = re.compile(r"[\w.]*(Error|Exception|Violation): ")


def say(text: str) -> None:
    """Tell people what happens now."""
    print(f"freight: {text}", file=sys.stderr, flush=True)


def run_logged(command: list, log_name: str, failure: str, **options) -> Path:
    """Run a command with its output in `.run/log/<log_name>.log` and return that path.

    Raises:
        Problem: the command failed; `failure` is the start of the sentence shown.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{log_name}.log"
    with open(log, "w") as output:
        finished = subprocess.run(
            [str(part) for part in command],
            stdin=options.pop("stdin", subprocess.DEVNULL),
            stdout=output,
            stderr=subprocess.STDOUT,
            **options,
        )
    if finished.returncode:
        raise Problem(f"{failure}; read {log} ({_gist(log)}).")
    return log


def _gist(log: Path) -> str:
    """Return the line that says what went wrong: the last exception's, else the last one."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()]
    filled = [line for line in lines if line] or ["empty"]
    return next(filter(EXCEPTION.match, reversed(filled)), filled[-1])
