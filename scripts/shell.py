"""Open an Odoo shell on the demo database; arguments go to Odoo."""

import os
import sys

from devkit import checkout, config, workbench
from devkit.databases import odoo_command
from devkit.problem import reported


def main(arguments):
    """Set up, then become the shell."""
    with reported(), checkout.locked():
        database = workbench.ready().databases.demo()
    options = ("--no-http", "-c", str(config.SERVER_CONF), "-d", database)
    command = odoo_command("shell", *options, *arguments)
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
