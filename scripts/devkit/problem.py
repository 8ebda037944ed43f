"""The one kind of error that set-up shows to people."""

from __future__ import annotations

import sys
from contextlib import contextmanager


class Problem(Exception):
    """Something is missing or failed; the text is one sentence that says what to do."""


@contextmanager
def reported():
    """Turn a `Problem` into its sentence on stderr and exit code 1, without a traceback."""
    try:
        yield
    except Problem as problem:
        sys.exit(f"freight: {problem}")
    except KeyboardInterrupt:
        sys.exit(130)
