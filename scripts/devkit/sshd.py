"""OpenSSH's server for the tests of SFTP folders, which start it themselves on a free port."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .problem import Problem
from .tasks import run_logged, say

#: Where systems keep what is no command of ordinary users.
PLACES = os.pathsep.join(["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/opt/homebrew/sbin"])

#: Stands where systemd runs: there the package would open port 22, which is not ours to do.
SYSTEMD = Path("/run/systemd/system")


def find() -> str | None:
    """Return the path of ``sshd``; it insists on being started by its full path."""
    return shutil.which("sshd", path=PLACES) or shutil.which("sshd")


def ensure() -> None:
    """Find ``sshd``; install Debian's where we may, and where no service would be started by it."""
    if find():
        return
    advice = (
        "the tests of SFTP folders need OpenSSH's server:"
        " install it (Debian: apt-get install openssh-server)"
    )
    if os.geteuid() != 0 or not shutil.which("apt-get") or SYSTEMD.exists():
        raise Problem(f"{advice}.")
    say("installing Debian's openssh-server")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "--yes", "--no-install-recommends", "openssh-server"]
    run_logged(["apt-get", "update"], "apt", advice, env=quiet)
    run_logged(install, "apt", advice, env=quiet)
