"""Print checksums of zhaoyuzhi's DeepFill v2, in colour and grey, as tests/generators/test_deepfill.py holds them.

    python scripts/parity/plain_gated.py REPOSITORY

REPOSITORY is a folder with zhaoyuzhi/deepfillv2 (84a13c0), which you bring.  Its networks get the hashed weights of
ours, with settled spectral norms, so both counts and the largest difference of the answers are printed, too.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch.nn.utils.parametrize import is_parametrized

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
from checksums import fill, hole, image, summary  # pyright: ignore[reportMissingImports]
from published_step import settle_spectral_norm  # pyright: ignore[reportMissingImports]

from inpaint.generators import GENERATORS
from inpaint.importing.layouts.plain_gated import colour_name, grey_name

SIDE = 80  # px; the one in grey mirrors by 16 features, a quarter of that
ACTIVATION = {"activation": "lrelu", "activ_g": "lrelu", "norm": "in", "norm_g": "in"}
KINDS = {
    "colour": ("deepfillv2", "GatedGenerator", {"in_channels": 4, "out_channels": 3, "pad_type": "zero"}, colour_name),
    "grey": (
        "deepfillv2-grayscale",
        "GrayInpaintingNet",
        {"in_channels": 1, "mask_channels": 1, "out_channels": 1, "pad": "reflect"},
        grey_name,
    ),
}


def main() -> None:
    """Print both checksums."""
    for kind, (folder, name, options, renamed) in KINDS.items():
        place = str(Path(sys.argv[1]) / folder)
        sys.path.insert(0, place)
        module = importlib.import_module("network")
        theirs = getattr(module, name)(SimpleNamespace(latent_channels=64, **ACTIVATION, **options)).double().eval()
        sys.path.remove(place)
        for imported in ("network", "network_module"):
            del sys.modules[imported]
        told: Any = {"padding": "mmagic", "grey": True} if kind == "grey" else {}
        ours = GENERATORS["gated"](width=128, attention=False, **told)
        fill(ours)
        for layer in ours.modules():
            if is_parametrized(layer, "weight"):
                settle_spectral_norm(layer)
        kept = theirs.state_dict()
        for entry, tensor in ours.state_dict().items():
            kept[renamed(entry, {})].copy_(tensor)
        picture, mask = image(3, SIDE, SIDE, unit_range=True), hole(SIDE)
        if kind == "grey":
            picture = picture[:, :1].expand(-1, 3, -1, -1)
        with torch.no_grad():
            answers = theirs(picture[:, :1] if kind == "grey" else picture, mask)
            answer = answers[-1] if isinstance(answers, tuple) else answers
            largest = (ours(picture, mask).image - answer).abs().max().item()
        learned = [sum(it.numel() for it in network.parameters() if it.requires_grad) for network in (theirs, ours)]
        print(kind, len(kept), learned, f"{largest:.1e}", summary(answer))


if __name__ == "__main__":
    main()
