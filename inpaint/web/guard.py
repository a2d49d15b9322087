"""What every request must pass: it comes from this page or from a program, to this machine's name, and is not too long.

Without the check of names a page of anybody's could, in the browser of a person who runs this, ask for restorations
(another Origin, or a Sec-Fetch-Site that says so where there is no Origin), or read answers after its own name was
pointed here (DNS rebinding, another Host).  Source: RFC 9110 for Host, Fetch Metadata (W3C) for Sec-Fetch-Site.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "::1")
HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::[0-9]{1,5})?", re.ASCII | re.IGNORECASE)  # name, port
ORIGIN = re.compile(r"https?://([^/?#@\\]+)", re.ASCII | re.IGNORECASE)
OWN_SITES = ("same-origin", "none")  # values of Sec-Fetch-Site: this page, or the person at the browser
MOST_DIGITS = 18  # of a length
GUARD_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Guard:
    """Middleware; hosts: the names that a request may call this server by, () = any."""

    def __init__(self, app: ASGIApp, *, most_bytes: int, hosts: Sequence[str]):
        self.app, self.most_bytes, self.hosts = app, most_bytes, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = self.refusal(Headers(scope=scope), scope["method"])
        if refusal:
            await JSONResponse({"error": refusal[1]}, refusal[0])(scope, receive, send)
            return
        got = 0

        async def counted() -> Message:
            nonlocal got
            message = await receive()
            got += len(message.get("body", b""))
            if got > self.most_bytes:
                raise HTTPException(413, self.too_long())
            return message

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(GUARD_HEADERS)
            await send(message)

        await self.app(scope, counted, dressed)

    def refusal(self, headers: Headers, method: str) -> tuple[int, str] | None:
        """Return the status and the sentence that this request is refused with."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if self.hosts and name_of_host(host) not in self.hosts:
            return 403, f"this server is called {' or '.join(self.hosts)}, not {host!r}"
        if origin is not None and host_of_origin(origin) != host.lower():
            return 403, f"a page of {origin!r} may not use this server; open its own page instead"
        site = headers.get("sec-fetch-site", OWN_SITES[0])
        if site not in OWN_SITES and not (method in ("GET", "HEAD") and opens_the_page(headers)):
            return 403, f"a page of another site ({site}) may not use this server; open its own page instead"
        length = headers.get("content-length", "0")
        if not length.isdecimal() or len(length) > MOST_DIGITS or int(length) > self.most_bytes:
            return 413, self.too_long()
        return None

    def too_long(self) -> str:
        return f"the request has more than {self.most_bytes} bytes: send smaller files, or fewer"


def name_of_host(host: str) -> str | None:
    """Return the name in a Host header, without its port; None for what is no name."""
    found = HOST.fullmatch(host)
    return (found[1] or found[2]).lower() if found else None


def host_of_origin(origin: str) -> str | None:
    """Return the name and port in an Origin header; None for what is none, such as "null"."""
    found = ORIGIN.fullmatch(origin)
    return found[1].lower() if found else None


def opens_the_page(headers: Headers) -> bool:
    """Say whether a browser opens the answer as a page, as after a click on a link: the other site cannot read it."""
    return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
