"""What a network that fills a hole step by step has filled by each of its steps.

Source: Guo et al., Progressive Image Inpainting with Full-Resolution Residual Network (2019), the step loss.
"""

from __future__ import annotations

import torch
from torch import Tensor

from inpaint.losses.scene import Scene

FILLED, FILLED_VALID = "filled_", "valid_"  # a prediction's extras start so, and end with the number of the step


def filled_l1(scene: Scene) -> Tensor:
    """Return the sum over the steps of the absolute error of what is known or filled by then, over all N values.

    Raises ValueError for a network that does not say what it has filled.
    """
    extras, target = scene.prediction.extras, scene.sample.target
    steps = [name.removeprefix(FILLED) for name in extras if name.startswith(FILLED)]
    if not steps:
        raise ValueError(
            f"the term filled_l1 needs a network that fills step by step: this one answers {sorted(extras)} beside its "
            f"image, not {FILLED}1"
        )
    pairs = [(extras[FILLED + step].to(target.dtype), extras[FILLED_VALID + step]) for step in steps]
    return torch.stack([((picture - target).abs() * valid).mean() for picture, valid in pairs]).sum()
