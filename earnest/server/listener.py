"""The server's port: taken before anything else is started, opened when requests can be answered."""

from __future__ import annotations

import errno
import os
import socket
import time

from earnest.core.operator_error import OperatorError

BACKLOG = 1024
# A killed server's workers notice within moments that it is gone, and give the port back.
PATIENCE_SECONDS = 1.0


class Listener:
    """A bound socket. Until `open` the port refuses connections; one socket is shared by all workers.

    Unlike Granian's own it does not set SO_REUSEPORT: with that, a second server on the same port would not fail but
    silently take a part of the requests.
    """

    def __init__(self, host: str, port: int) -> None:
        """Raises OperatorError when the port is taken or the host is not one of this machine."""
        self.host = host
        self.port = port
        self._socket = self._bind()

    def _bind(self) -> socket.socket:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self._bound()
            except OSError as error:
                if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                    raise self._refusal(error) from None
            time.sleep(0.05)

    def _bound(self) -> socket.socket:
        family, kind, protocol, _, address = socket.getaddrinfo(
            self.host, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
        try:
            # A port whose old connections still end can be taken again; one that somebody listens on cannot.
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            bound.bind(address)
        except BaseException:
            bound.close()
            raise
        return bound

    def open(self) -> None:
        """Raises OperatorError if another process opened the same port in the meantime."""
        try:
            self._socket.listen(BACKLOG)
        except OSError as error:
            raise self._refusal(error) from None

    def close(self) -> None:
        self._socket.close()

    def fileno(self) -> int:
        return self._socket.fileno()

    def duplicate(self) -> int:
        """A descriptor of its own, for an owner that closes it."""
        return os.dup(self._socket.fileno())

    def _refusal(self, error: OSError) -> OperatorError:
        where = f"{self.host}:{self.port}"
        if error.errno == errno.EADDRINUSE:
            return OperatorError(
                f"Port {self.port} of {self.host} is taken by another program: choose another one with --port."
            )
        if isinstance(error, socket.gaierror):
            return OperatorError(f"The host {self.host} is unknown: {error.strerror}.")
        return OperatorError(f"The server cannot listen on {where}: {error.strerror or error}.")
