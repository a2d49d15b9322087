"""The README's commands run: every line of its sh and python blocks, in its order, in a folder made ready for them.

Two things are changed, and nothing else: what creates an environment is left out, for the tests already run in one,
and training is shortened to a few steps.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from inpaint.data.synthetic import render
from inpaint.images import from_array, read, write
from inpaint.randomness import rng_for

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(sh|python)\n(.*?)```", README, re.DOTALL)
COMMANDS = [line for kind, block in BLOCKS if kind == "sh" for line in block.strip().splitlines()]
INSTALL = re.compile(r"python3 -m venv \.venv && \.venv/bin/pip install (\.|-e '\.\[test\]') && ")
SHORTER = " --set steps=2 --set data.batch=2 --set data.validation_samples=2 --set data.workers=0"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the repository's data and configs and the pictures that the README speaks of."""
    desk = tmp_path_factory.mktemp("desk")
    shutil.copytree(ROOT / "data", desk / "data")
    shutil.copytree(ROOT / "configs", desk / "configs")
    mask = torch.zeros(1, 96, 130)
    mask[:, 30:50, 40:90] = 1
    for number in range(12):
        picture = render((256, 256), rng_for("readme", number))
        write(from_array(picture), desk / "my_pictures" / f"{number}.png")
    for folder in ("painted", "originals", "pictures"):
        picture = render((96, 130), rng_for("readme", "marked"))
        green = torch.tensor([0.0, 1.0, 0.0])[:, None, None]
        write(from_array(picture.where(mask < 0.5, green) if folder == "painted" else picture), desk / folder / "a.png")
    write(from_array(mask.expand(3, -1, -1)), desk / "masks" / "a.png")
    shutil.copy(desk / "pictures" / "a.png", desk / "damaged.png")
    shutil.copy(desk / "masks" / "a.png", desk / "mask.png")
    return desk


def run(command: list[str] | str, desk: Path) -> subprocess.CompletedProcess[str]:
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=desk,
        shell=isinstance(command, str),
        capture_output=True,
        text=True,
        env=os.environ | {"PATH": tools},
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


def test_the_first_screen_has_the_two_commands():
    first_screen = COMMANDS[:2]
    assert [bool(INSTALL.match(command)) for command in first_screen] == [True, True]
    assert first_screen[0].endswith(
        ".venv/bin/inpaint decensor data/demo/input --original data/demo/original --output restored"
    )
    assert first_screen[1].endswith("&& .venv/bin/pytest")


def test_the_commands_run_in_their_order(desk: Path):
    for command in COMMANDS:
        if command.endswith("/pytest"):
            continue  # that is this very run
        run(INSTALL.sub("", command).replace(".venv/bin/", "") + (SHORTER if " train " in command else ""), desk)
    demo = sorted(path.stem for path in (desk / "data" / "demo" / "input").iterdir())
    assert demo
    for name in demo:
        restored = read(desk / "restored" / f"{name} 0.png").tensor()
        green = torch.tensor([0.0, 1.0, 0.0])[:, None, None]
        assert not (restored == green).all(0).any(), f"{name} still has painted pixels"
    assert (desk / "report.html").stat().st_size > 10_000


def test_the_python_lines_run(desk: Path):
    (code,) = [block for kind, block in BLOCKS if kind == "python"]
    run([sys.executable, "-c", code], desk)
    before, after, mask = (read(desk / name).tensor() for name in ("damaged.png", "restored.png", "mask.png"))
    assert torch.equal(before[mask < 0.5], after[mask < 0.5])
    assert not torch.equal(before, after)


def test_what_is_named_is_there():
    for link in re.findall(r"\]\(([\w./-]+)\)", README):
        assert (ROOT / link).exists(), f"README names {link}"
    for config in re.findall(r"`(\w+\.yaml)`", README):
        assert (ROOT / "configs" / config).exists(), f"README names {config}"
