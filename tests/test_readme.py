"""The README and the pages that it sends readers to: their commands run, and they are easy to find one's way in.

Every line of their sh and python blocks runs, page by page, in a folder made ready for it.  Three things are changed,
and nothing else: what creates an environment is left out, for the tests already run in one, training is shortened to a
few steps, and measuring to two pictures.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest
import torch
import typer.main
from typer.core import TyperGroup

from inpaint.cli import app
from inpaint.data.synthetic import render
from inpaint.images import from_array, read, write
from inpaint.randomness import rng_for

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {
    name: (ROOT / name).read_text(encoding="utf-8")
    for name in ("docs/restoring.md", "docs/training.md", "docs/results.md", "docs/analysis.md")
}
LINKING = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"```(sh|python)\n(.*?)```", re.DOTALL)
INSTALL = re.compile(r"python3 -m venv \.venv && \.venv/bin/pip install (\.|-e '\.\[test\]') && ")
SHORTER = {
    "train": " --set steps=2 --set data.batch=2 --set data.validation_samples=2 --set data.workers=0"
    " --set optim.generator.warmup=0",
    "evaluate": " --limit 2",
}
LONGEST_PARAGRAPH = 80  # words


def commands_of(text: str) -> list[str]:
    return [line for kind, block in BLOCK.findall(text) if kind == "sh" for line in block.strip().splitlines()]


def headings_of(text: str) -> list[str]:
    return re.findall(r"^## (.*)$", BLOCK.sub("", text), re.MULTILINE)


def anchor_of(heading: str) -> str:
    """Return where a page's link to a heading leads: lower case, hyphens for spaces, nothing else but letters."""
    return "#" + re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def paragraphs_of(text: str) -> list[str]:
    """Return what is read in one go: paragraphs, quotes and items of lists; no code, tables, pictures or headings."""
    prose = re.sub(r"```.*?```|<!--.*?-->", "", text, flags=re.DOTALL)
    parts = re.split(r"\n\s*\n|\n(?=- |\d\. )", prose)
    return [part for part in map(str.strip, parts) if part and not part.startswith(("|", "#", "!["))]


def words_in(paragraph: str) -> int:
    """Count words as a reader does: of a link what is shown."""
    return len(re.sub(r"\]\([^)]*\)", "]", paragraph).lstrip("->").split())


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return furnished(tmp_path_factory.mktemp("desk"))


@pytest.fixture
def fresh_desk(tmp_path: Path) -> Path:
    return furnished(tmp_path)


def furnished(desk: Path) -> Path:
    """Return the folder with the repository's data and configs and the pictures that the pages speak of."""
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


def test_the_first_screen_has_the_picture_the_two_commands_and_the_warning():
    first_screen = README[: README.index("## Contents")]
    restoring, testing = commands_of(first_screen)
    assert INSTALL.match(restoring)
    assert INSTALL.match(testing)
    assert restoring.endswith(
        ".venv/bin/inpaint decensor data/demo/input --original data/demo/original --output restored"
    )
    assert testing.endswith("&& .venv/bin/pytest")
    assert "(data/demo/before_after.jpg)" in first_screen
    assert "> **Restored pixels are invented, not recovered.**" in first_screen


def run_commands(text: str, desk: Path) -> None:
    for command in commands_of(text):
        if command.endswith("/pytest"):
            continue  # that is this very run
        shorter = [more for verb, more in SHORTER.items() if command.startswith(f"inpaint {verb} ")]
        run(INSTALL.sub("", command).replace(".venv/bin/", "") + "".join(shorter), desk)


def test_the_commands_run_in_their_order(desk: Path):
    run_commands(README, desk)
    demo = sorted(path.stem for path in (desk / "data" / "demo" / "input").iterdir())
    assert demo
    for name in demo:
        restored = read(desk / "restored" / f"{name} 0.png").tensor()
        green = torch.tensor([0.0, 1.0, 0.0])[:, None, None]
        assert not (restored == green).all(0).any(), f"{name} still has painted pixels"
    assert (desk / "report.html").stat().st_size > 10_000


@pytest.mark.parametrize("name", PAGES)
def test_the_commands_of_a_page_run_without_those_of_another(name: str, fresh_desk: Path):
    run_commands(PAGES[name], fresh_desk)


def test_the_python_lines_run(desk: Path):
    (code,) = [block for kind, block in BLOCK.findall(README) if kind == "python"]
    run([sys.executable, "-c", code], desk)
    before, after, mask = (read(desk / name).tensor() for name in ("damaged.png", "restored.png", "mask.png"))
    assert torch.equal(before[mask < 0.5], after[mask < 0.5])
    assert not torch.equal(before, after)


@pytest.mark.parametrize("page", LINKING, ids=lambda page: page.name)
def test_what_is_named_is_there(page: Path):
    text = page.read_text(encoding="utf-8")
    for link, anchor in re.findall(r"\]\((?!https?:)([\w./-]*)(#[\w-]+)?\)", text):
        there = page if not link else page.parent / link
        assert there.exists(), f"{page.name} names {link}"
        if anchor:
            assert anchor in map(anchor_of, headings_of(there.read_text(encoding="utf-8"))), anchor
    files = re.findall(r"`((?:configs|scripts|inpaint|tests|docs|data)/[\w./-]*\w)`", text.replace("NAME", "gated"))
    files += [f"configs/{name}" for name in re.findall(r"`(\w+\.yaml)`", text)]
    missing = [name for name in files if not name.startswith("data/mine") and not (ROOT / name).exists()]
    assert missing == [], f"{page.name} names what is not there"


def test_the_table_of_contents_matches_the_headings():
    contents = README.partition("## Contents")[2].partition("\n## ")[0]
    listed = re.findall(r"^- \[(.*?)\]\((#.*?)\)", contents, re.MULTILINE)
    assert listed == [(it, anchor_of(it)) for it in headings_of(README) if it != "Contents"]


@pytest.mark.parametrize("name", ["README.md", *PAGES])
def test_no_paragraph_is_long(name: str):
    paragraphs = paragraphs_of((ROOT / name).read_text(encoding="utf-8"))
    assert [it for it in paragraphs if words_in(it) > LONGEST_PARAGRAPH] == []


def test_paragraphs_and_words_are_counted_as_a_reader_does():
    text = "## No\n\none [two](three.md)\nthree\n\n- an item\n- another\n\n```sh\nno\n```\n\n| no |\n"
    assert list(map(words_in, paragraphs_of(text))) == [3, 2, 1]


def test_every_option_of_decensor_is_described():
    described = set(re.findall(r"`(--[\w-]+)", PAGES["docs/restoring.md"]))
    group = cast(TyperGroup, typer.main.get_command(app))
    command = group.commands["decensor"]
    options = {flag for it in command.params for flag in (*it.opts, *it.secondary_opts) if flag.startswith("--")}
    assert options - {"--help"} <= described
