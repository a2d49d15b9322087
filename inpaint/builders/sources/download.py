"""Download pictures politely into a cache folder, and go on after every interruption.

    CACHE/ab/ab12....jpg          complete; the name is a hash of the URL, so a later run finds it
    CACHE/ab/ab12....jpg.part     what came so far; continued by Range and If-Range with what .part.validator holds

One request per host and interval, robots.txt obeyed, failures repeated with growing pauses or when the server says
(Retry-After).  What cannot be had becomes an Outcome with the problem; the others go on.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from http.client import HTTPException, HTTPResponse, InvalidURL
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from inpaint.builders.sources.politeness import Pace, Robots, is_private_host
from inpaint.builders.sources.shrinking import shrink_picture
from inpaint.builders.sources.source import LARGEST_FILE
from inpaint.builders.sources.transfer import Refused, ask, receive, retry_after, validator_path
from inpaint.images import SUFFIXES

TRANSIENT_STATUSES = (408, 425, 429, 500, 502, 503, 504)
LONGEST_ROBOTS = 512 << 10  # bytes, RFC 9309 asks for at least 500 KiB
REDIRECT_STATUSES = (301, 302, 303, 307, 308)
MOST_REDIRECTS = 5


class Wanted(NamedTuple):
    """A picture to download."""

    url: str
    sha256: str = ""  # of the file, where it is known


class Download(NamedTuple):
    """What became of it."""

    url: str
    path: Path  # where the file lies, or would lie
    problem: str = ""  # why it does not; "" where it does


class Manners(NamedTuple):
    """How servers are asked."""

    contact: str = ""  # an address where whoever runs this can be reached; part of the user agent
    interval: float = 1.0  # least s between two requests to one host
    timeout: float = 30.0  # s without a byte
    longest: float = 600.0  # s for one attempt
    tries: int = 4
    pause: float = 2.0  # s before the second try, doubled before every further one
    longest_pause: float = 300.0  # s; a server that asks for more is not waited for
    largest: int = LARGEST_FILE  # bytes
    longest_side: int | None = None  # px, to which larger pictures are shrunk as they arrive
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] | None = None  # by default a sleep that ends when the caller stops


MANNERS = Manners()


def download(
    wanted: Iterable[Wanted], folder: Path, *, threads: int = 8, manners: Manners = MANNERS
) -> Iterator[Download]:
    """Yield the outcome of every wanted picture, in order; only a few are taken from `wanted` ahead of time.

    wanted: each URL once.  folder: the cache.  A file that is complete there is not asked for again, whatever its
    sha256 should be.
    """
    guest = _Guest(folder, manners)
    with ThreadPoolExecutor(threads) as pool:
        running: deque[Future[Download]] = deque()
        try:
            for one in wanted:
                running.append(pool.submit(guest.fetch, one))
                if len(running) >= 4 * threads:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        finally:
            guest.stopped.set()
            for future in running:
                future.cancel()


def cache_path(folder: Path, url: str) -> Path:
    """Return where the file of a URL lies in the cache."""
    name = hashlib.sha256(url.encode(errors="surrogatepass")).hexdigest()[:32]
    suffix = PurePosixPath(url.partition("?")[0].partition("#")[0]).suffix.lower()
    return folder / name[:2] / f"{name}{suffix if suffix in SUFFIXES else ''}"


class _Transient(Exception):
    """A failure that another try may mend, after so many seconds at least."""

    def __init__(self, problem: str, pause: float = 0.0):
        super().__init__(problem)
        self.pause = pause


def user_agent(contact: str = "") -> str:
    """Return the name under which servers are asked, "inpaint-dataset/VERSION (+CONTACT)"."""
    try:
        number = version("inpaint")
    except PackageNotFoundError:  # run from a checkout that is not installed
        number = "0"
    return f"inpaint-dataset/{number} (+{contact or 'inpaint, a toolkit for image inpainting'})"


class _Guest:
    """What the threads share."""

    def __init__(self, folder: Path, manners: Manners):
        self.folder = folder
        self.manners = manners
        self.stopped = threading.Event()
        self.agent = user_agent(manners.contact)
        self.pace = Pace(manners.interval, manners.clock, manners.sleep or self.stopped.wait)
        self.robots = Robots(self.agent, self._robots_file, self.pace)

    def fetch(self, wanted: Wanted) -> Download:
        """Download one picture, or say why not."""
        side = self.manners.longest_side
        path = cache_path(self.folder if side is None else self.folder / f"at-most-{side}", wanted.url)
        if path.exists():
            return Download(wanted.url, path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._try(wanted, path)
        except (Refused, _Transient, OSError, ValueError) as error:
            return Download(wanted.url, path, f"{wanted.url} was not downloaded: {error}")
        return Download(wanted.url, path)

    def _try(self, wanted: Wanted, path: Path) -> None:
        """Try until it succeeds, cannot succeed, or was tried often enough."""
        for attempt in range(self.manners.tries):
            try:
                self._attempt(wanted, path)
                return
            except _Transient as error:
                pause = max(error.pause, self.manners.pause * 2**attempt)
                if pause > self.manners.longest_pause:
                    raise Refused(f"{error} and asks to wait for {pause:.0f} seconds") from None
                if attempt + 1 == self.manners.tries:
                    raise Refused(f"{error} (tried {self.manners.tries} times)") from None
                self.pace.pause(urlsplit(wanted.url).netloc, pause)

    def _attempt(self, wanted: Wanted, path: Path) -> None:
        """Try once, from where the last try ended."""
        part = path.with_name(f"{path.name}.part")
        manners = self.manners
        try:
            with self._answer(wanted.url, part) as answer:
                if answer.status in TRANSIENT_STATUSES:
                    raise _Transient(f"the server answered {answer.status}", retry_after(answer))
                if answer.status == 416:  # what came so far fits nothing there
                    part.unlink(missing_ok=True)
                    raise _Transient("the server refused to continue the file")
                if answer.status not in (200, 206):
                    raise Refused(f"the server answered {answer.status}")
                receive(answer, part, largest=manners.largest, longest=manners.longest, clock=manners.clock)
        except InvalidURL as error:
            raise Refused(str(error)) from None
        except (OSError, HTTPException) as error:  # no connection, time-outs, a line that breaks
            raise _Transient(str(error) or type(error).__name__) from None
        self._keep(wanted, part, path)

    def _answer(self, url: str, part: Path) -> HTTPResponse:
        """Ask, following a few redirects; every hop needs its host's turn and the leave of its robots.txt."""
        first = url
        for _ in range(MOST_REDIRECTS + 1):
            if urlsplit(url).scheme not in ("http", "https"):
                raise Refused(f"{url[:200]!r} is not an http or https address")
            if not self.robots.allow(url):
                raise Refused(f"robots.txt of {urlsplit(url).netloc} disallows it")
            answer = self._ask(url, part)
            location = answer.headers.get("Location")
            if answer.status not in REDIRECT_STATUSES or not location:
                return answer
            answer.close()
            url = urljoin(url, location)
            self._check_redirect(first, url)
        raise Refused(f"it redirects more than {MOST_REDIRECTS} times")

    def _ask(self, url: str, part: Path | None = None) -> HTTPResponse:
        self.pace.wait(urlsplit(url).netloc)
        if self.stopped.is_set():
            raise Refused("the download was stopped")
        return ask(url, agent=self.agent, timeout=self.manners.timeout, part=part)

    def _robots_file(self, url: str) -> tuple[int, bytes]:
        """Return status and body of a robots.txt, redirects followed."""
        for _ in range(MOST_REDIRECTS + 1):
            with self._ask(url) as answer:
                location = answer.headers.get("Location")
                if answer.status not in REDIRECT_STATUSES or not location:
                    return answer.status, answer.read(LONGEST_ROBOTS)
            first, url = url, urljoin(url, location)
            if urlsplit(url).scheme not in ("http", "https"):
                break
            self._check_redirect(first, url)
        return 404, b""  # as RFC 9309 says

    @staticmethod
    def _check_redirect(first: str, url: str) -> None:
        """Refuse to be led from the open net to a machine of this one, unless the list names such machines itself."""
        host, named = urlsplit(url).hostname or "", urlsplit(first).hostname or ""
        if host != named and is_private_host(host) and not is_private_host(named):
            raise Refused(f"it redirects to {host}, a private address, which only the list itself may name")

    def _keep(self, wanted: Wanted, part: Path, path: Path) -> None:
        """Give a complete file its name, if it is the one that was wanted."""
        validator_path(part).unlink(missing_ok=True)
        if wanted.sha256:
            digest = hashlib.sha256()
            with part.open("rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
            if digest.hexdigest() != wanted.sha256.lower():
                part.unlink()
                raise Refused(f"its sha256 is {digest.hexdigest()}, the manifest says {wanted.sha256}")
        if self.manners.longest_side is not None:
            shrink_picture(part, self.manners.longest_side)
        os.replace(part, path)
