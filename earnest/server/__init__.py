"""The HTTP server: one process by default, with `workers` above one as many as that beside a supervising one."""

from __future__ import annotations

from earnest.server.listener import Listener
from earnest.server.run import APPLICATION, OnReady, run

__all__ = ["APPLICATION", "Listener", "OnReady", "run"]
