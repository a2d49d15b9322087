"""One HTTP request: asked, continued where the last one ended, and received within its bounds."""

from __future__ import annotations

import string
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request

BLOCK_BYTES = 1 << 16  # bytes


class Refused(Exception):
    """A failure that no further try mends."""


def ask(url: str, *, agent: str, timeout: float, part: Path | None = None) -> HTTPResponse:
    """Send a GET request and return the answer, whatever its status; redirects are not followed.

    part: what came so far; the rest is asked for where the server said how to tell that the file is still the same.
    timeout: seconds without a byte.  Raises OSError where no answer comes.
    """
    headers = {"User-Agent": agent, "Accept": "image/*,*/*;q=0.5", "Accept-Encoding": "identity", "Connection": "close"}
    if part is not None and part.exists() and part.stat().st_size and validator_path(part).exists():
        headers["Range"] = f"bytes={part.stat().st_size}-"
        headers["If-Range"] = validator_path(part).read_text(encoding="latin-1")
    opener = OpenerDirector()  # without the handlers that follow redirects, raise for a status, or open files
    for handler in (ProxyHandler(), HTTPHandler(), HTTPSHandler()):
        opener.add_handler(handler)
    clean = quote(url.partition("#")[0], safe=string.punctuation)  # spaces and letters beyond ASCII
    answer: Any = opener.open(Request(clean, headers=headers), timeout=timeout)
    return answer


def receive(
    answer: HTTPResponse, part: Path, *, largest: int, longest: float, clock: Callable[[], float] = time.monotonic
) -> None:
    """Write the body of an answer to a file, or append it where the answer continues what is there.

    Raises Refused for more than `largest` bytes, and OSError where the body ends early or takes more than `longest`
    seconds; what came so far stays, to be continued.
    """
    total = _continued(answer, part)
    length = answer.headers.get("Content-Length", "")
    end = total + int(length) if length.isdecimal() else None
    if end is not None and end > largest:
        raise Refused(f"it has {end} bytes, more than {largest}")
    if not total:
        _remember_validator(answer, part)
    deadline = clock() + longest
    with part.open("ab" if total else "wb") as file:
        while block := answer.read1(BLOCK_BYTES):
            total += len(block)
            if total > largest:
                break
            file.write(block)
            if clock() > deadline:
                raise TimeoutError(f"it took longer than {longest:g} seconds")
    if total > largest:
        part.unlink()
        raise Refused(f"it has more than {largest} bytes")
    if end is not None and total < end:
        raise ConnectionError(f"the connection ended after {total} of {end} bytes")


def _continued(answer: HTTPResponse, part: Path) -> int:
    """Return the number of bytes that the answer goes on after; 0 where it begins anew."""
    if answer.status != 206:
        return 0
    size = part.stat().st_size
    if not answer.headers.get("Content-Range", "").replace(" ", "").startswith(f"bytes{size}-"):
        part.unlink()
        raise ConnectionError("the server continued at another place than it was asked to")
    return size


def validator_path(part: Path) -> Path:
    """Return the file that holds what a server tells a version of the file by."""
    return part.with_name(f"{part.name}.validator")


def _remember_validator(answer: HTTPResponse, part: Path) -> None:
    """Keep the strong ETag, or the date; without either, a partial file is begun anew."""
    etag = answer.headers.get("ETag", "")
    validator = etag if etag.startswith('"') else answer.headers.get("Last-Modified", "")
    if validator and answer.headers.get("Accept-Ranges", "") != "none":
        validator_path(part).write_text(validator, encoding="latin-1")
    else:
        validator_path(part).unlink(missing_ok=True)


def retry_after(answer: HTTPResponse) -> float:
    """Return the seconds that the server asks to wait before the next try; 0 where it says nothing."""
    wanted = answer.headers.get("Retry-After", "").strip()
    if wanted.isdecimal():
        return float(wanted)
    try:
        return max(0.0, parsedate_to_datetime(wanted).timestamp() - time.time())
    except (TypeError, ValueError, IndexError):
        return 0.0
