"""Image inpainting and mosaic removal.

    import inpaint
    restore = inpaint.load("default")
    restored = restore(image, mask)                    # a hole
    restored = restore(image, mask, censor="mosaic")   # a mosaic

image: (3, H, W) in [0, 1].  mask: (1, H, W), 1 = restore.  The names below are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from inpaint.version import __version__ as __version__

if TYPE_CHECKING:
    from inpaint.assemble import load
    from inpaint.evaluation.evaluate import evaluate
    from inpaint.folder import decensor
    from inpaint.mosaic.whole_grid import Grid
    from inpaint.restoring.restorer import Restorer

PUBLIC = {
    "Grid": "inpaint.mosaic.whole_grid",
    "Restorer": "inpaint.restoring.restorer",
    "decensor": "inpaint.folder.batch",
    "evaluate": "inpaint.evaluation.evaluate",
    "load": "inpaint.assemble",
}
__all__ = ["Grid", "Restorer", "decensor", "evaluate", "load"]


def __getattr__(name: str) -> Any:
    if name not in PUBLIC:
        raise AttributeError(f"module inpaint has no attribute {name!r}")
    return getattr(import_module(PUBLIC[name]), name)
