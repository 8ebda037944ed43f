"""Stop the server, the simulator and the private PostgreSQL cluster of this checkout."""

from devkit import checkout, postgres, processes
from devkit.problem import reported
from devkit.tasks import say


def main():
    """Stop what runs; saying so is all that happens where nothing does."""
    with reported(), checkout.locked():
        stopped = [name for name in processes.NAMES if processes.stop(name)]
        if postgres.stop():
            stopped.append("PostgreSQL")
        say(f"stopped: {', '.join(stopped)}" if stopped else "nothing ran.")


if __name__ == "__main__":
    main()
