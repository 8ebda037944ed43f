"""Stop everything, then remove `.run`, this checkout's databases, `.venv` and `node_modules`.

Caches outside the checkout (Odoo's source, pip's, npm's) stay.
"""

import shutil

from devkit import checkout, postgres, processes
from devkit.problem import reported


def main():
    """Leave the checkout as a fresh clone is."""
    with reported(), checkout.locked():
        for name in processes.NAMES:
            processes.stop(name)
        if postgres.given():
            _drop_databases()
        postgres.remove()
    for folder in (checkout.RUN, checkout.VENV, checkout.ROOT / "node_modules"):
        shutil.rmtree(folder, ignore_errors=True)


def _drop_databases():
    """Drop what stands on a server that is not ours to delete; without .venv nothing does."""
    if checkout.PYTHON.is_file():
        from devkit import workbench

        workbench.ready().databases.drop_all()


if __name__ == "__main__":
    main()
