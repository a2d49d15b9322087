"""Print checksums of DeepFill v1 and v2 in OpenMMLab's own code, as tests/generators/test_deepfill.py holds them.

    python scripts/parity/open_mmlab.py REPOSITORY

REPOSITORY is a folder with open-mmlab/mmagic (0a560bb), which you bring; it needs mmengine and mmcv-lite beside torch.
The package is not imported as a whole, as that wants much else.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import torch
from mmengine.registry import Registry  # pyright: ignore[reportMissingImports]

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
from checksums import fill, hole, image, summary  # pyright: ignore[reportMissingImports]

from inpaint.generators import GENERATORS
from inpaint.importing.layouts.open_mmlab import contextual_of_mmagic, gated_of_mmagic

SIDE = 80  # px; OpenMMLab mirrors by 16 features, a quarter of that
EDITORS = (
    *("deepfillv1.contextual_attention", "deepfillv1.contextual_attention_neck", "deepfillv1.deepfill_encoder"),
    *("deepfillv1.deepfill_decoder", "deepfillv1.deepfill_refiner", "global_local.gl_dilation"),
    *("global_local.gl_encoder_decoder", "deepfillv2.two_stage_encoder_decoder"),
)


def package(name: str, path: Path) -> ModuleType:
    """Make a package whose __init__ is not run."""
    made = sys.modules[name] = ModuleType(name)
    made.__path__ = [str(path)]
    return made


def main() -> None:
    """Print both checksums."""
    repository = Path(sys.argv[1])
    for name in (
        "",
        ".models",
        ".models.archs",
        ".models.editors",
        *(f".models.editors.{it.partition('.')[0]}" for it in EDITORS),
    ):
        package(f"mmagic{name}", repository / "mmagic" / name[1:].replace(".", "/"))
    models = Registry("models")
    vars(package("mmagic.registry", repository))["MODELS"] = models
    gates = importlib.import_module("mmagic.models.archs.gated_conv_module").SimpleGatedConvModule
    vars(sys.modules["mmagic.models.archs"])["SimpleGatedConvModule"] = gates
    for name in EDITORS:
        importlib.import_module(f"mmagic.models.editors.{name}")
    picture, mask = image(3, SIDE, SIDE, unit_range=True), hole(SIDE)
    given = torch.cat([(2 * picture - 1) * (1 - mask), torch.ones_like(mask), mask], dim=1)
    for name, version, renamed in (("contextual", 1, contextual_of_mmagic), ("gated", 2, gated_of_mmagic)):
        config: dict = {}
        exec((repository / f"configs/_base_/models/base_deepfillv{version}.py").read_text(), config)
        theirs, ours = models.build(config["model"]["encdec"]).double().eval(), GENERATORS[name](padding="mmagic")
        fill(ours)
        kept = theirs.state_dict()
        for entry, tensor in ours.state_dict().items():
            kept[renamed(entry, {})].copy_(tensor)
        with torch.no_grad():
            print(name, sum(it.numel() for it in theirs.parameters()), summary(theirs(given)[1]))


if __name__ == "__main__":
    main()
