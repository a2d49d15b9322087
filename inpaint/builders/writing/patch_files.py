"""Read the patches of a finished dataset by their names, whether they lie in folders or in shards."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from inpaint.builders.writing.packing import shard_key
from inpaint.data.decode import colour_of
from inpaint.data.shards import PICTURE_KINDS, shard_members, shards_in


class PatchFiles:
    """The patches of a dataset."""

    def __init__(self, dataset: Path) -> None:
        """Look where they lie; of shards, every member's place is noted."""
        self.dataset = dataset
        self._places: dict[tuple[str, str], tuple[Path, int, int]] = {}
        for split in ("train", "val", "test"):
            for shard in shards_in(dataset / split) if (dataset / split).is_dir() else ():
                for key, kind, offset, size in shard_members(shard):
                    if kind in PICTURE_KINDS:
                        self._places[split, key] = shard, offset, size

    def content(self, file: str) -> bytes:
        """Return the bytes of a patch, by its name in the manifest.  Raises ValueError where it is gone."""
        path = self.dataset / file
        place = self._places.get((Path(file).parts[0], shard_key(file)))
        try:
            if place is None:
                return path.read_bytes()
            with place[0].open("rb") as shard:
                shard.seek(place[1])
                return shard.read(place[2])
        except OSError as error:
            raise ValueError(f"{path} cannot be read: {error}") from None

    def read(self, file: str) -> np.ndarray:
        """Return a patch, (H, W, C) uint8."""
        return colour_of(self.content(file), file)
