"""Run the demo database's server in the foreground; arguments go to Odoo."""

import os
import sys

from devkit import checkout, processes, server, workbench
from devkit.problem import Problem, reported


def main(arguments):
    """Set up, then become the server."""
    with reported():
        with checkout.locked():
            bench = workbench.ready()
            database = bench.databases.demo()
        if processes.running("server"):
            raise Problem(f"the server runs already on {bench.url}: make stop ends it.")
        processes.remember("server", os.getpid())
        print(f"{bench.url}  (Ctrl-C ends it)", flush=True)
        command = server.command(database, *arguments)
        os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
