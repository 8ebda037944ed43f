"""Take readings in turn, so that whatever else the machine does hits both sides alike."""

import gc
import time


def rate(count, work):
    """Return how many of ``count`` items ``work()`` handles in a second."""
    gc.collect()
    started = time.perf_counter()
    work()
    return count / (time.perf_counter() - started)


def in_turn(rounds, *sides):
    """Call each of ``sides`` once to warm up and ``rounds`` times in turn.

    :param sides: callables that take the number of the round and return a reading
    :return: a tuple of readings for each side; those of the warm-up are dropped
    """
    readings = [[side(number) for side in sides] for number in range(rounds + 1)]
    return list(zip(*readings[1:], strict=True))
