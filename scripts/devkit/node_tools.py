"""prettier and its XML plugin, from npm into `node_modules`."""

from __future__ import annotations

import shutil

from . import checkout
from .problem import Problem
from .tasks import run_logged, say

PRETTIER = checkout.ROOT / "node_modules" / ".bin" / "prettier"
STAMP = checkout.ROOT / "node_modules" / ".freight-stamp"


def ensure() -> None:
    """Install what `package.json` names, where it is not there yet."""
    wanted = checkout.digest(*((checkout.ROOT / name).read_text() for name in _FILES))
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise Problem(
            "make lint checks XML with prettier, which needs npm:"
            " install Node.js 18 or newer (Debian and Ubuntu: apt-get install npm)."
        )
    say("installing prettier with npm")
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    run_logged(command, "npm", "npm could not install prettier", cwd=checkout.ROOT)
    STAMP.write_text(wanted)


_FILES = ("package.json", "package-lock.json")
