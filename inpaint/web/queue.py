"""One piece of work at a time; the others wait in their order, and what nobody waits for any more is left at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request

from inpaint.interrupt import CalledOff, until

MOST_WAITING = 16  # requests; more are asked to come again
CLIENT_LEFT = 499  # status, as nginx calls it; nobody reads it
WorkResult = TypeVar("WorkResult")


class Queue:
    """Runs one piece of work at a time, in a thread."""

    def __init__(self) -> None:
        self.turn, self.waiting = asyncio.Semaphore(1), 0
        self.progress: tuple[int, int] | None = None  # pictures of the running batch, or frames: done, of all

    async def run(
        self, request: Request, function: Callable[..., WorkResult], *arguments: Any, **options: Any
    ) -> WorkResult:
        """Return what a function returns when its turn has come; HTTPException where too many wait, or nobody does."""
        if self.waiting >= MOST_WAITING:
            raise HTTPException(503, f"{self.waiting} requests are waiting already: try again in a while")
        self.waiting += 1
        stop, begun = threading.Event(), asyncio.Event()

        async def work() -> WorkResult:
            async with self.turn:
                begun.set()
                return await run_in_threadpool(call_until, stop, function, *arguments, **options)

        working, gone = asyncio.create_task(work()), asyncio.create_task(until_gone(request))
        try:
            await asyncio.wait((working, gone), return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                stop.set()  # a thread cannot be cancelled: it leaves its work where it next asks whether to go on
                if not begun.is_set():
                    working.cancel()
                    raise CalledOffByClient
            return await working
        except CalledOffByClient:
            raise HTTPException(CLIENT_LEFT, "the client has left") from None
        finally:
            stop.set()
            gone.cancel()
            self.waiting -= 1

    def note_progress(self, done: int, total: int) -> None:
        self.progress = (done, total)


class CalledOffByClient(Exception):
    """Work was left because its client has; CalledOff itself would end the event loop."""


def call_until(stop: threading.Event, function: Callable[..., WorkResult], *arguments: Any, **options: Any) -> Any:
    """Call a function in this thread; CalledOffByClient where it was left, or need not be begun."""
    if stop.is_set():
        raise CalledOffByClient
    try:
        with until(stop):
            return function(*arguments, **options)
    except CalledOff:
        raise CalledOffByClient from None


async def until_gone(request: Request) -> None:
    """Return when the client has left; the body of its request has been read before."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
