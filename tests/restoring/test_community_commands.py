"""The ways in to networks of other projects: the command line, and a folder of models for the page."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
from folder_pictures import load, mosaic, save

from inpaint import cli
from inpaint.mosaic.grid import Grid
from inpaint.weights import model_files, parse_models

pytest.importorskip("spandrel")
from spandrel.architectures.Compact import Compact

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
GRID, PLACE = Grid((8, 8), (0, 0)), (slice(16, 48), slice(24, 64))


@pytest.fixture
def upscaler(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    path = tmp_path / "models" / "x4.pth"
    path.parent.mkdir()
    torch.save(Compact(num_in_ch=3, num_out_ch=3, num_feat=8, num_conv=2, upscale=4).state_dict(), path)
    return path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["inpaint", *map(str, arguments)])
    with suppress(SystemExit):  # what was written shows whether it went well
        cli.main()


def test_decensor_takes_a_network_for_mosaics_and_the_bundled_one_for_holes(
    tmp_path: Path, upscaler: Path, monkeypatch: pytest.MonkeyPatch
):
    picture = np.random.default_rng(0).integers(20, 200, (64, 80, 3)).astype(np.uint8)
    pixels, mask = mosaic(picture, GRID, PLACE), np.zeros((64, 80), np.uint8)
    mask[PLACE] = 255
    save(tmp_path / "in" / "a.png", pixels)
    save(tmp_path / "mask.png", np.stack([mask] * 3, axis=2))
    given = ("decensor", tmp_path / "in", "--mask", tmp_path / "mask.png", "--block", 8, "--device", "cpu")
    for name, model in (("community", ("--model", f"mosaics={upscaler}")), ("alone", ("--model", upscaler))):
        run(monkeypatch, *given, "--censor", "mosaic", *model, "-o", tmp_path / name)
    community, alone = (load(tmp_path / name / "a.png") for name in ("community", "alone"))
    assert np.array_equal(community, alone)
    assert np.abs(mosaic(community, GRID, PLACE).astype(int) - pixels).max() <= 1
    assert (community != pixels).any()
    outside = mask == 0
    assert np.array_equal(community[outside], pixels[outside])


def test_models_says_what_the_files_of_a_folder_are(
    upscaler: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    run(monkeypatch, "models", upscaler.parent)
    said = capsys.readouterr().out
    assert said.startswith("x4.pth: RealESRGAN Compact")
    assert "enlarges 4 times" in said


def test_a_folder_stands_for_its_files_of_weights(upscaler: Path, tmp_path: Path):
    (upscaler.parent / "readme.txt").write_text("no network")
    assert model_files(str(upscaler.parent)) == [str(upscaler)]
    assert model_files("texture") == ["texture"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="holds no models: their names end with"):
        model_files(str(tmp_path / "empty"))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["default"], "default"),
        (["a=b.pth"], "a=b.pth"),
        (["mosaics=m.pth"], {"mosaic": "m.pth"}),
        (["holes=h.pth", "mosaics=m.pth"], {"hole": "h.pth", "mosaic": "m.pth"}),
    ],
)
def test_models_are_named_alone_or_for_what_they_restore(words: list[str], found: object):
    assert parse_models(words) == found


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["a.pth", "holes=b.pth"], "'a.pth' is one of several models"),
        (["holes=a", "holes=b"], "two models are for holes"),
    ],
)
def test_models_that_contradict_each_other_are_refused(words: list[str], sentence: str):
    with pytest.raises(ValueError, match=sentence):
        parse_models(words)
