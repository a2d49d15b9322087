"""Where the training of bundled networks reads and writes, and how small a trial of it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from inpaint.files import write_text
from inpaint.weights import bundled_path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("photos", "textures", "drawings", "val_photos", "val_drawings", "val_fronts")
TRIAL_CELLS = ["--batch", "4", "--tries", "1", "--width", "8", "--blocks", "1", "--deep", "16", "--deep-blocks", "1"]
TRIAL_VIVID = ["--batch", "3", "--tries", "1", "--critic", "4", "--every", "1"]
TRIAL_HOLES = ["--batch", "2", "--no-compile", "--set", "widths=[8, 8, 8]", "--set", "blocks=[1, 1]"]
TRIAL_HOLES += ["--set", "middle=2", "--set", "sight=[fourier]"]
TRIAL_UNET = ["steps=2", "data.batch=2", "data.crop=128", "data.workers=0", "data.validation_samples=2"]
TRIAL_UNET += [
    "every={log: 1, samples: 2, validate: 1, save: 1}",
    "generator.widths=[4, 8, 8]",
    "precision=float32",
    "optim.generator.warmup=0",
]
TRIAL_TEXTURE = ["discriminators.discriminator.width=4", "features=null", "recipe.weights={hole_charbonnier: 1.0}"]


class Place(NamedTuple):
    """A folder for everything, and whether it is for a trial, whose networks stay out of the package."""

    runs: Path = ROOT / "runs"
    trial: bool = False

    @property
    def data(self) -> Path:
        return self.runs / "bundled_data"

    @property
    def patches(self) -> Path:
        """What texture, and the network that it starts from, learn from."""
        return self.runs / "default_data"

    def weights(self, name: str) -> Path:
        """Return where a network is written."""
        return self.runs / "weights" / f"{name}.safetensors" if self.trial else bundled_path(name)


def draw_pictures(place: Place) -> None:
    """Draw two pictures for each folder, as fetching and dividing leave them; for trials without a network."""
    records = []
    for number in range(2 * len(FOLDERS)):
        rng, folder = np.random.default_rng(number), FOLDERS[number // 2]
        coarse = rng.integers(0, 256, (12, 12, 3), np.uint8)
        picture = cv2.resize(coarse, (400, 384), interpolation=cv2.INTER_CUBIC)
        for x, y, radius in rng.integers(8, 360, (12, 3)).tolist():
            colour = rng.integers(0, 256, 3).tolist()
            cv2.circle(picture, (x, y), radius // 8 + 3, colour, -1)
        path = place.data / folder / f"drawn-{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)
        told = {"package": "drawn", "version": "1", "licences": ["CC0-1.0"]}
        records.append({"folder": folder, "file": path.name, **told})
    write_text(place.data / "licences.jsonl", "".join(json.dumps(one) + "\n" for one in records))
