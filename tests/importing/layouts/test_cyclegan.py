"""CycleGAN's files."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import torch
from safetensors.torch import save_file

from inpaint.importing.convert import import_weights
from tests.importing.authors.written import network, without_trunk
from tests.importing.imported import assert_same_answers


def test_files_of_older_and_newer_kinds_are_read(tmp_path: Path):
    original = network("resnet9", width=4, blocks=6)
    state = without_trunk(original.state_dict())
    old = state | {"model.2.running_mean": torch.zeros(4), "model.10.conv_block.2.running_var": torch.ones(16)}
    torch.save(old, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    save_file(state, tmp_path / "new.safetensors")
    for file, ignored in ((tmp_path / "old.pth", 2), (tmp_path / "new.safetensors", 0)):
        report = import_weights([file], tmp_path / "ours.safetensors", layout="cyclegan")
        assert len(report.ignored) == ignored
        assert_same_answers(original, report.output)


def test_entries_have_their_authors_names():
    leaves = ("weight", "bias")
    cycle = {f"model.{place}.{leaf}" for place, leaf in product((1, 4, 7, 19, 22, 26), leaves)}
    cycle |= {f"model.{n}.conv_block.{p}.{leaf}" for n, p, leaf in product(range(10, 19), (1, 5), leaves)}
    assert set(without_trunk(network("resnet9", width=4).state_dict())) == cycle
