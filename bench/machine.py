"""Facts without which a figure says nothing."""

import os
import platform
from pathlib import Path


def facts(cr) -> dict:
    """Return what ran where; ``cr`` is a cursor on the database measured."""
    cr.execute(
        "SELECT name, setting FROM pg_settings WHERE name IN ('server_version', 'fsync',"
        " 'synchronous_commit', 'shared_buffers', 'default_transaction_isolation')"
    )
    return {
        "cores": os.cpu_count(),
        "usable_cores": len(os.sched_getaffinity(0)),
        "processor": _processor(),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        "load_before": os.getloadavg(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "postgresql": dict(cr.fetchall()),
    }


def _processor():
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
