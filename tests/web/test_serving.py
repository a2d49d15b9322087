"""`inpaint web` itself: it says where it is, answers there, and stops at Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import pytest

httpx = pytest.importorskip("httpx", reason="the extra [test] is not installed")
pytest.importorskip("uvicorn", reason="the extra [web] is not installed")

from tests.folder_pictures import noise, white  # noqa: E402
from tests.web.serving import decoded, encoded  # noqa: E402


def test_the_command_serves_the_bundled_network_until_it_is_interrupted():
    command = [sys.executable, "-m", "inpaint", "web", "--port", "0", "--device", "cpu"]
    interruptible = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.default_int_handler)}
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": os.environ}
    with subprocess.Popen(command, **given, **interruptible) as server:  # pyright: ignore
        assert server.stdout is not None
        assert server.stderr is not None
        try:
            found = re.match(r"Open (http://127\.0\.0\.1:\d+) ", server.stdout.readline())
            assert found, server.stderr.read()
            files = {"image": ("a.png", encoded(noise())), "mask": ("m.png", encoded(white()))}
            answer = httpx.post(f"{found[1]}/api/v1/inpaint", files=files, timeout=120)
            assert answer.status_code == 200, answer.text
            kept = white()[:, :, 0] == 0
            assert (decoded(answer.content)[kept] == noise()[kept]).all()
            server.send_signal(signal.SIGINT)
            assert server.wait(60) == 0
            assert "Traceback" not in server.stderr.read()
        finally:
            server.kill()


def test_two_models_of_one_name_are_refused():
    command = [sys.executable, "-m", "inpaint", "web", "elsewhere/default.safetensors"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 1
    assert ended.stderr == "inpaint: two models are called default: give one file another name\n"
