"""EdgeConnect's two files."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from inpaint.assemble import load_network, recipe_of
from inpaint.checkpoint import load_checkpoint
from inpaint.config import parse_run
from inpaint.importing.convert import import_weights
from tests.importing.authors.edge_connect import edge_connect_files
from tests.importing.authors.written import network
from tests.importing.imported import assert_same_answers
from tests.runs import tiny_tree


def test_edge_connects_two_generators_are_taken_in_any_order(tmp_path: Path):
    original = network("edge_connect", width=4)
    edges, painter = edge_connect_files(original.state_dict())
    assert (len(edges), len(painter)) == (70, 44)  # as in the authors' files
    files = [tmp_path / "EdgeModel_gen.pth", tmp_path / "InpaintingModel_gen.pth"]
    for file, state in zip(files, (edges, painter), strict=True):
        torch.save({"iteration": 3, "generator": state}, file)
    for order in (files, files[::-1]):
        report = import_weights(order, tmp_path / "ours.safetensors", layout="edge_connect")
        assert_same_answers(original, report.output)


@pytest.mark.parametrize("layout", [None, "edge_connect"])
@pytest.mark.parametrize("place", [0, 1])
def test_one_of_the_files_alone_begins_a_run(tmp_path: Path, place: int, layout: str | None):
    original = network("edge_connect", width=4)
    torch.save(edge_connect_files(original.state_dict())[place], tmp_path / "alone.pth")
    report = import_weights([tmp_path / "alone.pth"], tmp_path / "ours.safetensors", layout=layout)
    start = ("edges.", "painter.")[place]
    assert f"the entries {start}* alone" in report.text()
    taken = load_checkpoint(report.output).weights
    own = {name: it for name, it in original.state_dict().items() if name.startswith(start)}
    assert taken.keys() == own.keys()
    assert all(torch.equal(it, taken[name]) for name, it in own.items())
    tree = tiny_tree(tmp_path, tmp_path) | {"generator": {"name": "edge_connect", "width": 4}}
    run = parse_run(tree | {"pretrained": str(report.output), "partial": True}, "test")
    with pytest.warns(UserWarning, match=f"{len(own)} of {len(original.state_dict())} weights"):
        begun = recipe_of(run).generator.state_dict()
    assert all(torch.equal(it, begun[name]) for name, it in own.items())


def test_a_checkpoint_of_one_network_restores_nothing(tmp_path: Path):
    original = network("edge_connect", width=4)
    torch.save(edge_connect_files(original.state_dict())[1], tmp_path / "alone.pth")
    report = import_weights([tmp_path / "alone.pth"], tmp_path / "ours.safetensors")
    with pytest.raises(ValueError, match=r"ours\.safetensors"):
        load_network(report.output, device="cpu")
