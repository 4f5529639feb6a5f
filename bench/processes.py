"""What a process and its children have used: CPU time and resident memory."""

from __future__ import annotations

from collections.abc import Iterator

import psutil


def tree(pid: int) -> Iterator[psutil.Process]:
    """A process and all that descend from it, as far as they still live."""
    root = psutil.Process(pid)
    yield root
    yield from root.children(recursive=True)


def cpu_seconds(pid: int) -> float:
    """User and system time of the tree so far, that of children which ended and were waited for included."""
    total = 0.0
    for process in tree(pid):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def resident_mb(pid: int) -> float:
    """Resident memory of the tree in MiB; pages that processes share are counted once for each of them."""
    total = 0
    for process in tree(pid):
        try:
            total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total / 2**20
