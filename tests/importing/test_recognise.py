"""A file is recognised by its entries; one that fits nothing is refused with the nearest layouts."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from inpaint.importing.convert import import_weights
from inpaint.importing.describe import describe_model
from inpaint.importing.layouts import LAYOUTS
from tests.importing.authors import WRITTEN
from tests.importing.authors.written import network
from tests.importing.imported import assert_same_answers

SINGLE = [name for name, (layout, _) in WRITTEN.items() if len(LAYOUTS[layout][0].files) == 1]


def files_of(name: str, folder: Path) -> tuple[torch.nn.Module, list[Path]]:
    _, case = WRITTEN[name]
    original = network(case.generator, **case.options)
    states = case.files(original.state_dict())
    paths = [folder / f"{number}.pth" for number in range(len(states))]
    for path, state in zip(paths, states, strict=True):
        torch.save(state, path)
    return original, paths


@pytest.mark.parametrize("name", SINGLE)
def test_every_layout_is_recognised_without_its_name(tmp_path: Path, name: str):
    layout, case = WRITTEN[name]
    original, paths = files_of(name, tmp_path)
    report = import_weights(paths, tmp_path / "ours.safetensors", channels="rgb")
    assert report.layout in LAYOUTS[layout]
    if not case.scaled:
        assert_same_answers(original, report.output)


def test_two_files_are_edge_connects(tmp_path: Path):
    name = next(name for name, (layout, _) in WRITTEN.items() if layout == "edge_connect")
    _, paths = files_of(name, tmp_path)
    assert import_weights(paths, tmp_path / "ours.safetensors").layout.generator == "edge_connect"


def refusal(tmp_path: Path, state: dict[str, Tensor]) -> str:
    torch.save(state, tmp_path / "theirs.pth")
    with pytest.raises(ValueError, match="has no layout that is known here") as caught:
        import_weights([tmp_path / "theirs.pth"], tmp_path / "ours.safetensors")
    assert not (tmp_path / "ours.safetensors").exists()
    return str(caught.value)


def test_what_nearly_fits_is_refused_with_the_entries_that_differ(tmp_path: Path):
    _, paths = files_of("rlfn", tmp_path)
    state = torch.load(paths[0], weights_only=True)
    state["block_1.esa.odd"] = state.pop("block_1.esa.conv4.bias")
    said = refusal(tmp_path, state)
    assert "--as rlfn" in said
    assert "lacks 1 it needs (block_1.esa.conv4.bias) and has 1 left over (block_1.esa.odd)" in said


def test_what_fits_nothing_is_refused_with_the_layouts_whose_words_it_shares(tmp_path: Path):
    said = refusal(tmp_path, {"esa.conv_f.block.kernel": torch.zeros(3)})
    assert "nearest: --as rlfn begins with 'block_1.esa.conv_f.weight'" in said


@pytest.mark.parametrize("name", ["rlfn", "naoto"])
def test_a_file_that_can_be_imported_is_said_to_be(tmp_path: Path, name: str):
    _, paths = files_of(name, tmp_path)
    first, how = describe_model(paths[0])
    assert first.startswith(f"0.pth: {WRITTEN[name][0]} as in ")
    assert f"inpaint import-weights 0.pth --as {WRITTEN[name][0]} -o 0.safetensors" in how


def test_a_file_of_nothing_that_is_known_is_described_by_what_is_nearest(tmp_path: Path):
    pytest.importorskip("spandrel")
    _, paths = files_of("rlfn", tmp_path)
    state = torch.load(paths[0], weights_only=True)
    state["block_1.esa.odd"] = state.pop("block_1.esa.conv4.bias")
    torch.save(state, tmp_path / "nearly.pth")
    with pytest.raises(
        ValueError, match=r"spandrel knows no network .*; nearest that can be imported: --as rlfn"
    ) as caught:
        describe_model(tmp_path / "nearly.pth")
    assert "inpaint models" not in str(caught.value)
