"""Training pictures that live on the device, and the damage that is made there, a batch at a time.

All pictures, and copies of them shrunk up to three times, lie in one buffer of bytes, so that a batch of crops is one
lookup.  Mosaics have 8-bit cell means; a share has gone through a simulated JPEG file, a small share has the middle
pixel or the median of each cell in place of the mean, and a share has masks that cut cells.
"""

from __future__ import annotations

import io
import math
import tarfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from inpaint.generators.cells import masked_means, repeated

SHRINKS = (1.0, 0.8, 0.65, 0.5, 0.4, 1 / 3)
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".avif")
JPEG_SHARE, CUT_SHARE, CENTRE_SHARE, MEDIAN_SHARE = 0.3, 0.1, 0.03, 0.02
QUALITIES = (40, 96)  # of JPEG, lowest and one above the highest
LUMA = torch.tensor(  # the tables of the JPEG standard (ITU T.81, annex K.1)
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
).float()
CHROMA = torch.full((8, 8), 99.0)
CHROMA[:4, :4] = torch.tensor([[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]]).float()
YCC = torch.tensor([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])


class Mosaics(NamedTuple):
    """A batch of mosaics whose grid begins in the corner."""

    target: Tensor  # (B, 3, H, W)
    image: Tensor  # (B, 3, H, W)
    mask: Tensor  # (B, 1, H, W)
    cells: Tensor  # (B, 3, h, w), measured


class Pictures:
    """Groups of pictures on a device, each drawn from with its own share."""

    def __init__(self, groups: Sequence[tuple[list[np.ndarray], float]], device: torch.device):
        with ThreadPoolExecutor() as pool:
            copies = [list(pool.map(shrunk, pictures)) for pictures, _ in groups]
        flat = [one for group in copies for each in group for one in each]
        self.pixels = torch.cat([torch.from_numpy(one).reshape(-1, 3) for one in flat]).to(device)
        sizes = torch.tensor([one.shape[:2] for one in flat])
        areas = sizes[:, 0] * sizes[:, 1]
        self.sizes, self.offsets = sizes.to(device), (areas.cumsum(0) - areas).to(device)
        self.device = device
        self.least = sizes.amin(1)
        self.root = torch.cat([torch.full((len(each),), areas_of(each)) for group in copies for each in group])
        self.group = torch.tensor([number for number, group in enumerate(copies) for each in group for _ in each])
        self.shares = [share for _, share in groups]
        self.weights: dict[int, Tensor] = {}

    def weighed(self, side: int) -> Tensor:
        """Return how likely each copy is drawn: none that is too small, large pictures more, groups by their share."""
        if side not in self.weights:
            weights = self.root * (self.least >= side)
            for number, share in enumerate(self.shares):
                mine = self.group == number
                weights[mine] *= share / weights[mine].sum().clamp(min=1e-9)
            if not weights.sum() > 0:
                raise ValueError(f"no training picture has {side} pixels a side")
            self.weights[side] = weights.to(self.device)
        return self.weights[side]

    def crops(self, count: int, side: int) -> Tensor:
        """Draw crops, turned and mirrored at random, (count, 3, side, side) in [0, 1]."""
        chosen = torch.multinomial(self.weighed(side), count, replacement=True)
        place = torch.rand(count, 2, device=self.device) * (self.sizes[chosen] - side + 1)
        along = torch.arange(side, device=self.device)
        mirrored = torch.rand(3, count, 1, device=self.device) < 0.5
        y, x = (place.long()[:, axis, None] + torch.where(mirrored[axis], side - 1 - along, along) for axis in range(2))
        index = self.offsets[chosen, None, None] + y[:, :, None] * self.sizes[chosen, 1][:, None, None] + x[:, None]
        index = torch.where(mirrored[2, :, :, None], index.transpose(1, 2), index)
        return self.pixels[index].permute(0, 3, 1, 2).float() / 255


def areas_of(copies: list[np.ndarray]) -> float:
    """Return the weight of every copy of a picture: its side, shared among the copies."""
    return math.sqrt(copies[0].shape[0] * copies[0].shape[1]) / len(copies)


def shrunk(picture: np.ndarray) -> list[np.ndarray]:
    """Return a picture and its smaller copies."""
    height, width = picture.shape[:2]
    copies = [picture]
    for scale in SHRINKS[1:]:
        size = round(width * scale), round(height * scale)
        if min(size) >= 128:
            copies.append(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
    return copies


def read_pictures(path: Path) -> list[np.ndarray]:
    """Read a folder or a tar of pictures as RGB bytes, (H, W, 3) each, in the order of their names."""
    with ThreadPoolExecutor() as pool:
        found = pool.map(decoded, (data for _, data in sorted(files_of(path))))
        return [picture for picture in found if min(picture.shape[:2]) >= 128]


def files_of(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield names and contents of the pictures in a folder or a tar."""
    if path.is_dir():
        for file in path.rglob("*"):
            if file.suffix.lower() in SUFFIXES:
                yield str(file), file.read_bytes()
        return
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None and member.isfile():
                yield member.name, file.read()


def decoded(data: bytes) -> np.ndarray:
    try:
        with Image.open(io.BytesIO(data)) as picture:
            return np.array(picture.convert("RGB"))
    except UnidentifiedImageError:  # a Pillow without AVIF
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None
        return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def mosaics(target: Tensor, block: int, *, cut: bool = False) -> Mosaics:
    """Pixelate crops whose sides are whole cells, on masks of their own."""
    count, side = target.shape[0], target.shape[-1]
    mask = repeated(cell_masks(count, side // block, target.device), block)
    cells = F.avg_pool2d(target, block)
    centre = count - round(CENTRE_SHARE * count)
    median = centre - round(MEDIAN_SHARE * count)
    cells[centre:] = target[centre:, :, block // 2 :: block, block // 2 :: block]
    if median < centre:
        middle = F.pixel_unshuffle(target[median:centre], block).unflatten(1, (3, block**2))
        cells[median:centre] = middle.median(2).values
    if cut:  # the middle of the batch, a few pixels aside
        some = slice(round(count * 0.25), round(count * (0.25 + CUT_SHARE)))
        for axis in (2, 3):
            mask[some] = moved(mask[some], axis, block)
        cells[some] = masked_means(target[some], mask[some], block)
    cells = (cells * 255).round() / 255
    image = torch.where(mask > 0.5, repeated(cells, block), target)
    jpegs = round(count * JPEG_SHARE)
    image[:jpegs] = jpeg(image[:jpegs])
    cells = torch.cat([masked_means(image[:jpegs], mask[:jpegs], block), cells[jpegs:]])
    return Mosaics(target, torch.where(mask > 0.5, repeated(cells, block), image), mask, cells)


def moved(masks: Tensor, axis: int, block: int) -> Tensor:
    """Move masks (B, 1, H, W) along an axis, each by its own part of a cell; what leaves on one side comes back."""
    length = masks.shape[axis]
    by = torch.randint(block, (masks.shape[0], 1), device=masks.device)
    index = (torch.arange(length, device=masks.device) + by) % length
    shape = [masks.shape[0], 1, 1, 1]
    shape[axis] = length
    return masks.gather(axis, index.reshape(shape).expand_as(masks))


def cell_masks(count: int, side: int, device: torch.device) -> Tensor:
    """Draw which cells are mosaic: 2 to 4 boxes of 3 to 14 cells, or one large one, or all; (count, 1, side, side)."""
    kind = torch.rand(count, 1, 1, device=device)
    large = (kind > 0.6) & (kind < 0.8)
    longest = torch.where(large, 1.25 * side, min(14, side))
    shortest = torch.where(large, 0.3 * side, 3)
    lengths = (shortest + torch.rand(count, 4, 2, device=device) * (longest - shortest + 1)).floor()
    starts = (torch.rand(count, 4, 2, device=device) * (side + lengths - 1) - lengths + 1).floor()
    number = torch.where(large[:, 0], 1, torch.randint(2, 5, (count, 1), device=device))
    active = torch.arange(4, device=device) < number  # (count, 4)
    along = torch.arange(side, device=device)
    inside = (along >= starts[..., None]) & (along < (starts + lengths)[..., None])  # (count, 4, 2, side)
    boxes = inside[:, :, 0, :, None] & inside[:, :, 1, None, :] & active[..., None, None]
    return (boxes.any(1, keepdim=True) | (kind >= 0.8)[..., None]).float()


def jpeg(images: Tensor) -> Tensor:
    """Send pictures through JPEG 4:2:0 of random quality, on 8x8 blocks that lie anywhere; sides divide by 16."""
    count, device = images.shape[0], images.device
    images = aside(images, 1)
    quality = torch.randint(*QUALITIES, (count,), device=device).float()
    scale = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality)[:, None, None] / 100
    luma, chroma, there, back = standard(device)
    tables = [(table * scale).round().clamp(1, 255) for table in (luma, chroma)]
    colours = torch.einsum("kc,bchw->bkhw", there, images * 255)
    luma = quantised(colours[:, :1] - 128, tables[0]) + 128
    chroma = quantised(F.avg_pool2d(colours[:, 1:], 2), tables[1])
    chroma = F.interpolate(chroma, scale_factor=2.0, mode="bilinear", align_corners=False)
    shown = torch.einsum("ck,bkhw->bchw", back, torch.cat([luma, chroma], 1))
    return aside(shown.round().clamp(0, 255) / 255, -1)


@lru_cache
def standard(device: torch.device) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the tables for luma and chroma, and the change of colours there and back, on a device."""
    return LUMA.to(device), CHROMA.to(device), YCC.to(device), torch.linalg.inv(YCC).to(device)


def aside(images: Tensor, way: int) -> Tensor:
    """Move pictures by 3 and 5 pixels, or back: cells and blocks of JPEG rarely share their lines."""
    half = images.shape[0] // 2
    return torch.cat([images[:half].roll((3 * way, 5 * way), (2, 3)), images[half:].roll((6 * way, 1 * way), (2, 3))])


def quantised(planes: Tensor, table: Tensor) -> Tensor:
    """Round the cosine transform of 8x8 blocks to multiples of a table, (B, C, H, W) by (B, 8, 8)."""
    k = torch.arange(8, device=planes.device).float()
    basis = torch.cos((2 * k + 1) * k[:, None] * math.pi / 16) / 2  # (frequency, pixel)
    basis[0] /= math.sqrt(2)
    blocks = planes.unflatten(3, (-1, 8)).unflatten(2, (-1, 8)).transpose(3, 4)  # (B, C, h, w, 8, 8)
    steps = table[:, None, None, None]
    waves = ((basis @ blocks @ basis.T) / steps).round() * steps
    return (basis.T @ waves @ basis).transpose(3, 4).flatten(4, 5).flatten(2, 3)
