"""Clean pictures and masks on one device, from which crops are drawn there in batches, and pictures to validate on."""

from __future__ import annotations

import io
import itertools
import math
import tarfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from inpaint.degradation.masks import MASKS
from inpaint.degradation.smooth import smooth_fill

LARGEST_SHRINK = 3.0
VERSIONS = 3  # of each picture: as it is, and shrunk by two factors of its own
MASK_COUNT, MASK_SIDE = 4000, 320  # crops of the masks are taken, turned and mirrored
VALIDATED, VALIDATION_SIDE = 16, 320  # pictures of a set, and their side, pixels


class Bank(NamedTuple):
    """Pictures of all sizes on one device."""

    pixels: Tensor  # (pixels of all pictures, 3), uint8
    starts: Tensor  # (P,), where a picture begins
    sizes: Tensor  # (P, 2), its height and width
    shares: Tensor  # (P,), how often it is drawn


def encoded(path: Path) -> Iterator[bytes]:
    """Yield the files of a folder or a .tar in the order of their names."""
    if path.is_dir():
        yield from (file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file())
        return
    with tarfile.open(path) as tar:
        for member in sorted((it for it in tar if it.isfile()), key=lambda it: it.name):
            file = tar.extractfile(member)
            assert file is not None
            yield file.read()


def decoded(data: bytes) -> np.ndarray | None:
    """Return a picture as RGB, uint8 (H, W, 3), or None for what is no picture."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            return np.array(picture.convert("RGB"))
    except UnidentifiedImageError:
        return None


def versions(number: int, data: bytes, side: int) -> list[np.ndarray]:
    """Return a picture in several sizes, at least `side` pixels each way."""
    picture, rng = decoded(data), np.random.default_rng(number)
    if picture is None or min(picture.shape[:2]) < side:
        return []
    most = min(LARGEST_SHRINK, min(picture.shape[:2]) / side)
    shrunk = [picture]
    for factor in most ** rng.uniform(0.15, 1.0, VERSIONS - 1):
        size = (max(side, round(picture.shape[1] / factor)), max(side, round(picture.shape[0] / factor)))
        shrunk.append(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
    return shrunk


def bank_of(kinds: Sequence[tuple[Path, float]], side: int, device: torch.device) -> Bank:
    """Read all pictures of several kinds, each kind with its share of the crops, large pictures more often."""
    pictures, shares = [], []
    for path, share in kinds:
        with ThreadPoolExecutor() as pool:
            found = pool.map(versions, itertools.count(), encoded(path), itertools.repeat(side))
            mine = [picture for several in found for picture in several]
        if not mine:
            raise ValueError(f"{path} holds no picture of at least {side} pixels a side")
        # A version's pixels count by their root: crops of a shrunk picture tell more.
        weights = np.array([math.sqrt(picture.shape[0] * picture.shape[1]) for picture in mine])
        shares.append(share * weights / weights.sum())
        pictures += mine
    sizes = torch.tensor([picture.shape[:2] for picture in pictures])
    ends = sizes.prod(1).cumsum(0)
    pixels = torch.empty(int(ends[-1]), 3, dtype=torch.uint8)
    for picture, end in zip(pictures, ends.tolist(), strict=True):
        pixels[end - picture.shape[0] * picture.shape[1] : end] = torch.from_numpy(picture.reshape(-1, 3))
    parts = (pixels, ends - sizes.prod(1), sizes, torch.from_numpy(np.concatenate(shares)).float())
    return Bank(*(part.to(device) for part in parts))


def masks_of(choices: Sequence[dict[str, Any]], device: torch.device, count: int = MASK_COUNT) -> Tensor:
    """Draw masks from a config's choices, (count, MASK_SIDE, MASK_SIDE) bool."""
    shares = np.array([choice.get("share", 1.0) for choice in choices])
    samplers = [
        MASKS[choice["name"]](**{key: value for key, value in choice.items() if key not in ("name", "share")})
        for choice in choices
    ]
    drawn = np.random.default_rng(0).choice(len(samplers), count, p=shares / shares.sum())

    def one(number: int) -> Tensor:
        rng = torch.Generator().manual_seed(number)
        return samplers[drawn[number]]((MASK_SIDE, MASK_SIDE), rng)[0] > 0.5

    with ThreadPoolExecutor() as pool:
        return torch.stack(list(pool.map(one, range(count)))).to(device)


def places(count: int, side: int, sizes: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw where crops lie in pictures of these sizes (count, 2), turned and mirrored: rows, columns (count, S, S)."""
    device = sizes.device
    corner = (torch.rand(count, 2, generator=rng, device=device) * (sizes - side + 1)).long()[:, :, None, None]
    turn, upright, sideways = torch.randint(0, 2, (3, count, 1, 1), generator=rng, device=device, dtype=torch.bool)
    steps = torch.arange(side, device=device)
    down, right = steps[None, :, None], steps[None, None, :]
    down, right = torch.where(turn, right, down), torch.where(turn, down, right)
    down, right = torch.where(upright, side - 1 - down, down), torch.where(sideways, side - 1 - right, right)
    return corner[:, 0] + down, corner[:, 1] + right


def crops(bank: Bank, count: int, side: int, rng: torch.Generator) -> Tensor:
    """Draw crops of pictures, (count, 3, side, side) in [0, 1]."""
    chosen = torch.multinomial(bank.shares, count, replacement=True, generator=rng)
    rows, columns = places(count, side, bank.sizes[chosen], rng)
    index = bank.starts[chosen][:, None, None] + rows * bank.sizes[chosen][:, 1, None, None] + columns
    return bank.pixels[index].permute(0, 3, 1, 2).float().div_(255)


def holes(masks: Tensor, count: int, side: int, rng: torch.Generator) -> Tensor:
    """Draw crops of masks, (count, 1, side, side)."""
    chosen = torch.randint(0, len(masks), (count,), generator=rng, device=masks.device)
    sizes = torch.full((count, 2), masks.shape[1], device=masks.device)
    rows, columns = places(count, side, sizes, rng)
    return masks[chosen[:, None, None], rows, columns][:, None].float()


class Case(NamedTuple):
    """A picture to validate on."""

    name: str
    target: Tensor  # (1, 3, H, W)
    mask: Tensor
    guess: Tensor


def cases_of(name: str, path: Path, multiple: int) -> list[Case]:
    """Cut the middles out of the pictures of a folder or .tar and put fixed scribbles and boxes on them."""
    found = []
    for number, data in enumerate(itertools.islice(encoded(path), VALIDATED)):
        picture = decoded(data)
        side = VALIDATION_SIDE // multiple * multiple
        if picture is None or min(picture.shape[:2]) < side:
            continue
        top, left = (picture.shape[0] - side) // 2, (picture.shape[1] - side) // 2
        middle = np.ascontiguousarray(picture[top : top + side, left : left + side])
        target = torch.from_numpy(middle).permute(2, 0, 1)[None].float() / 255
        for kind, sampler in (
            ("scribbles", MASKS["scribbles"](count=[7, 9])),
            ("boxes", MASKS["boxes"](times=[4, 4], sides=[48, 48], margin=0)),
        ):
            mask = sampler((side, side), torch.Generator().manual_seed(number))[None]
            found.append(Case(f"{name} {kind}", target, mask, smooth_fill(target, mask)))
    return found
