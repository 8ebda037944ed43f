"""Bring up the demo: database, partner simulator, server, and the story that runs through them.

`demo_story.py` runs in an Odoo shell on the demo database, twice, and must bear being repeated:

    FREIGHT_DEMO_PHASE=prepare   before anything listens: companies, endpoints, credentials;
                                 writes the simulator's configuration to FREIGHT_SIMULATOR_CONFIG
    FREIGHT_DEMO_PHASE=play      when simulator and server answer: releases the orders;
                                 writes logins and suggestions to FREIGHT_DEMO_CARD:
                                 {"logins": [{"role", "login", "password"}], "try": [str],
                                  "api": {"url", "token", "shipment", "event"}}

Both phases also find FREIGHT_SERVER_URL and FREIGHT_SIMULATOR_URL.
"""

import json

from devkit import browser, checkout, processes, server, workbench
from devkit.databases import odoo_script
from devkit.problem import reported
from devkit.tasks import say

STORY = checkout.SCRIPTS / "demo_story.py"
SIMULATOR_CONFIG = checkout.RUN / "simulator.json"
CARD = checkout.RUN / "demo.json"
PLAIN_CARD = {"logins": [{"role": "Administrator", "login": "admin", "password": "admin"}]}

API = """
  The REST API, to be read at {url}/docs:

curl -s {url}/shipments/{shipment} -H 'Authorization: Bearer {token}'

curl -s {url}/events -H 'Authorization: Bearer {token}' \\
  -H 'Content-Type: application/json' -d '{event}'"""


def main():
    """Make the demo run, then say where it is and what to try."""
    with reported():
        with checkout.locked():
            bench = workbench.ready()
            database = bench.databases.demo()
            browser.mention_missing_pdf()
            secrets_before = _simulator_config()
            _tell(bench, database, "prepare")
            if _simulator_config() != secrets_before:
                processes.stop("simulator")
            if SIMULATOR_CONFIG.is_file():
                simulator = [checkout.PYTHON, "-m", "simulator", "--config", SIMULATOR_CONFIG]
                processes.start("simulator", simulator)
            say("starting the server")
            server.start(database, bench.ports)
            _tell(bench, database, "play")
        _show_card(bench.url)


def _tell(bench, database, phase):
    """Run one phase of the story, where there is a story."""
    if not STORY.is_file():
        return
    say(f"demo story: {phase}")
    odoo_script(
        database,
        STORY.read_text(),
        f"demo-{phase}",
        FREIGHT_DEMO_PHASE=phase,
        FREIGHT_DEMO_CARD=str(CARD),
        FREIGHT_SIMULATOR_CONFIG=str(SIMULATOR_CONFIG),
        FREIGHT_SIMULATOR_URL=f"http://127.0.0.1:{bench.ports.simulator}",
        FREIGHT_SERVER_URL=bench.url,
    )


def _simulator_config():
    return SIMULATOR_CONFIG.read_text() if SIMULATOR_CONFIG.is_file() else None


def _show_card(url):
    card = json.loads(CARD.read_text()) if CARD.is_file() else PLAIN_CARD
    print(f"\nThe demo runs: {url}\n")
    for login in card["logins"]:
        print(f"  {login['role']:<28} {login['login']:<20} {login['password']}")
    print("".join(f"\n  - {idea}" for idea in card.get("try", [])))
    if "api" in card:
        print(API.format(**card["api"]))
    print("\n`make stop` ends it, `make demo` brings it back, `make clean` removes it all.")


if __name__ == "__main__":
    main()
