"""A server of the page in a thread of this process, with a restorer that paints dark grey, for the tests of the web."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

__import__("pytest").importorskip("uvicorn", reason="the extra [web] is not installed")

from inpaint.interrupt import go_on  # noqa: E402
from inpaint.web.app import application  # noqa: E402
from inpaint.web.serving import server_of  # noqa: E402
from tests.folder_pictures import Fake  # noqa: E402

DEMO = Path(__file__).parent.parent.parent / "data" / "demo"


class Slow(Fake):
    """A fake restorer that takes a moment, and knows how many of its calls ran at once."""

    def __init__(self, seconds: float = 0.0):
        super().__init__()
        self.seconds, self.running, self.most = seconds, 0, 0
        self.feathers: list[int] = []
        self.passes: list[int | str] = []

    def __call__(self, *arguments, feather: int = 0, passes: int | str = "auto", **options):
        self.passes.append(passes)
        self.feathers += [feather] if feather else []
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            end = time.monotonic() + self.seconds
            while time.monotonic() < end:
                go_on()  # as a network does between its tiles
                time.sleep(0.01)
            return super().__call__(*arguments, **options)
        finally:
            self.running -= 1


@contextmanager
def served(restorers: dict, **options) -> Iterator[str]:
    """Serve an application; yield its address."""
    server = server_of(application(restorers, **options), host="127.0.0.1", port=0, log_level="critical")
    sockets = [server.config.bind_socket()]
    thread = threading.Thread(target=server.run, args=(sockets,), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def cat() -> np.ndarray:
    """The part of a demo picture around its mosaic of 6 x 6 px cells, (160, 170, 3)."""
    return np.array(Image.open(DEMO / "original" / "cat.png").convert("RGB"))[60:220, 240:410]


def encoded(pixels: np.ndarray, form: str = "PNG", **options) -> bytes:
    """Encode pixels (H, W) or (H, W, C)."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form, **options)
    return file.getvalue()


def decoded(data: bytes) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(data)))
