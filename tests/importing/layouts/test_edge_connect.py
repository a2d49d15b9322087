"""EdgeConnect's two files."""

from __future__ import annotations

from pathlib import Path

import torch

from inpaint.importing.convert import import_weights
from tests.importing.authors.edge_connect import edge_connect_files
from tests.importing.authors.written import network
from tests.importing.imported import assert_same_answers


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
