"""``odoo freight-audit``: verify the audit log, or take a checkpoint, from a shell or a timer."""

import argparse
import sys
from pathlib import Path

import odoo
from odoo import SUPERUSER_ID, api
from odoo.cli import Command
from odoo.exceptions import UserError
from odoo.tools import config

#: Exit codes by outcome.
CODES = {"whole": 0, "broken": 1, "unproven": 2}


class FreightAudit(Command):
    """Verify the audit log of the freight suite."""

    name = "freight-audit"

    def run(self, args):
        """Do what ``args`` ask and exit: 0 whole, 1 broken, 2 cannot be checked."""
        options, rest = _parser().parse_known_args(args)
        config.parse_config([*rest, "--no-http"])
        if not config["db_name"]:
            sys.exit("Name the database: odoo freight-audit -d <database>")
        registry = odoo.registry(config["db_name"])
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            try:
                code = _take(env, options.take) if options.take else _verify(env, options.against)
            except UserError as error:
                sys.exit(str(error))
        sys.exit(code)


def _parser():
    parser = argparse.ArgumentParser(
        prog="odoo freight-audit",
        description="Verify the audit log. Other options, as -c and -d, are Odoo's own.",
    )
    parser.add_argument("--against", metavar="FILE", help="a checkpoint file to compare with")
    parser.add_argument("--take", metavar="FILE", help="take a checkpoint and write it there")
    return parser


def _take(env, file):
    checkpoint = env["freight.audit.checkpoint"]._take()
    Path(file).write_bytes(checkpoint._file_bytes())
    _say(f"Checkpoint {checkpoint.number}: {checkpoint.entry_count} entries in"
         f" {checkpoint.chain_count} chains. Public key: {checkpoint.public_key}")  # fmt: skip
    return 0


def _verify(env, file):
    checkpoints = env["freight.audit.checkpoint"]
    body = checkpoints._read_file(Path(file).read_bytes()) if file else None
    found = env["freight.audit.verification"]._verify(body)
    _say(f"{found.outcome}: {found.link_count} entries in {found.chain_count} chains checked,"
         f" {found.waiting_count} not yet sealed.")  # fmt: skip
    if found.findings:
        _say(found.findings)
    return CODES[found.outcome]


def _say(text):
    sys.stdout.write(f"{text}\n")
