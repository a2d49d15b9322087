"""How networks learn from a batch, by name."""

from __future__ import annotations

from collections.abc import Callable

from inpaint.contracts import Recipe
from inpaint.recipes.adversarial import Adversarial
from inpaint.recipes.cycle import Cycle
from inpaint.recipes.distilled import Distilled
from inpaint.recipes.edges import Edges
from inpaint.recipes.large_mask import LargeMask
from inpaint.recipes.mosaic_steps import MosaicSteps
from inpaint.recipes.one_picture import OnePicture
from inpaint.recipes.pluralistic import Pluralistic
from inpaint.recipes.region_wise import RegionWise
from inpaint.recipes.structure_first import StructureFirst
from inpaint.recipes.structure_flow import StructuredFlow
from inpaint.recipes.styles import Styles
from inpaint.recipes.supervised import Supervised
from inpaint.recipes.unconditional import Unconditional
from inpaint.recipes.wgan_gp import WganGp

RECIPES: dict[str, Callable[..., Recipe]] = {
    "supervised": Supervised,
    "adversarial": Adversarial,
    "cycle": Cycle,
    "distilled": Distilled,
    "edges": Edges,
    "large_mask": LargeMask,
    "mosaic_steps": MosaicSteps,
    "one_picture": OnePicture,
    "pluralistic": Pluralistic,
    "region_wise": RegionWise,
    "structure_first": StructureFirst,
    "structure_flow": StructuredFlow,
    "styles": Styles,
    "unconditional": Unconditional,
    "wgan_gp": WganGp,
}
