"""Detection needs no network, and does not pay for the library of networks."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from inpaint.detection.levels import as_levels, luma_of

DETECTS = """
import sys
from inpaint.cli import main
sys.argv = ["inpaint", "detect", sys.argv[1], "-o", sys.argv[2], "--as", "json"]
try:
    main()
except SystemExit as end:
    assert not end.code
assert "torch" not in sys.modules
"""


def test_detect_finds_a_bar_without_torch(tmp_path: Path):
    pixels = np.random.default_rng(3).integers(0, 256, (160, 200, 3), np.uint8)
    pixels[40:70, 30:120] = 0
    Image.fromarray(pixels).save(tmp_path / "a.png")
    subprocess.run([sys.executable, "-c", DETECTS, tmp_path / "a.png", tmp_path / "found"], check=True)
    assert '"censor": "hole"' in (tmp_path / "found" / "a.json").read_text()


def test_tensors_and_arrays_have_the_same_levels():
    image = torch.rand(3, 20, 30, generator=torch.Generator().manual_seed(1)) * 1.2 - 0.1
    image[0, 0, :8] = (torch.arange(8) + 0.5) / 255  # halves are rounded alike
    rounded = (image.clamp(0, 1) * 255).round().to(torch.uint8)
    for either in (image, image.numpy()):
        assert np.array_equal(as_levels(either), rounded.permute(1, 2, 0).numpy())
        assert np.array_equal(luma_of(either), luma_of(image))
    assert np.allclose(luma_of(rounded), luma_of(rounded.float().numpy() / 255), atol=1e-4)
