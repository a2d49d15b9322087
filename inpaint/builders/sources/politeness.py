"""Being a polite guest: one request per host and interval, and robots.txt obeyed (RFC 9309)."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

LONGEST_CRAWL_DELAY = 60.0  # s; a host that asks for more is asked at this pace


def is_private_host(host: str) -> bool:
    """Say whether a host's name or number is one of this machine or of a private network (RFC 1918, 4193, 3927)."""
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return False  # a name that cannot be looked up cannot be reached, but by a proxy that sees other networks
    return any(not ipaddress.ip_address(str(number).partition("%")[0]).is_global for number in found)


class Pace:
    """When each host may be asked next; shared by all threads."""

    def __init__(self, interval: float, clock: Callable[[], float], sleep: Callable[[float], object]):
        """interval: least seconds between two requests to one host.  clock gives seconds, sleep waits for them."""
        self._interval = interval
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._intervals: dict[str, float] = {}
        self._next: dict[str, float] = {}

    def wait(self, host: str) -> None:
        """Sleep until it is this request's turn."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._next.get(host, now))
            self._next[host] = turn + self._intervals.get(host, self._interval)
        if turn > now:
            self._sleep(turn - now)

    def slow_down(self, host: str, interval: float) -> None:
        """Keep at least so many seconds between two requests to a host."""
        with self._lock:
            self._intervals[host] = max(self._interval, min(interval, LONGEST_CRAWL_DELAY))

    def pause(self, host: str, seconds: float) -> None:
        """Ask a host nothing for so many seconds."""
        with self._lock:
            self._next[host] = max(self._next.get(host, 0.0), self._clock() + seconds)


class Robots:
    """The robots.txt of every host, fetched once each."""

    def __init__(self, agent: str, fetch: Callable[[str], tuple[int, bytes]], pace: Pace):
        """fetch: gives status and body of a URL, or raises OSError where the host cannot be reached."""
        self._agent = agent
        self._fetch = fetch
        self._pace = pace
        self._lock = threading.Lock()
        self._of_host: dict[str, tuple[threading.Lock, list[RobotFileParser]]] = {}

    def allow(self, url: str) -> bool:
        """Say whether a URL may be asked for; OSError where robots.txt cannot be had, so that nobody knows."""
        parts = urlsplit(url)
        host = f"{parts.scheme}://{parts.netloc}"
        with self._lock:
            lock, known = self._of_host.setdefault(host, (threading.Lock(), []))
        with lock:  # of this host alone: the others go on
            if not known:
                known.append(self._read(host))
        return known[0].can_fetch(self._agent, url)

    def _read(self, host: str) -> RobotFileParser:
        """Fetch the rules: there are none where the file is missing (4xx)."""
        status, body = self._fetch(f"{host}/robots.txt")
        if status >= 500 or status == 429:
            raise OSError(f"robots.txt of the server cannot be had: it answered {status}")
        rules = RobotFileParser()
        rules.parse(body.decode(errors="replace").splitlines() if status == 200 else [])
        delay = rules.crawl_delay(self._agent)
        if delay is not None:
            self._pace.slow_down(urlsplit(host).netloc, float(delay))
        return rules
