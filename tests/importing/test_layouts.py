"""Every layout: what the authors' file holds computes the same here, to the last bit."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from inpaint.config import parse_run
from inpaint.degradation.build import degradation_of
from inpaint.importing.convert import import_weights
from inpaint.importing.layouts import LAYOUTS
from inpaint.randomness import rng_for
from tests.importing.authors import WRITTEN
from tests.importing.authors.written import network, without_trunk
from tests.importing.imported import assert_same_answers, taken


@pytest.mark.parametrize("name", [name for name, (_, case) in WRITTEN.items() if not case.scaled])
def test_the_imported_network_answers_as_the_original(tmp_path: Path, name: str):
    layout, case = WRITTEN[name]
    original = network(case.generator, **case.options)
    files = [tmp_path / f"{number}.pth" for number in range(len(LAYOUTS[layout][0].files))]
    for file, state in zip(files, case.files(original.state_dict()), strict=True):
        torch.save({"n_iter": 9, "G": state}, file)
    report = import_weights(files, tmp_path / "ours.safetensors", layout=layout, channels="rgb")
    assert report.taken == len(original.state_dict())
    assert not report.started
    assert_same_answers(original, report.output)


@pytest.mark.parametrize("prefix", ["module.", "generator.", "generator.module.", "netG.module."])
def test_prefixes_of_wrappers_and_whole_models_are_taken_off(tmp_path: Path, prefix: str):
    original = network("region_norm", width=4, blocks=2)
    state = {prefix + name: it for name, it in without_trunk(original.state_dict()).items()}
    if prefix != "module.":
        state["discriminator.conv1.0.weight_orig"] = torch.zeros(4, 3, 4, 4)
    report = taken(tmp_path, state, "region_norm")
    assert report.ignored == [name for name in state if name.startswith("discriminator")]
    assert_same_answers(original, report.output)


@pytest.mark.parametrize("layout", [layout for layouts in LAYOUTS.values() for layout in layouts])
def test_what_a_layout_is_shown_can_be_made(layout):
    tree = {"train": "synthetic", "mask": {"name": layout.mask}, "fill": list(layout.fills)}
    run = {"output": "o", "steps": 1, "data": tree, "generator": {"name": layout.generator}}
    run |= {"recipe": {"name": "supervised", "weights": {"l1": 1.0}}, "optim": {"generator": {"lr": 1e-4}}}
    data = parse_run(run, "test").data
    _, mask = degradation_of(data.mask, data.fill)(torch.rand(3, 64, 64), rng_for("shown", 1))
    assert mask.shape == (1, 64, 64)
