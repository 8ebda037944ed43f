"""Check the style of everything, or with `--fix` mend what tools can mend."""

import subprocess
import sys

from devkit import checkout, node_tools
from devkit.problem import reported

RUFF = [checkout.PYTHON, "-m", "ruff"]
PYLINT = [checkout.PYTHON, "-m", "pylint", "--rcfile=.pylintrc"]
CHECKS = {
    "ruff check": lambda: [*RUFF, "check"],
    "ruff format": lambda: [*RUFF, "format", "--check"],
    "pylint-odoo": lambda: [*PYLINT, *_addons()],
    "prettier": lambda: [node_tools.PRETTIER, "--check", "--log-level=warn", *_xml()],
}
FIXES = {
    "ruff check": lambda: [*RUFF, "check", "--fix"],
    "ruff format": lambda: [*RUFF, "format"],
    "prettier": lambda: [node_tools.PRETTIER, "--write", "--log-level=warn", *_xml()],
}


def main(arguments):
    """Run every tool, then return 1 if one of them was not content."""
    with reported(), checkout.locked():
        node_tools.ensure()
    tools = FIXES if "--fix" in arguments else CHECKS
    failed = [name for name, command in tools.items() if not _content(command())]
    print(f"lint: {', '.join(failed)} found something" if failed else "lint: clean", flush=True)
    return int(bool(failed))


def _content(command):
    return subprocess.run([str(part) for part in command], cwd=checkout.ROOT).returncode == 0


def _addons():
    return [f"addons/{name}" for name in checkout.installable_addons()]


def _xml():
    return ["addons/**/*.xml", "--no-error-on-unmatched-pattern"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
