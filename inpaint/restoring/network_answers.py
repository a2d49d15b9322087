"""What a network answers for crops of a picture: shown as it learned, in tiles, as many at once as fit in memory.

A crop that is too large for comfort is worked through in tiles, whose first guess is made on the whole crop so that
they agree, and whose answers are blended where they meet.  Tiles of one size are run together, and what does not fit in
memory is run in smaller batches, then in smaller tiles.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from inpaint.contracts import Discriminator, Generator
from inpaint.degradation.fills import FILLS
from inpaint.device import find_device, out_of_memory, release, warn_of_bfloat16
from inpaint.interrupt import go_on
from inpaint.mosaic.grid import enlarge
from inpaint.restoring.answer_judges import AnswerJudges
from inpaint.restoring.cores import Cores
from inpaint.restoring.given_planes import drawn_noise, named_planes, names_of_given, noise_rng
from inpaint.restoring.octaves import restore_cells
from inpaint.restoring.region_crops import RegionCrop, TileTask, cells_in_box, grid_in_box, turned_grid
from inpaint.restoring.shrunk_crop import shrunk_crop
from inpaint.restoring.turns import TURNS, Flips, QuarterTurn
from inpaint.sample import composite
from inpaint.tiling import LEAST_CONTEXT, Box, tile_weight, tiles

TILE_SIDE = 512  # px, side of the part of a large crop that is restored at once
SMALLEST_TILE = 64  # px; what does not fit in memory then does not fit at all
TILES_TOGETHER = 8  # tiles of one size that a graphics card is given at once; a CPU gains nothing from more than one
CELLS_OF_CONTEXT = 6  # around a mosaic that is restored from its cells
CONTEXT_OF_LAST_STEP = 48  # px; twelve cells of the step that makes pixels
TILE_ROUNDING = 64  # px; there, tiles are padded to multiples of this, so that more are of one size


class NetworkAnswers:
    """A generator, how it wants to be shown a censored picture, and what computes it; see `Restorer`, which is one."""

    def __init__(
        self,
        generator: Generator,
        *,
        shows: Mapping[str, str],
        device: str = "auto",
        precision: str = "float32",
        side: int = 0,
        borders: bool | None = None,
        judges: Mapping[str, Discriminator] | None = None,
    ):
        if precision not in ("float32", "bfloat16"):
            raise ValueError(f"precision {precision!r} is unknown; choose float32 or bfloat16")
        self.device = find_device(device)
        self.layout = torch.channels_last if generator.channels_last else torch.contiguous_format
        layout: Any = {"memory_format": self.layout}  # which torch's own signature leaves out
        self.generator = generator.eval().to(self.device, **layout)
        self.multiple = generator.multiple
        self.shows = dict(shows)
        self.side, self.borders = side, borders
        of_answers = {"device": self.device, "side": side, "view": generator.view}
        self.judges = AnswerJudges(judges, **of_answers) if judges and generator.samples else None
        self.bfloat16 = precision == "bfloat16"
        if self.bfloat16:
            warn_of_bfloat16(self.device)
        # Of several threads one at a time has a graphics card; of a CPU's as many as have cores to compute with.
        shared = self.device.type == "cpu" and not getattr(generator, "has_threads", False)
        self.cores = Cores(torch.get_num_threads() if shared else 1)
        self.together, self.tile = (
            TILES_TOGETHER if self.device.type == "cuda" else 1,
            TILE_SIDE,
        )  # less, once memory ran out

    @property
    def given_names(self) -> list[str]:
        """The inputs that somebody may give beside picture and mask."""
        return names_of_given(self.generator)

    def padded(self, view: Box, together: int) -> tuple[int, int]:
        """Return the (height, width) in which the network is shown a view, where so many are run together."""
        step = self.multiple if together == 1 else math.lcm(self.multiple, TILE_ROUNDING)
        return -(-(view.bottom - view.top) // step) * step, -(-(view.right - view.left) // step) * step

    def parts(self, number: int, crop: RegionCrop, box: Box) -> list[TileTask]:
        """Cut a box of a crop into tiles; a frame or a chain of specks leaves most of its box alone."""
        size = (crop.image.shape[1], crop.image.shape[2])
        if crop.view != "crop":  # it must see all of the crop
            return [TileTask(number, box, Box(0, 0, *size))]
        cores = [core for core in tiles(box, self.tile) if core.of(crop.own).any()]
        # A network that halves pictures answers alike where it is shifted by whole steps only.
        context = LEAST_CONTEXT
        if self.generator.cell_steps and crop.grid is not None:  # which sees so many cells, not pixels
            context = min(context, max(CELLS_OF_CONTEXT * max(crop.grid.block), CONTEXT_OF_LAST_STEP))
        return [TileTask(number, core, core.grown(context, size).aligned(self.multiple)) for core in cores]

    def smaller(
        self, todo: Sequence[TileTask], crops: Sequence[RegionCrop], failed: Sequence[TileTask]
    ) -> list[TileTask]:
        """Cut what is left to ask so that it needs less memory than the parts that failed, in whatever thread."""
        if len(failed) > 1:
            self.together = min(self.together, len(failed) // 2)
            return list(todo)
        (number, core, seen), tile = failed[0], self.tile
        if (view := crops[number].view) != "crop":
            raise ValueError(
                f"{self.device} has not enough memory for the {seen.right - seen.left}x{seen.bottom - seen.top} pixels "
                f"that this network sees at once by the view {view}; the view crop shows it less"
            )
        side = max(core.bottom - core.top, core.right - core.left)
        if side <= SMALLEST_TILE:
            raise ValueError(
                f"{self.device} has not enough memory to restore even {SMALLEST_TILE} pixels a side at once"
            )
        while tile >= side:
            tile //= 2
        self.together, self.tile = 1, min(self.tile, tile)  # another thread may have halved it already
        return [part for it in todo for part in self.parts(it.number, crops[it.number], it.core)]

    def answers(self, crops: Sequence[RegionCrop], censor: str, flips: Flips, passes: int = 1) -> list[Tensor]:
        """Return what the network answers for crops, (3, h, w) each, and the first guess where it was not asked.

        The answers of tiles are blended with weights, so that their order does not matter.
        """
        guesses = [self.present(crop, censor) for crop in crops]
        totals = [torch.zeros_like(crop.image) for crop in crops]
        weights = [torch.zeros_like(crop.own) for crop in crops]
        todo = [part for number, crop in enumerate(crops) for part in self.parts(number, crop, crop.region)]
        while todo:
            together = self.together  # other threads may make it less meanwhile
            size = self.padded(todo[0].view, together)
            now = [part for part in todo if self.padded(part.view, together) == size][:together]
            if crops[now[0].number].view == "small":
                now = now[:1]
                restored = self.fitting(partial(self.ask_small, crops[now[0].number], censor, flips, passes))
            elif self.generator.cell_steps and censor == "mosaic":
                now = now[:1]
                restored = self.fitting(partial(self.ask_by_cells, now[0].view, crops[now[0].number], flips, passes))
            else:
                views = [
                    torch.cat([it.view.of(part) for part in (guesses[it.number], *crops[it.number].planes)])
                    for it in now
                ]
                restored = self.fitting(partial(self.ask, views, size, flips, passes))
            if restored is None:
                todo = self.smaller(todo, crops, now)
                continue
            for (number, core, view), answer in zip(now, restored, strict=True):
                share = tile_weight(core, crops[number].region, view)
                view.of(totals[number]).add_(share * answer)
                view.of(weights[number]).add_(share)
            todo = [part for part in todo if part not in now]
        return [
            torch.where(share > 0, total / share, guess)
            for total, share, guess in zip(totals, weights, guesses, strict=True)
        ]

    def present(self, crop: RegionCrop, censor: str) -> Tensor:
        """Return the crop as the network learned to be shown this censor, (3, h, w)."""
        if censor == "hole":
            shown, _ = FILLS["hole"](value=self.shows["hole"])(crop.image, crop.mask, torch.Generator())
            return shown
        if crop.grid is None or crop.measures is None or self.shows["mosaic"] == "nearest":
            return crop.image
        size = (crop.image.shape[1], crop.image.shape[2])
        smooth = enlarge(crop.measures.means, crop.grid, size, self.shows["mosaic"]).clamp(0, 1)
        return composite(smooth, crop.image, crop.mask)

    def fitting(self, ask: Callable[[], list[Tensor]]) -> list[Tensor] | None:
        """Return what asking the network returns, or None where memory runs out."""
        try:
            return ask()
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
        release(self.device)  # not before the error is gone: its traceback holds the activations
        return None

    def ask(self, views: Sequence[Tensor], size: tuple[int, int], flips: Flips, passes: int = 1) -> list[Tensor]:
        """Run the network on pictures, padded to one size; returns (3, h, w) each.

        views: (4 and more, h, w), pictures with their masks and then what was given, in the order of `given_names`.
        """
        means = [torch.zeros_like(view[:3]) for view in views]
        for turn in TURNS[:passes]:
            for mean, answer in zip(means, self.ask_once(views, size, flips, turn), strict=True):
                mean += answer / passes
        return means

    def ask_once(self, views: Sequence[Tensor], size: tuple[int, int], flips: Flips, turn: QuarterTurn) -> list[Tensor]:
        """Run the network on pictures that are turned."""
        way = self.way(flips)
        shown = [turn.there(way.there(view)) for view in views]
        height, width = size[::-1] if turn.swapped != way.swapped else size
        padded = [F.pad(it, (0, width - it.shape[2], 0, height - it.shape[1]), mode="replicate") for it in shown]
        batch = torch.stack(padded).to(self.device, memory_format=self.layout)  # (B, 4 and more, H, W)
        image, mask, given = batch[:, :3], batch[:, 3:4], named_planes(self.generator, batch[:, 4:])
        with self.computing():
            prediction = self.generator(image, mask, **given, **drawn_noise(self.generator, image, flips))
        answers = prediction.image.float().cpu()
        parts = [answer[:, : it.shape[1], : it.shape[2]] for answer, it in zip(answers, shown, strict=True)]
        return [way.back(turn.back(part)) for part in parts]

    def ask_small(self, crop: RegionCrop, censor: str, flips: Flips, passes: int = 1) -> list[Tensor]:
        """Run the network on a whole picture, shrunk to the side that it learned from; returns one (3, h, w)."""
        small, enlarged = shrunk_crop(crop, self.side)
        shown = torch.cat([self.present(small, censor), *small.planes])
        size = self.padded(Box(0, 0, *small.image.shape[1:]), 1)
        return [enlarged(self.ask([shown], size, flips, passes)[0])]

    def ask_by_cells(self, view: Box, crop: RegionCrop, flips: Flips, passes: int = 1) -> list[Tensor]:
        """Restore a view of a crop from the cells of its mosaic, octave by octave; returns one (3, h, w)."""
        assert crop.grid is not None
        assert crop.measures is not None
        way, rng = self.way(flips), noise_rng(self.generator, flips)
        image, mask, grid = view.of(crop.image), view.of(crop.mask), grid_in_box(crop.grid, view)
        cells = cells_in_box(crop.measures.means, crop.grid, view)
        grid = turned_grid(grid, (image.shape[1], image.shape[2]), way)
        given = [way.there(it).to(self.device) for it in (image, mask, cells)]
        with self.computing():
            answer = restore_cells(self.generator, given[0], given[1], grid, cells=given[2], rng=rng, passes=passes)
        return [way.back(answer.float().cpu())]

    def way(self, flips: Flips) -> QuarterTurn:
        """Return how the picture is laid in a variation; as it is where the network varies by itself."""
        return QuarterTurn() if self.generator.samples else QuarterTurn(*flips)

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Take the cores that a network needs, and compute in the precision that was asked for."""
        go_on()
        with (
            self.cores.taken(torch.get_num_threads()),
            torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16),
        ):
            yield
