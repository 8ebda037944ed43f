"""Whether somebody came in time. Pure; all times are UTC."""

from datetime import timedelta

MINUTE = timedelta(minutes=1)


def judge(arrival, unloaded, window_end):
    """Return ``on_time``, ``late`` or, as long as that cannot be said, ``open``.

    The arrival is judged, and where none was reported the end of the unloading. Early is on time.
    """
    came = arrival or unloaded
    if not came or not window_end:
        return "open"
    return "on_time" if came <= window_end else "late"


def minutes_late(arrival, unloaded, window_end):
    """Return how late it was in minutes, begun ones included; zero unless it was late."""
    if judge(arrival, unloaded, window_end) != "late":
        return 0
    return -((window_end - (arrival or unloaded)) // MINUTE)


def verdict(arrival, unloaded, window_end):
    """Return the pair of :func:`judge` and :func:`minutes_late`."""
    said = (arrival, unloaded, window_end)
    return judge(*said), minutes_late(*said)
