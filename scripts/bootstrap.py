"""Make `.venv`, then run one of the scripts beside this one in it.

Usage: python3 scripts/bootstrap.py SCRIPT [ARGUMENT ...]     (`make` does this)
"""

import os
import sys

if sys.version_info < (3, 9):
    sys.exit("freight: python3 must be 3.9 or newer: put a newer one first on the PATH.")

from devkit import checkout, odoo_source, python_env
from devkit.problem import reported


def main(script, *arguments):
    """Set up Python and Odoo, then become the script."""
    with reported(), checkout.locked():
        pythons = python_env.usable_pythons()
        odoo = odoo_source.find(pythons)
        python_env.ensure(odoo, odoo.python or pythons[0])
    path = str(checkout.SCRIPTS / f"{script}.py")
    python = str(checkout.PYTHON)
    os.execv(python, [python, path, *arguments])


if __name__ == "__main__":
    main(*sys.argv[1:])
