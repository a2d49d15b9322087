"""An exported network computes the same in ONNX Runtime, at sizes that it was not exported at; others are refused."""

from __future__ import annotations

import copy
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

onnx = pytest.importorskip("onnx", reason="the extra [onnx] is not installed")
pytest.importorskip("onnxruntime", reason="the extra [onnx] is not installed")

import inpaint  # noqa: E402
from inpaint import cli  # noqa: E402
from inpaint.checkpoint import load_checkpoint, save_checkpoint  # noqa: E402
from inpaint.cli.export_command import loaded  # noqa: E402
from inpaint.exporting import LARGEST_DIFFERENCE, compare, export, exported, graph_of, on_runtime  # noqa: E402
from inpaint.generators import GENERATORS  # noqa: E402
from inpaint.images import from_array, read, write  # noqa: E402
from inpaint.mosaic.grid import pixelate  # noqa: E402
from inpaint.restoring.onnx_session import Session, providers_of  # noqa: E402
from inpaint.weights import bundled_path  # noqa: E402
from tests.generators.contract import built, small_options, why_not_exportable  # noqa: E402


def censored() -> tuple[torch.Tensor, torch.Tensor, inpaint.Grid]:
    grid = inpaint.Grid((8, 8), (3, 1))
    image, mask = torch.rand(3, 61, 75, generator=torch.Generator().manual_seed(0)), torch.zeros(1, 61, 75)
    mask[:, 11:43, 17:57] = 1
    return torch.where(mask > 0.5, pixelate(image, grid), image), mask, grid


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled network as ONNX."""
    path = tmp_path_factory.mktemp("onnx") / "texture.onnx"
    checked = export("texture", path)
    assert len({it.size for it in checked}) == 2
    assert all(it.difference <= LARGEST_DIFFERENCE for it in checked)
    return path


@pytest.mark.parametrize("name", [name for name in GENERATORS if why_not_exportable(name) is None])
def test_every_generator_that_can_be_exported_computes_the_same(name: str):
    network = built(name, small_options(name)).eval()
    before = copy.deepcopy(network.state_dict())
    data = graph_of(network, {"shows": {"hole": "grey"}, "multiple": network.multiple})
    session = Session(data, device="cpu")
    assert (session.multiple, session.shows) == (network.multiple, {"hole": "grey"})
    for size, difference in compare(network, session):
        assert difference <= LARGEST_DIFFERENCE, size
    assert all(torch.equal(weight, before[key]) for key, weight in network.state_dict().items())


@pytest.mark.parametrize("name", [name for name in GENERATORS if why_not_exportable(name) is not None])
def test_a_network_that_cannot_be_exported_is_refused_with_the_reason(name: str, tmp_path: Path):
    options = small_options(name)
    run = load_checkpoint(bundled_path("texture")).run | {"generator": {"name": name, **options}}
    weights = GENERATORS[name](**options).state_dict()
    save_checkpoint(tmp_path / "a.safetensors", weights, run=run, provenance={})
    reason = re.escape(why_not_exportable(name) or "")
    with pytest.raises(ValueError, match=f"{name} cannot be exported to ONNX: {reason}"):
        export(tmp_path / "a.safetensors", tmp_path / "a.onnx")
    assert not (tmp_path / "a.onnx").exists()


def test_the_file_tells_what_it_is(file: Path):
    metadata = {entry.key: entry.value for entry in onnx.load(file).metadata_props}
    assert metadata["format"] == "inpaint-onnx-1"
    assert '"residual_unet"' in metadata["run"]
    assert inpaint.load(file).shows == inpaint.load("texture").shows


def test_the_loaded_file_restores_as_the_checkpoint_does(file: Path):
    image, mask, grid = censored()
    for given in ({}, {"censor": "mosaic", "grid": grid}):
        models = (inpaint.load(model, device="cpu", precision="float32") for model in ("texture", file))
        wanted, restored = (restore(image, mask, **given) for restore in models)
        assert (wanted - restored).abs().max() <= LARGEST_DIFFERENCE
        assert torch.equal(restored[:, :11], image[:, :11])


def test_a_checkpoint_runs_on_onnx_runtime_without_a_file(file: Path):
    image, mask, _ = censored()
    assert torch.equal(on_runtime("texture", device="cpu")(image, mask), on_runtime(file, device="cpu")(image, mask))


def test_default_restores_on_onnx_runtime():
    image, mask, grid = censored()
    restore = on_runtime("default", device="cpu")
    wanted = inpaint.load("default", device="cpu", precision="float32")
    for given in ({}, {"censor": "mosaic", "grid": grid}):
        assert (restore(image, mask, **given) - wanted(image, mask, **given)).abs().max() <= LARGEST_DIFFERENCE
    with pytest.raises(ValueError, match="default is several networks: name one of holes, mosaics, texture"):
        exported("default")


def test_the_steps_over_cells_share_their_weights_in_the_file(tmp_path: Path):
    export("mosaics", tmp_path / "mosaics.onnx")
    graph = onnx.load(tmp_path / "mosaics.onnx").graph
    numbers = sum(int(np.prod(tensor.dims)) for tensor in graph.initializer)
    assert abs(numbers - 1_263_996) < 2000, "all parameters once, and some constants"
    restore = inpaint.load(tmp_path / "mosaics.onnx", device="cpu")
    for block in ((8, 8), (5, 7)):
        image, mask, _ = censored()
        grid = inpaint.Grid(block, (3, 1))
        image = torch.where(mask > 0.5, pixelate(image, grid), image)
        wanted = inpaint.load("mosaics", device="cpu", precision="float32")(image, mask, censor="mosaic", grid=grid)
        assert (restore(image, mask, censor="mosaic", grid=grid) - wanted).abs().max() <= LARGEST_DIFFERENCE


def test_a_network_that_differs_is_not_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    restorer, data = exported("texture")
    with torch.no_grad():
        next(restorer.generator.parameters()).mul_(1.5)
    monkeypatch.setattr("inpaint.exporting.exported", lambda model: (restorer, data))
    with pytest.raises(ValueError, match="it was not written"):
        export("texture", tmp_path / "a.onnx")
    assert not (tmp_path / "a.onnx").exists()


def test_what_cannot_be_is_said_in_a_sentence(file: Path, tmp_path: Path):
    faults: dict[str, Any] = {
        "should end with .onnx": lambda: export("texture", tmp_path / "a.pt"),
        "leave out bfloat16": lambda: inpaint.load(file, precision="bfloat16"),
        "choose auto, cpu or cuda": lambda: inpaint.load(file, device="mps"),
        "is not a network that ONNX Runtime can run": lambda: inpaint.load(broken),
    }
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(file.read_bytes()[:1000])
    for words, call in faults.items():
        with pytest.raises(ValueError, match=words):
            call()


def test_the_command_line_exports_and_restores_with_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    def run(*arguments: object) -> None:
        monkeypatch.setattr(sys, "argv", ["inpaint", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        assert not end.value.code, capsys.readouterr().err

    image, mask, _ = censored()
    write(from_array(image), tmp_path / "a.png")
    write(from_array(mask.expand(3, -1, -1)), tmp_path / "mask.png")
    run("export", "texture", "--output", tmp_path / "d.onnx")
    printed = capsys.readouterr().out
    assert "batch 1, 96 x 64: at most" in printed
    assert "batch 2, 128 x 160: at most" in printed
    given = (
        "decensor",
        tmp_path / "a.png",
        "--mask",
        tmp_path / "mask.png",
        "--device",
        "cpu",
        "--model",
        "texture",
        "--output",
    )
    run(*given, tmp_path / "torch.png", "--precision", "float32")
    run(*given[:-3], "--model", tmp_path / "d.onnx", "--output", tmp_path / "file.png")
    run(*given, tmp_path / "backend.png", "--backend", "onnx")
    wanted, *others = (read(tmp_path / f"{name}.png").colour.astype(int) for name in ("torch", "file", "backend"))
    assert all(abs(wanted - other).max() <= 1 for other in others), "a level, where rounding falls the other way"


@pytest.mark.parametrize("given", [("tensorrt", "float32", "choose torch or onnx"), ("onnx", "bfloat16", "leave out")])
def test_a_backend_that_cannot_be_is_said_in_a_sentence(given: tuple[str, str, str]):
    backend, precision, words = given
    with pytest.raises(ValueError, match=words):
        loaded("default", backend, device="cpu", precision=precision)


def test_the_gpu_is_taken_where_there_is_one():
    assert providers_of("auto", ["CPUExecutionProvider"]) == ["CPUExecutionProvider"]
    both = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    assert providers_of("auto", both) == both
    assert providers_of("cpu", both) == ["CPUExecutionProvider"]
    with pytest.raises(ValueError, match="onnxruntime-gpu"):
        providers_of("cuda", ["CPUExecutionProvider"])
