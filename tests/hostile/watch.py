"""The server under attack, seen from outside: its memory and its log."""

from __future__ import annotations

import re
from pathlib import Path

import psutil

from tests.support.server import Server

MEBIBYTE = 2**20
# What may stay after hundreds of calls: caches of the process, memory that the allocator has not given back.
GROWTH_MIB_MAX = 100
# What may be taken for a moment: a few times the largest body, and what XML becomes of it.
PEAK_MIB_MAX = 300

_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")


class Watch:
    """Looks at the server when it is made, and again when `findings` are asked for."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._processes = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
        self._log_bytes = server.log_path.stat().st_size
        self._resident = {process.pid: _resident_mib(process) for process in self._processes}
        for process in self._processes:
            _forget_peak(process.pid)

    def findings(self) -> list[str]:
        """What must not be, in words."""
        found = [f"process {process.pid} is gone" for process in self._processes if not process.is_running()]
        if found:
            return found
        for process in self._processes:
            before = self._resident[process.pid]
            now, peak = _resident_mib(process), _peak_mib(process.pid)
            if now > before + GROWTH_MIB_MAX:
                found.append(f"process {process.pid} grew from {before:.0f} to {now:.0f} MiB")
            if peak > before + PEAK_MIB_MAX:
                found.append(f"process {process.pid} took {peak:.0f} MiB for a moment, and {before:.0f} MiB before")
        with self._server.log_path.open("rb") as log:
            log.seek(self._log_bytes)
            found.extend(
                line for line in log.read().decode("utf-8", "replace").splitlines() if "unexpected error" in line
            )
        return found


def _resident_mib(process: psutil.Process) -> float:
    resident: int = process.memory_info().rss
    return resident / MEBIBYTE


def _forget_peak(pid: int) -> None:
    """From here on the kernel keeps the highest amount anew (Linux); without it a former peak counts, or none."""
    try:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    except OSError:
        return


def _peak_mib(pid: int) -> float:
    try:
        found = _PEAK.search(Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0
