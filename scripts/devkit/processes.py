"""Background processes of this checkout, one pid file each under `.run/`."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from . import checkout
from .problem import Problem

#: In the order in which they are stopped: what the simulator is about to send still arrives.
NAMES = ("simulator", "server")
PATIENCE = 20  # seconds a process gets to stop by itself


def start(name: str, command: list) -> None:
    """Start a process in a session of its own, unless it runs; output goes to `.run/log`."""
    if running(name):
        return
    checkout.LOGS.mkdir(parents=True, exist_ok=True)
    with open(checkout.LOGS / f"{name}.log", "a") as log:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=checkout.ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    remember(name, process.pid)


def remember(name: str, pid: int) -> None:
    """Write the pid file, with the process's start time so that a reused pid is not ours."""
    _pid_file(name).write_text(f"{pid} {_started(pid)}\n")


def running(name: str) -> int | None:
    """Return the process's pid while it runs."""
    if not _pid_file(name).is_file():
        return None
    pid, _, started = _pid_file(name).read_text().strip().partition(" ")
    return int(pid) if _started(int(pid)) == started != "" else None


def any_running() -> bool:
    """Tell whether the server or the simulator runs."""
    return any(running(name) for name in NAMES)


def stop(name: str) -> bool:
    """Stop a process and wait for its end; return whether it ran."""
    pid = running(name)
    if pid:
        os.kill(pid, signal.SIGTERM)
        if not _gone(name):
            os.kill(pid, signal.SIGKILL)
            if not _gone(name):
                raise Problem(f"the {name} (process {pid}) does not end: stop it by hand.")
    _pid_file(name).unlink(missing_ok=True)
    return bool(pid)


def _gone(name: str) -> bool:
    deadline = time.monotonic() + PATIENCE
    while running(name) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not running(name)


def _pid_file(name: str) -> Path:
    return checkout.RUN / f"{name}.pid"


def _started(pid: int) -> str:
    """Return when a process started (seconds since 1970); empty where it does not run."""
    import psutil

    try:
        process = psutil.Process(pid)
        return "" if process.status() == psutil.STATUS_ZOMBIE else str(process.create_time())
    except psutil.NoSuchProcess:
        return ""
