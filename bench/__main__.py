"""Run the measures and print what they found: `python -m bench [measure ...]`.

Finds in the environment FREIGHT_TEST_TEMPLATE (a database to copy) and FREIGHT_ODOO_CONF.
"""

import argparse
import importlib
import json
import os
import signal
import sys
import threading
from datetime import datetime, timezone
from pathlib import Path

MEASURES = ("webhook", "messages", "burst", "consumers", "x12", "accruals", "bills", "audit")
ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".run" / "bench"


def main(arguments):
    """Set the stage, take the measures, print the table and keep the JSON."""
    wanted = _parsed(arguments).measures or MEASURES
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: told to stop"))
    FOLDER.mkdir(parents=True, exist_ok=True)
    options, absent = _odoo_options()

    from odoo.tools import config

    config.parse_config([*options, "--logfile", str(FOLDER / "bench.log"), "--no-http"])
    from . import database

    with database.copied(os.environ["FREIGHT_TEST_TEMPLATE"]) as name:
        _say("installing what is measured against into a throw-away database")
        guests = [] if absent else ["queue_job"]
        database.install(options, name, ["freight_bench", *guests], FOLDER / "install.log")
        _measure(name, options, absent, wanted)


def _parsed(arguments):
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("measures", nargs="*", metavar="measure", help=", ".join(MEASURES))
    parsed = parser.parse_args(arguments)
    for name in parsed.measures:
        if name not in MEASURES:
            parser.error(f"{name} is none of {', '.join(MEASURES)}")
    return parsed


def _odoo_options():
    """Return Odoo's options with the bench's addons, and {guest: why it is absent}."""
    from configparser import ConfigParser

    from .guests import Missing, queue_job_addons

    conf = os.environ["FREIGHT_ODOO_CONF"]
    parser = ConfigParser(interpolation=None)
    parser.read(conf)
    addons = [parser["options"]["addons_path"], str(ROOT / "bench" / "addons")]
    absent = {}
    try:
        addons.append(str(queue_job_addons(FOLDER)))
    except Missing as missing:
        absent["queue_job"] = str(missing)
    return ["-c", conf, "--addons-path", ",".join(addons)], absent


def _measure(name, options, absent, wanted):
    from . import figures, machine
    from .stage import Stage

    threading.current_thread().dbname = name
    stage = Stage(name, options, FOLDER, absent)
    with stage.transaction() as env:
        report = {"at": datetime.now(timezone.utc).isoformat(), "machine": machine.facts(env.cr)}
    rows = []
    for measure in wanted:
        _say(f"measuring {measure}")
        rows += _rows(measure, stage)
    report["rows"] = [row.as_json() for row in rows]
    print(figures.table(rows))
    print(f"\n{_sentence(report['machine'])}\n{_kept(report)}")


def _rows(measure, stage):
    """Return the rows of a measure; one that says why, where a prerequisite is missing."""
    from .figures import Row
    from .guests import Missing

    module = importlib.import_module(f"bench.measure_{measure}")
    try:
        return module.rows(stage)
    except Missing as missing:
        return [Row(measure, missing=str(missing))]


def _sentence(facts):
    postgresql = facts["postgresql"]["server_version"]
    return (
        f"{facts['cores']} cores, Python {facts['python']}, PostgreSQL {postgresql}; medians of"
        " readings taken in turn, ratios from the same run."
    )


def _kept(report):
    path = FOLDER / f"{report['at'][:19].replace(':', '')}.json"
    path.write_text(json.dumps(report, indent=2) + "\n")
    return f"kept in {path.relative_to(ROOT)}"


def _say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit("bench: interrupted")
