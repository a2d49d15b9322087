"""Downloads are polite, go on where they ended, keep their bounds, and tell what could not be had."""

from __future__ import annotations

import hashlib
import io
import threading
import time
from collections.abc import Callable, Generator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from inpaint.builders.dataset import build_dataset
from inpaint.builders.sources import download as download_module
from inpaint.builders.sources.download import Download, Manners, Wanted, cache_path, download, user_agent
from inpaint.builders.sources.politeness import is_private_host

PICTURE = bytes(range(256)) * 40
Respond = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers by the server's dict of path -> function; every request is noted."""

    server: Server

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        respond = self.server.pages.get(self.path.partition("?")[0])
        respond(self) if respond else self.reply(404)

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args) -> None:
        """Keep the tests' output clean."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages: dict[str, Respond] = {"/a.jpg": lambda handler: handler.reply(200, PICTURE)}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self):
        self.now = 100.0
        self.slept: list[float] = []

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def fetch(folder: Path, *wanted: Wanted, threads: int = 1, clock: Clock | None = None, **manners) -> list[Download]:
    clock = clock or Clock()
    polite = Manners(clock=clock.time, sleep=clock.sleep, **manners)
    return list(download(wanted, folder, threads=threads, manners=polite))


def then(*responds: Respond) -> Respond:
    """Answer one after the other, then the last for ever."""
    queue = list(responds)
    return lambda handler: (queue.pop(0) if len(queue) > 1 else queue[0])(handler)


def test_a_file_arrives_whole_under_the_hash_of_its_url(server: Server, tmp_path: Path):
    (outcome,) = fetch(tmp_path, Wanted(f"{server.url}/a.jpg"))
    assert outcome == (f"{server.url}/a.jpg", cache_path(tmp_path, f"{server.url}/a.jpg"), "")
    assert outcome.path.read_bytes() == PICTURE
    assert outcome.path.stem == hashlib.sha256(f"{server.url}/a.jpg".encode()).hexdigest()[:32]
    assert outcome.path.suffix == ".jpg"
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [outcome.path]
    assert {headers["User-Agent"] for _, headers in server.asked} == {user_agent()}


def test_the_user_agent_says_who_asks():
    assert user_agent("me@example.org").startswith("inpaint-dataset/")
    assert user_agent("me@example.org").endswith(" (+me@example.org)")


def test_what_is_complete_is_not_asked_for_again(server: Server, tmp_path: Path):
    fetch(tmp_path, Wanted(f"{server.url}/a.jpg"))
    server.asked.clear()
    (outcome,) = fetch(tmp_path, Wanted(f"{server.url}/a.jpg"))
    assert not outcome.problem
    assert not server.asked


def test_a_busy_server_is_tried_again_with_growing_pauses(server: Server, tmp_path: Path):
    busy: Respond = lambda handler: handler.reply(503)  # noqa: E731
    server.pages["/a.jpg"] = then(busy, busy, server.pages["/a.jpg"])
    clock = Clock()
    (outcome,) = fetch(tmp_path, Wanted(f"{server.url}/a.jpg"), clock=clock, interval=0.0, pause=2.0)
    assert not outcome.problem
    assert clock.slept == [2.0, 4.0]


def test_retry_after_is_waited_for(server: Server, tmp_path: Path):
    server.pages["/a.jpg"] = then(lambda handler: handler.reply(429, Retry_After="37"), server.pages["/a.jpg"])
    clock = Clock()
    (outcome,) = fetch(tmp_path, Wanted(f"{server.url}/a.jpg"), clock=clock, interval=0.0)
    assert not outcome.problem
    assert clock.slept == [37.0]


def test_a_server_that_asks_for_too_much_patience_is_not_waited_for(server: Server, tmp_path: Path):
    server.pages["/a.jpg"] = lambda handler: handler.reply(429, Retry_After="86400")
    clock = Clock()
    (outcome,) = fetch(tmp_path, Wanted(f"{server.url}/a.jpg"), clock=clock, interval=0.0)
    assert "asks to wait for 86400 seconds" in outcome.problem
    assert not clock.slept


def test_failures_become_outcomes_in_order_and_the_others_go_on(server: Server, tmp_path: Path):
    server.pages["/busy.jpg"] = lambda handler: handler.reply(503)
    server.pages["/b.jpg"] = lambda handler: handler.reply(200, b"b")
    urls = [f"{server.url}{path}" for path in ("/missing.jpg", "/a.jpg", "/busy.jpg", "/b.jpg")]
    urls += ["ftp://127.0.0.1/a.jpg", "file:///etc/hostname", "http://[broken", "http://127.0.0.1:9/", "no address"]
    outcomes = fetch(tmp_path, *map(Wanted, urls), threads=3, interval=0.0, tries=2)
    assert [outcome.url for outcome in outcomes] == urls
    problems = [outcome.problem.removeprefix(outcome.url) for outcome in outcomes]
    assert problems[0] == " was not downloaded: the server answered 404"
    assert problems[1] == problems[3] == ""
    assert problems[2] == " was not downloaded: the server answered 503 (tried 2 times)"
    assert "is not an http or https address" in problems[4]
    assert "is not an http or https address" in problems[5]
    assert "was not downloaded" in problems[6]
    assert "refused" in problems[7]
    assert "is not an http or https address" in problems[8]
    assert server.paths().count("/missing.jpg") == 1


def half(handler: Handler) -> None:
    """Break off in the middle."""
    handler.send_response(200)
    for name, value in {"Content-Length": len(PICTURE), "ETag": '"v1"', "Accept-Ranges": "bytes"}.items():
        handler.send_header(name, str(value))
    handler.end_headers()
    handler.wfile.write(PICTURE[:4000])


def rest(handler: Handler) -> None:
    """Continue by Range while the version is the same."""
    assert handler.headers["If-Range"] == '"v1"'
    start = int(handler.headers["Range"].removeprefix("bytes=").removesuffix("-"))
    handler.reply(206, PICTURE[start:], Content_Range=f"bytes {start}-{len(PICTURE) - 1}/{len(PICTURE)}")


def test_a_broken_download_is_continued_by_range(server: Server, tmp_path: Path):
    server.pages["/a.jpg"] = then(half, rest)
    (outcome,) = fetch(tmp_path, Wanted(f"{server.url}/a.jpg", hashlib.sha256(PICTURE).hexdigest()), interval=0.0)
    assert not outcome.problem
    assert outcome.path.read_bytes() == PICTURE
    assert [headers.get("Range") for path, headers in server.asked if path == "/a.jpg"] == [None, "bytes=4000-"]
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [outcome.path]


def test_a_later_run_continues_too(server: Server, tmp_path: Path):
    server.pages["/a.jpg"] = then(half, rest)
    (outcome,) = fetch(tmp_path, Wanted(f"{server.url}/a.jpg"), tries=1)
    assert f"ended after 4000 of {len(PICTURE)} bytes" in outcome.problem
    assert not outcome.path.exists()
    (outcome,) = fetch(tmp_path, Wanted(f"{server.url}/a.jpg"), tries=1)
    assert outcome.path.read_bytes() == PICTURE


def test_a_file_that_changed_meanwhile_is_begun_anew(server: Server, tmp_path: Path):
    server.pages["/a.jpg"] = then(half, lambda handler: handler.reply(200, b"another picture"))
    (outcome,) = fetch(tmp_path, Wanted(f"{server.url}/a.jpg"))
    assert outcome.path.read_bytes() == b"another picture"


def test_a_server_that_continues_elsewhere_is_begun_anew(server: Server, tmp_path: Path):
    wrong: Respond = lambda handler: handler.reply(206, b"x", Content_Range="bytes 3999-3999/10240")  # noqa: E731
    server.pages["/a.jpg"] = then(half, wrong, lambda handler: handler.reply(200, PICTURE))
    (outcome,) = fetch(tmp_path, Wanted(f"{server.url}/a.jpg"))
    assert outcome.path.read_bytes() == PICTURE


def test_robots_txt_is_obeyed_and_asked_for_once(server: Server, tmp_path: Path):
    rules = b"User-agent: other\nDisallow: /\n\nUser-agent: inpaint-dataset\nDisallow: /private/\n"
    server.pages["/robots.txt"] = lambda handler: handler.reply(200, rules)
    server.pages["/private/a.jpg"] = server.pages["/a.jpg"]
    private, public = fetch(tmp_path, Wanted(f"{server.url}/private/a.jpg"), Wanted(f"{server.url}/a.jpg"), threads=2)
    assert "robots.txt of 127.0.0.1" in private.problem
    assert "disallows it" in private.problem
    assert not public.problem
    assert sorted(server.paths()) == ["/a.jpg", "/robots.txt"]


def test_nothing_is_asked_of_a_server_whose_robots_txt_fails(server: Server, tmp_path: Path):
    server.pages["/robots.txt"] = lambda handler: handler.reply(500)
    (outcome,) = fetch(tmp_path, Wanted(f"{server.url}/a.jpg"))
    assert "robots.txt of the server cannot be had: it answered 500" in outcome.problem
    assert "/a.jpg" not in server.paths()


def test_requests_to_a_host_keep_their_interval(server: Server, tmp_path: Path):
    clock = Clock()
    fetch(tmp_path, *(Wanted(f"{server.url}/a.jpg?{number}") for number in range(5)), clock=clock, interval=1.5)
    assert clock.slept == [1.5] * 5  # robots.txt took the first turn
    assert clock.now == 100.0 + 5 * 1.5


def test_a_crawl_delay_slows_down(server: Server, tmp_path: Path):
    server.pages["/robots.txt"] = lambda handler: handler.reply(200, b"User-agent: *\nCrawl-delay: 7\n")
    clock = Clock()
    fetch(tmp_path, *(Wanted(f"{server.url}/a.jpg?{number}") for number in range(3)), clock=clock, interval=1.0)
    assert clock.slept == [1.0, 7.0, 7.0]


def test_a_wrong_sha256_is_refused_and_removed(server: Server, tmp_path: Path):
    right, wrong = hashlib.sha256(PICTURE).hexdigest().upper(), "0" * 64
    server.pages["/b.jpg"] = server.pages["/a.jpg"]
    one, other = fetch(tmp_path, Wanted(f"{server.url}/a.jpg", wrong), Wanted(f"{server.url}/b.jpg", right))
    assert f"its sha256 is {right.lower()}, the manifest says {wrong}" in one.problem
    assert not other.problem
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [other.path]


def test_redirects_are_followed_but_not_for_ever(server: Server, tmp_path: Path):
    server.pages["/moved.jpg"] = lambda handler: handler.reply(302, Location="/a.jpg")
    server.pages["/loop.jpg"] = lambda handler: handler.reply(301, Location="/loop.jpg")
    server.pages["/out.jpg"] = lambda handler: handler.reply(302, Location="file:///etc/hostname")
    moved, loop, out = fetch(tmp_path, *(Wanted(f"{server.url}/{name}.jpg") for name in ("moved", "loop", "out")))
    assert moved.path.read_bytes() == PICTURE
    assert "redirects more than 5 times" in loop.problem
    assert "is not an http or https address" in out.problem
    assert server.paths().count("/loop.jpg") == 6


def test_an_oversized_body_is_refused_whether_it_was_announced_or_not(server: Server, tmp_path: Path):
    def unannounced(handler: Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(PICTURE)

    server.pages["/b.jpg"] = unannounced
    wanted = (Wanted(f"{server.url}/a.jpg"), Wanted(f"{server.url}/b.jpg"))
    announced, streamed = fetch(tmp_path, *wanted, largest=1000)
    assert f"it has {len(PICTURE)} bytes, more than 1000" in announced.problem
    assert "it has more than 1000 bytes" in streamed.problem
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]
    assert server.paths().count("/b.jpg") == 1


def test_a_server_that_stalls_is_left_quickly(server: Server, tmp_path: Path):
    done = threading.Event()

    def stall(handler: Handler) -> None:
        done.wait(5)

    server.pages["/a.jpg"] = stall
    start = time.monotonic()
    (outcome,) = fetch(tmp_path, Wanted(f"{server.url}/a.jpg"), timeout=0.2, tries=2)
    assert "timed out (tried 2 times)" in outcome.problem
    assert time.monotonic() - start < 3
    done.set()


def test_a_server_that_drips_is_left_too(server: Server, tmp_path: Path):
    def drip(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        try:
            for _ in range(100):
                handler.wfile.write(b"x")
                time.sleep(0.02)
        except OSError:
            pass

    server.pages["/a.jpg"] = drip
    manners = Manners(interval=0.0, longest=0.2, tries=1)
    (outcome,) = download([Wanted(f"{server.url}/a.jpg")], tmp_path, threads=1, manners=manners)
    assert "took longer than 0.2 seconds" in outcome.problem


def test_few_are_taken_ahead_and_stopping_ends_the_waiting(server: Server, tmp_path: Path):
    taken = []

    def wanted() -> Iterator[Wanted]:
        for number in range(1000):
            taken.append(number)
            yield Wanted(f"{server.url}/a.jpg?{number}")

    start = time.monotonic()
    outcomes = download(wanted(), tmp_path, threads=2, manners=Manners(interval=0.05, pause=60.0))
    assert isinstance(outcomes, Generator)
    assert not next(outcomes).problem
    outcomes.close()
    assert len(taken) <= 9
    assert time.monotonic() - start < 3


def test_addresses_with_spaces_and_letters_beyond_ascii_are_asked_for(server: Server, tmp_path: Path):
    server.pages["/K%C3%BCste%20am%20Meer.jpg"] = server.pages["/a.jpg"]
    (outcome,) = fetch(tmp_path, Wanted(f"{server.url}/Küste am Meer.jpg#part"))
    assert not outcome.problem


def test_the_open_net_cannot_lead_into_a_private_network(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    server.pages["/away"] = lambda handler: handler.reply(302, Location=f"http://localhost:{server.server_port}/a.jpg")
    monkeypatch.setattr(download_module, "is_private_host", lambda host: host == "localhost")
    (led,) = download([Wanted(f"{server.url}/away")], tmp_path, manners=Manners(interval=0))
    assert "it redirects to localhost, a private address, which only the list itself may name" in led.problem
    assert "/a.jpg" not in server.paths()
    monkeypatch.setattr(download_module, "is_private_host", lambda host: True)  # the list names one itself
    (led,) = download([Wanted(f"{server.url}/away")], tmp_path, manners=Manners(interval=0))
    assert not led.problem


@pytest.mark.parametrize(("host", "private"), [("127.0.0.1", True), ("10.1.2.3", True), ("8.8.8.8", False)])
def test_private_hosts_are_known(host: str, private: bool):
    assert is_private_host(host) is private


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_pictures_are_shrunk_as_they_arrive_and_kept_apart(kind: str, server: Server, tmp_path: Path):
    stream = io.BytesIO()
    Image.new("RGB", (300, 200), (10, 200, 30)).save(stream, kind)
    server.pages["/large.jpg"] = lambda handler: handler.reply(200, stream.getvalue())
    manners = Manners(interval=0, longest_side=120)
    (found,) = download([Wanted(f"{server.url}/large.jpg")], tmp_path, manners=manners)
    with Image.open(found.path) as opened:
        assert (opened.size, opened.format) == ((120, 80), kind)
    (whole,) = download([Wanted(f"{server.url}/large.jpg")], tmp_path, manners=Manners(interval=0))
    assert whole.path.read_bytes() == stream.getvalue()


def test_losing_too_much_is_an_error_and_what_came_is_kept(server: Server, tmp_path: Path):
    rows = ["url", f"{server.url}/a.jpg", *(f"{server.url}/gone-{number}.jpg" for number in range(3))]
    (tmp_path / "list.csv").write_text("\n".join(rows))
    told: list[tuple[int, int]] = []
    asking = {"interval": 0, "cache": str(tmp_path / "cache")}
    with pytest.raises(ValueError, match=r"3 of 4 pictures were not downloaded, more than the 10 % .*answered 404"):
        build_dataset(
            [tmp_path / "list.csv"],
            tmp_path / "set",
            downloaded=lambda done, total: told.append((done, total)),
            download=asking,
        )
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert len(list((tmp_path / "cache").rglob("*.jpg"))) == 1
    assert not (tmp_path / "set").exists()
    with pytest.raises(ValueError, match="no picture was kept"):  # a.jpg is none
        build_dataset([tmp_path / "list.csv"], tmp_path / "set", download={**asking, "most_lost": 1.0})
