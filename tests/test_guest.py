"""A network from outside the package needs one file, one line in GENERATORS and one YAML to do all that others do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from folder_pictures import load, mosaic, painted, save

from inpaint import cli
from inpaint.checkpoint import load_checkpoint
from inpaint.generators import GENERATORS
from inpaint.mosaic.grid import Grid
from tests.generators.contract import CONTRACT, Check
from tests.guest_network import build
from tests.runs import folder_of_pictures, tiny_tree

GRID, BOX = Grid((8, 8), (1, 5)), (slice(25, 57), slice(13, 45))


@pytest.fixture(autouse=True)
def _invited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(GENERATORS, "guest", build)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The guest's YAML."""
    pictures = folder_of_pictures(tmp_path / "pictures")
    generator: dict[str, Any] = {"name": "guest", "width": 6}
    tree = tiny_tree(pictures, tmp_path / "run", steps=3, generator=generator)
    (tmp_path / "guest.yaml").write_text(yaml.safe_dump(tree), encoding="utf-8")
    return tmp_path / "guest.yaml"


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    """Run `inpaint` in this process, where the guest is known."""
    monkeypatch.setattr(sys, "argv", ["inpaint", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert not end.value.code


def marked_pictures(folder: Path) -> dict[str, np.ndarray]:
    """Write two mosaics, and the same painted over; return the mosaics."""
    pictures = {}
    for number, size in enumerate([(73, 66), (64, 97)]):
        pixels = np.random.default_rng(number).integers(0, 200, (*size, 3)).astype(np.uint8)
        pictures[f"{number}"] = mosaic(pixels, GRID, BOX)
        save(folder / "originals" / f"{number}.png", pictures[f"{number}"])
        save(folder / "marked" / f"{number}.png", painted(pictures[f"{number}"], BOX))
    return pictures


@pytest.mark.parametrize("check", CONTRACT)
def test_a_guest_keeps_the_contract(check: Check):
    check("guest", {})


def test_a_guest_is_trained_exported_and_restores_a_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, config: Path
):
    for extra in ("onnx", "onnxruntime"):
        pytest.importorskip(extra, reason="the extra [onnx] is not installed")
    run(monkeypatch, "train", config)
    trained, exported = tmp_path / "run" / "last.safetensors", tmp_path / "guest.onnx"
    checkpoint = load_checkpoint(trained)
    assert checkpoint.run["generator"] == {"name": "guest", "width": 6}
    assert checkpoint.provenance["step"] == 3
    run(monkeypatch, "export", trained, "--output", exported)
    pictures = marked_pictures(tmp_path)
    given = ("decensor", tmp_path / "marked", "--original", tmp_path / "originals", "--device", "cpu")
    for model in (trained, exported):
        run(monkeypatch, *given, "--model", model, "--output", tmp_path / model.suffix[1:])
    for name, before in pictures.items():
        restored, by_onnx = (load(tmp_path / kind / f"{name} 0.png").astype(int) for kind in ("safetensors", "onnx"))
        assert np.array_equal(painted(restored.astype(np.uint8), BOX), painted(before, BOX))
        assert (restored[BOX] != before[BOX]).any()
        assert abs(restored - by_onnx).max() <= 1, "a level, where rounding falls the other way"
