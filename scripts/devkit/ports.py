"""TCP ports of this checkout, on 127.0.0.1: a block of ten derived from its path."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from . import checkout, processes
from .problem import Problem

FIRST, BLOCKS, BLOCK_SIZE = 20000, 1000, 10


@dataclass(frozen=True)
class Ports:
    """One block: Odoo's two ports and the simulator's first one (the rest of the block is its)."""

    base: int

    @property
    def http(self) -> int:
        """Odoo's HTTP port."""
        return self.base

    @property
    def gevent(self) -> int:
        """Odoo's long-polling port, used where it runs workers."""
        return self.base + 1

    @property
    def simulator(self) -> int:
        """The partner simulator's port."""
        return self.base + 2


def reserve() -> Ports:
    """Return this checkout's block: the one in use, else the derived one or the next free one."""
    kept = checkout.RUN / "ports"
    if kept.is_file():
        block = Ports(int(kept.read_text()))
        if processes.any_running() or _free(block):
            return block
    block = _first_free()
    kept.write_text(f"{block.base}\n")
    return block


def _first_free() -> Ports:
    start = int(checkout.KEY, 16)
    for step in range(BLOCKS):
        block = Ports(FIRST + (start + step) % BLOCKS * BLOCK_SIZE)
        if _free(block):
            return block
    raise Problem(f"no ten free ports from {FIRST} on: stop some of what listens there.")


def _free(block: Ports) -> bool:
    return all(_bindable(port) for port in range(block.base, block.base + BLOCK_SIZE))


def _bindable(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
