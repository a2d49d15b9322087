"""A picture mirrored and turned for a network, and its answer turned back.

A network that answers with the most probable picture errs otherwise when it sees the same picture mirrored or turned by
a quarter, so the mean of those answers is nearer to the original than each of them.

Source: the self-ensembles of Timofte et al. 2016, "Seven ways to improve example-based single image super-resolution",
and of EDSR (Lim et al. 2017).
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class QuarterTurn(NamedTuple):
    """One of the eight ways to lay a picture on its grid."""

    rows: bool = False  # bottom to top
    columns: bool = False  # right to left
    swapped: bool = False  # rows become columns, before they are mirrored

    def there(self, picture: Tensor) -> Tensor:
        """Turn a picture, (..., H, W)."""
        turned = picture.transpose(-2, -1) if self.swapped else picture
        return turned.flip(self.axes) if self.axes else turned

    def back(self, picture: Tensor) -> Tensor:
        """Turn a picture so that it lies as it did before `there`, (..., H, W)."""
        turned = picture.flip(self.axes) if self.axes else picture
        return turned.transpose(-2, -1) if self.swapped else turned

    @property
    def axes(self) -> list[int]:
        """Along which axes it mirrors."""
        return [axis for axis, mirrored in zip((-2, -1), (self.rows, self.columns), strict=True) if mirrored]


# Mirrored ones first: a picture on its side is a rarer sight than one in a mirror.
TURNS = tuple(
    QuarterTurn(rows, columns, swapped)
    for swapped in (False, True)
    for rows in (False, True)
    for columns in (False, True)
)
# How a variation lies while it is restored: mirrored (top-bottom, left-right), the first four in the order of
# DeepCreamPy; a third True says that rows become columns before.
Flips = tuple[bool, ...]
FLIPS: tuple[Flips, ...] = (
    *((rows, columns) for rows in (False, True) for columns in (False, True)),
    *((rows, columns, True) for rows in (False, True) for columns in (False, True)),
)
PASSES = (1, 2, 4, 8)  # how many of them may be asked for
