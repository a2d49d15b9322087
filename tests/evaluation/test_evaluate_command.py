"""`inpaint evaluate` as a user meets it: bad pictures, a stop, other programs' folders, protocols, all files."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from inpaint import cli
from inpaint.data.synthetic import render
from inpaint.evaluation import methods
from inpaint.images import from_array, read, write
from inpaint.randomness import rng_for

Run = Callable[..., tuple[int, str, str]]
FILES = {"scores.json", "pictures.csv", "tables.md", "tables.tex", "report.html", "numbers-0.jsonl"}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Measure on the pictures of a folder, on two cases unless others are named."""
    monkeypatch.chdir(tmp_path)

    def run_(*arguments: object) -> tuple[int, str, str]:
        cases = (
            () if {"--protocol", "--mask", "--case"} & {*arguments} else ("--case", "mosaic-8", "--case", "hole-bars")
        )
        monkeypatch.setattr(sys, "argv", ["inpaint", "evaluate", *map(str, (*arguments, *cases))])
        capfd.readouterr()
        try:
            cli.main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capfd.readouterr()
        torch.set_flush_denormal(False)
        return code, out, err

    return run_


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    for number in range(3):
        write(from_array(render((72, 96), rng_for("evaluated", number))), tmp_path / "clean" / f"p{number}.png")
    return tmp_path / "clean"


def numbers(folder: Path) -> dict[tuple[str, str, str], Any]:
    told = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    return {(it["picture"], it["case"], it["method"]): it["psnr_mask"] for it in told["pictures"]}


def test_bad_pictures_are_left_out_and_named_and_all_files_are_written(run: Run, pictures: Path, tmp_path: Path):
    assert run("--data", pictures, "-o", "before")[0] == 0
    (pictures / "a_cut.png").write_bytes((pictures / "p0.png").read_bytes()[:2000])
    Image.new("RGB", (4, 90)).save(pictures / "b_tiny.png")
    frames = [Image.new("RGB", (40, 40), (level, 0, 0)) for level in (0, 90)]
    frames[0].save(pictures / "c_moving.gif", save_all=True, append_images=frames[1:])
    (pictures / "d_empty.jpg").touch()
    code, out, _ = run("--data", pictures, "-o", "after")
    assert code == 0
    assert "4 pictures could not be measured" in out
    assert all(name in out for name in ("a_cut", "b_tiny", "c_moving", "d_empty", "3 pictures\n"))
    assert {path.name for path in (tmp_path / "after").iterdir()} == FILES
    assert numbers(tmp_path / "after") == numbers(tmp_path / "before")
    with (tmp_path / "after" / "pictures.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 3 * 8
    told = json.loads((tmp_path / "after" / "scores.json").read_text())
    assert [it["picture"] for it in told["skipped"]] == ["a_cut", "b_tiny", "c_moving", "d_empty"]
    assert {"date", "machine", "torch", "data"} <= set(told)


def test_a_part_of_a_set_gives_the_numbers_that_it_has_within_the_whole(run: Run, pictures: Path, tmp_path: Path):
    assert run("--data", pictures, "-o", "whole")[0] == run("--data", pictures, "-o", "part", "--limit", 2)[0] == 0
    whole, part = numbers(tmp_path / "whole"), numbers(tmp_path / "part")
    assert len(part) == 2 * 8
    assert part.items() <= whole.items()


def test_a_run_that_was_stopped_goes_on_where_it_stopped(
    run: Run, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    assert run("--data", pictures, "-o", "whole")[0] == 0
    asked: list[str] = []
    stop = [19]  # in the midst of the third picture
    original = methods.Called.answer

    def answer(self: methods.Called, picture: str, *rest: Any) -> methods.Answer:
        asked.append(picture)
        if len(asked) in stop:
            raise KeyboardInterrupt
        return original(self, picture, *rest)

    monkeypatch.setattr(methods.Called, "answer", answer)
    code, _, err = run("--data", pictures, "-o", "stopped")
    assert code == 130
    assert "Stopped; what was measured is in stopped: the same command goes on" in err
    with (tmp_path / "stopped" / "numbers-0.jsonl").open("a") as file:
        file.write('{"key": "torn')  # as a kill leaves it
    asked.clear()
    stop.clear()
    code, out, _ = run("--data", pictures, "-o", "stopped")
    assert code == 0
    assert f"of {3 * 8} numbers were taken from stopped" in out
    assert asked[: asked.index("p2") + 1] == ["p2"]  # nothing of the first two is measured again
    assert numbers(tmp_path / "stopped") == numbers(tmp_path / "whole")
    run("--data", pictures, "-o", "stopped", "--fresh")
    assert "were taken" not in run("--data", pictures, "-o", "stopped", "--fresh")[1]


def test_what_other_programs_made_of_the_same_damage_is_measured_beside_it(run: Run, pictures: Path, tmp_path: Path):
    code, out, _ = run("--data", pictures, "--write-damage", "given")
    assert code == 0
    assert "Wrote 2 cases" in out
    for case in ("mosaic-8", "hole-bars"):
        for path in (tmp_path / "given" / case / "input").iterdir():
            image = read(path).tensor()
            mask = read(tmp_path / "given" / case / "mask" / path.name).tensor()
            target = read(tmp_path / "given" / case / "target" / path.name).tensor()
            assert torch.equal(image[mask < 0.5], target[mask < 0.5])
            write(from_array(image), tmp_path / "same" / case / f"{path.stem}_out.png")
            if path.stem != "p1":
                write(from_array(image.where(mask > 0.5, 1 - image)), tmp_path / "careless" / case / path.name)
    given = ("--restored", "same=same", "--restored", "careless=careless")
    code, out, _ = run("--data", pictures, "-o", "found", *given)
    assert code == 0
    found = numbers(tmp_path / "found")
    for number in range(3):
        for case, nothing in (("mosaic-8", "do nothing = nearest"), ("hole-bars", "do nothing")):
            assert found[f"p{number}", case, "same"] == found[f"p{number}", case, nothing]
    assert ("p1", "mosaic-8", "careless") not in found
    assert "careless has no result for 2 damaged pictures, such as p1" in out
    assert "known pixels, which the numbers over the mask do not see" in out
    code, _, err = run("--data", pictures, "--restored", "nowhere")
    assert (code, err) == (1, "inpaint: --restored 'nowhere' should read NAME=FOLDER, such as lama=results/lama\n")
    assert "is not a folder" in run("--data", pictures, "--restored", "a=nowhere")[2]


def test_masks_of_ones_own_are_the_holes(run: Run, pictures: Path, tmp_path: Path):
    mask: Tensor = torch.zeros(3, 72, 96)
    mask[:, 20:40, 30:60] = 1
    for number in range(2):
        write(from_array(mask), tmp_path / "masks" / f"p{number}_mask.png")
    code, out, _ = run("--data", pictures, "--mask", "masks", "-o", "found")
    assert code == 0
    assert "has no file for p2" in out
    told = json.loads((tmp_path / "found" / "scores.json").read_text())
    assert [it["masked"] for it in told["pictures"]] == pytest.approx([20 * 30 / (72 * 96)] * 8)
    assert {it["case"] for it in told["pictures"]} == {"own-mask"}


def test_a_protocol_says_how_pictures_are_cut_and_damaged(run: Run, pictures: Path, tmp_path: Path):
    (tmp_path / "own.yaml").write_text(
        "about: a test\nside: 64\ncrop: centre\nmetrics: [psnr_mask, edges_ring]\n"
        "cases: [{name: square, mask: {name: centre}}, {name: eight, block: 8, phase: [1, 2]}]\n"
    )
    code, _, err = run("--data", pictures, "--protocol", "own.yaml", "-o", "found")
    assert code == 0, err
    told = json.loads((tmp_path / "found" / "scores.json").read_text())
    assert [list(dict.fromkeys(it["case"] for it in told["rows"]))] == [["square", "eight"]]
    assert {it["masked"] for it in told["pictures"] if it["case"] == "square"} == {0.25}
    assert {"psnr_mask", "edges_ring"} <= set(told["rows"][0])
    assert "ssim_mask" not in told["rows"][0]
