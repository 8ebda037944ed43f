"""A worker that is killed at a chosen moment: run as a process of its own by the tests.

python doomed_worker.py CONFIGURATION DATABASE MOMENT
"""

import os
import signal
import sys

#: Moment -> (model, method before which it dies, how many calls of it are let through).
BEFORE = {
    "claimed": ("freight.message.in", "_queue_perform", 0),
    "read": ("freight.message.in", "_apply", 0),
    "applied": ("freight.message.document", "_record", 0),
    "between portions": ("freight.message.in", "_work_portion", 1),
}


def main(configuration, database, moment):
    """Work the inbox off until ``moment``, and die there as in a power cut."""
    from odoo.modules.registry import Registry
    from odoo.tools import config

    config.parse_config(["-c", configuration, "-d", database, "--no-http"])
    from odoo.addons.freight_canonical import db

    registry = Registry(database)
    if moment == "between portions":
        # A script, so that no import can be relative to it.
        # pylint: disable-next=odoo-addons-relative-import
        from odoo.addons.freight_tms_connector.models import freight_translation

        freight_translation.PORTION = 10
    if moment == "recorded":
        _die_after(registry["freight.message.in"], "_queue_work")
    else:
        model, method, through = BEFORE[moment]
        _die_before(registry[model], method, through)
    with db.transaction(registry) as env:
        env["freight.queue.lane"]._drain("inbox")
    sys.exit(f"nobody came to the moment: {moment}")


def _die_before(model, method, through):
    original, calls = getattr(model, method), []

    def die(*arguments, **named):
        calls.append(arguments)
        if len(calls) > through:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments, **named)

    setattr(model, method, die)


def _die_after(model, method):
    """Die when the effect and the record of it are written, and not yet committed."""
    original = getattr(model, method)

    def die(records, *arguments):
        original(records, *arguments)
        records.env.flush_all()
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(model, method, die)


if __name__ == "__main__":
    main(*sys.argv[1:])
