"""The server of the page: connections on which nothing comes are dropped, so that they never pile up.

Source: "slowloris" (Hansen, 2009), for what a server must not wait for.  uvicorn itself waits for ever for the first
request of a connection, for the end of its head, and for a body that stops half-way.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

SECONDS_FOR_HEAD = 20.0  # that a client has for the head of its request
SECONDS_OF_SILENCE = 60.0  # that a client may be silent in the middle of a body
SECONDS_BETWEEN_LOOKS = 2.0


class ImpatientProtocol(H11Protocol):
    """A connection that is dropped when its client has sent too little for too long."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # pyright: ignore[reportArgumentType]
        opened = transport.get_extra_info("socket")
        if opened is not None:  # the system finds out whether a silent client is there at all
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self.heard = self.asked_since = self.loop.time()
        self.look()

    def data_received(self, data: bytes) -> None:
        self.heard = self.loop.time()
        super().data_received(data)

    def on_response_complete(self) -> None:
        self.asked_since = self.loop.time()
        super().on_response_complete()

    def look(self) -> None:
        """Drop the connection if its client took too long, else look again in a while."""
        if self.transport.is_closing():
            return
        now, cycle = self.loop.time(), self.cycle
        if cycle is None or cycle.response_complete:
            late = now - self.asked_since > SECONDS_FOR_HEAD
        else:
            late = cycle.more_body and now - self.heard > SECONDS_OF_SILENCE
        if late:
            self.transport.abort()
        else:
            self.loop.call_later(SECONDS_BETWEEN_LOOKS, self.look)


def server_of(app: ASGIApp, *, host: str, port: int, log_level: str = "warning") -> uvicorn.Server:
    """Return the server of an application; port: 0 takes a free one."""
    http: Any = ImpatientProtocol
    return uvicorn.Server(uvicorn.Config(app, host=host, port=port, log_level=log_level, http=http))
