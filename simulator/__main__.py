"""Run the partner simulator: ``python -m simulator --config FILE [--speed N]``."""

import argparse
import json
import signal
import sys
import threading

from .server import Simulator


def main() -> int:
    """Serve until SIGTERM or SIGINT; return the exit code."""
    parser = argparse.ArgumentParser(prog="simulator", description=__doc__)
    parser.add_argument("--config", required=True, help="JSON file, see simulator/README.rst")
    parser.add_argument("--speed", type=float, default=1, help="how many times faster than usual")
    arguments = parser.parse_args()
    try:
        with open(arguments.config, encoding="utf-8") as file:
            simulator = Simulator(json.load(file), arguments.speed)
    except KeyError as error:
        print(f"{arguments.config} lacks {error}.", file=sys.stderr)
        return 2
    except (OSError, ValueError) as error:
        print(f"The simulator cannot start with {arguments.config}: {error}", file=sys.stderr)
        return 2
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    simulator.start()
    print(f"Partner simulator ready on {simulator.url}", flush=True)
    stop.wait()
    simulator.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
