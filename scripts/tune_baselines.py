"""Find the settings of the baselines, on pictures that nothing is reported on.

    python scripts/tune_baselines.py FOLDER_OF_CLEAN_PICTURES

A baseline gets its best setting, or a network looks better than it is.  Prints PSNR over the mask, the mean over
pictures and two draws of damage, for every setting and case.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch

from inpaint.evaluation import baselines
from inpaint.evaluation.baselines import BASELINES
from inpaint.evaluation.cases import parse_case
from inpaint.evaluation.damaging import damage, picture_key
from inpaint.evaluation.pictures import split_of
from inpaint.metrics import PSNR_CAP
from inpaint.metrics.pixelwise import psnr

SIDE = 400  # px that pictures are cut to
DRAWS = 2
SETTINGS = {
    "telea": ("TELEA_REACH", (0.1, 0.25, 0.5, 0.75, 1.0)),
    "navier-stokes": ("NAVIER_STOKES_RADIUS", (3, 5, 9, 15, 21)),
    "bicubic + projection": ("PROJECTION_ROUNDS", (0, 1, 3, 10, 20)),
}
CASES = {
    "hole": ("hole-freeform", "hole-bars", "hole-scribbles", "hole-blobs"),
    "mosaic": ("mosaic-4", "mosaic-8", "mosaic-16"),
}


def mean_psnr(pictures: list[tuple[str, torch.Tensor]], case_name: str, restore: Callable) -> float:
    """Restore all pictures and return the mean PSNR over the mask, dB."""
    case, found = parse_case(case_name), []
    for name, target in pictures:
        for seed in range(DRAWS):
            image, mask, grid, _ = damage(target, case, seed=seed, key=picture_key(name, target))
            restored = (restore(image, mask, grid) * 255).round() / 255
            found.append(min(psnr(restored[None], target[None], mask[None]).item(), PSNR_CAP))
    return float(np.mean(found))


def main() -> None:
    """Try every setting of every baseline that has one."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="clean pictures")
    folder = parser.parse_args().folder
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    pictures = [(it.name, (it.picture.tensor()[:, :SIDE, :SIDE] * 255).round() / 255) for it in split_of(folder)]
    for censor, choices in BASELINES.items():
        for name in SETTINGS.keys() & choices.keys():
            setting, values = SETTINGS[name]
            for case in CASES[censor]:
                line = []
                for value in values:
                    setattr(baselines, setting, value)
                    line.append(f"{value}: {mean_psnr(pictures, case, choices[name]):.2f}")
                print(f"{case:14} {name:22} {setting:22} {'  '.join(line)}", flush=True)


if __name__ == "__main__":
    main()
