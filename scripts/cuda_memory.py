"""Check that a restorer gets along with little memory: fewer tiles together, then smaller ones, then a sentence.

A graphics card is allowed so much of its memory; a CPU, where that cannot be done, refuses to look at many pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from cuda_setting import Check, Setting, compared
from torch import Tensor, nn

from inpaint.data.synthetic import render
from inpaint.device import release
from inpaint.randomness import rng_for
from inpaint.restoring.network_answers import SMALLEST_TILE, TILES_TOGETHER
from inpaint.restoring.restorer import Restorer
from inpaint.tiling import LEAST_CONTEXT

SPARE = 0.15  # of a tile, beyond what tiles need
TOO_LITTLE = 1e-4  # of the memory that eight tiles need


def memory(setting: Setting) -> Iterator[Check]:
    """Restore eight tiles with ever less memory, then with too little."""
    restorer, tile = setting.restorers["float32"], setting.tile
    image = render((2 * tile + 2 * LEAST_CONTEXT, 4 * tile + 2 * LEAST_CONTEXT), rng_for("memory"))
    mask = torch.zeros_like(image[:1])
    mask[:, LEAST_CONTEXT:-LEAST_CONTEXT, LEAST_CONTEXT:-LEAST_CONTEXT] = 1
    restorer.together, restorer.tile = TILES_TOGETHER, tile
    whole = restorer(image, mask)  # which leaves what the libraries keep for themselves
    release(setting.device)
    before = allocated(setting)
    restorer(image, mask)
    need = peak(setting) - before or TILES_TOGETHER * (tile + 2 * LEAST_CONTEXT) ** 2
    unit = "MB" if setting.device.type == "cuda" else "megapixels"
    yield Check("unlimited", f"{TILES_TOGETHER} tiles of {tile} px need {need / 1e6:.1f} {unit}")
    least = (TILES_TOGETHER, tile)
    for share in shares_of(tile):
        restorer.together, restorer.tile = TILES_TOGETHER, tile
        with limited(restorer, share * need):
            answer = restorer(image, mask)
        least = min(least, (restorer.together, restorer.tile))
        kept = allocated(setting) - before
        said = f"; {restorer.together} tiles of {restorer.tile} px together, {kept} bytes left behind"
        check = compared(f"{share:.1%} of it", answer, whole, "float32", said)
        yield check._replace(passed=check.passed and restorer.together < TILES_TOGETHER and kept == 0)
    yield Check("the least that was asked for", f"{least[0]} tile of {least[1]} px", least[0] == 1 and least[1] < tile)
    restorer.together, restorer.tile = TILES_TOGETHER, tile
    sentence = "nothing was said"
    with limited(restorer, TOO_LITTLE * need):
        try:
            restorer(image, mask)
        except ValueError as error:
            sentence = str(error)
    yield Check("too little for anything", sentence, "not enough memory" in sentence)
    restorer.together, restorer.tile = TILES_TOGETHER, tile
    yield compared("all of it again", restorer(image, mask), whole, "float32")


def shares_of(tile: int) -> list[float]:
    """Return which shares of the memory of eight tiles suffice for 4, 2, 1, and for one of half the side."""
    smaller = [tile // 2] if tile // 2 >= SMALLEST_TILE else []  # of less, libraries need the most for themselves
    fewer = [(count + SPARE) / TILES_TOGETHER for count in (4, 2, 1)]
    return fewer + [
        (1 + SPARE) * ((side + 2 * LEAST_CONTEXT) / (tile + 2 * LEAST_CONTEXT)) ** 2 / TILES_TOGETHER
        for side in smaller
    ]


def allocated(setting: Setting) -> int:
    """Return the bytes of tensors on a graphics card, 0 elsewhere; the peak starts anew from them."""
    if setting.device.type != "cuda":
        return 0
    torch.cuda.reset_peak_memory_stats(setting.device)
    return torch.cuda.memory_allocated(setting.device)


def peak(setting: Setting) -> int:
    return torch.cuda.max_memory_allocated(setting.device) if setting.device.type == "cuda" else 0


@contextmanager
def limited(restorer: Restorer, most: float) -> Iterator[None]:
    """Let a graphics card allocate so many bytes more than it holds, and a CPU look at so many pixels at once."""
    release(restorer.device)
    if restorer.device.type == "cuda":
        number = torch.cuda.current_device() if restorer.device.index is None else restorer.device.index
        total = torch.cuda.get_device_properties(number).total_memory
        held = torch.cuda.memory_reserved(number)
        torch.cuda.set_per_process_memory_fraction(min(1.0, (held + most) / total), number)
        try:
            yield
        finally:
            torch.cuda.set_per_process_memory_fraction(1.0, number)
        return

    def refuse(_: nn.Module, given: tuple[Tensor, Tensor]) -> None:
        if given[1].numel() > most:
            raise MemoryError

    hook = restorer.generator.register_forward_pre_hook(refuse)
    try:
        yield
    finally:
        hook.remove()
