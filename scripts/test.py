"""Run pytest on a fresh copy of the template database; arguments go to pytest.

Tests find in the environment:
    FREIGHT_TEST_TEMPLATE   a database nobody is connected to, to be copied by tests that commit
    FREIGHT_ODOO_CONF       the configuration file of this run
"""

import os
import shlex
import subprocess
import sys

from devkit import browser, checkout, config, sshd, workbench
from devkit.problem import reported


def main(arguments):
    """Set up, run the tests, drop their database, and return pytest's exit code."""
    with reported():
        with checkout.locked():
            browser.ensure()
            sshd.ensure()
            databases = workbench.ready().databases
            template = databases.template()
        with databases.run() as database:
            environment = {
                **os.environ,
                "FREIGHT_TEST_TEMPLATE": template,
                "FREIGHT_ODOO_CONF": str(config.TEST_CONF),
            }
            odoo = [f"--odoo-config={config.TEST_CONF}", f"--odoo-database={database}"]
            command = [str(checkout.PYTHON), "-m", "pytest", *odoo, "--odoo-http", *arguments]
            return subprocess.run(command, cwd=checkout.ROOT, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main(shlex.split(os.environ.get("PYTEST_ARGS", "")) + sys.argv[1:]))
