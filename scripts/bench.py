"""Run the benchmarks in `bench/`; arguments go to them.

They find in the environment FREIGHT_TEST_TEMPLATE (a database to copy, nobody is connected to it)
and FREIGHT_ODOO_CONF (a configuration file).
"""

import os
import sys

from devkit import checkout, config, workbench
from devkit.problem import reported


def main(arguments):
    """Set up, then become the benchmark."""
    with reported(), checkout.locked():
        template = workbench.ready().databases.template()
    os.environ["FREIGHT_TEST_TEMPLATE"] = template
    os.environ["FREIGHT_ODOO_CONF"] = str(config.TEST_CONF)
    os.chdir(checkout.ROOT)
    os.execv(checkout.PYTHON, [str(checkout.PYTHON), "-m", "bench", *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
