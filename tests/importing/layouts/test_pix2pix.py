"""pix2pix's files."""

from __future__ import annotations

from pathlib import Path

import torch

from inpaint.generators import GENERATORS
from tests.importing.authors.pix2pix import pix2pix
from tests.importing.authors.written import network
from tests.importing.imported import assert_same_answers, taken


def test_counters_that_older_files_lack_start_at_0(tmp_path: Path):
    original = network("unet", shape="pix2pix", width=4, levels=6)
    state = {name: it for name, it in pix2pix(original.state_dict(), 6).items() if not name.endswith("tracked")}
    report = taken(tmp_path, state, "pix2pix")
    assert "started at 0: trunk.encoders.N.N.num_batches_tracked (4)" in report.text()
    assert "--eval" in report.text()
    assert_same_answers(original, report.output)


def test_full_size_files_have_the_innermost_entry_of_the_authors():
    with torch.device("meta"):
        state = GENERATORS["unet"](shape="pix2pix").state_dict()
    innermost = "model.model.1.model.3.model.3.model.3.model.3.model.3.model.3.model.3.weight"
    assert innermost in pix2pix(state, 8)
