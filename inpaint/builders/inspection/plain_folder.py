"""Survey a folder of pictures or of shards that no builder wrote: what it holds and what would become of it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from inpaint.builders.inspection.faults import Faults
from inpaint.builders.report.statistics import SIDE_EDGES, bucket, histogram
from inpaint.builders.report.text_tables import text_bars
from inpaint.builders.sources.other_files import OtherFiles
from inpaint.data.decode import colour_of
from inpaint.data.shards import PICTURE_KINDS, shard_members, shards_in
from inpaint.images import find

USUAL_PATCH_SIDE = 256  # px, the usual side of a patch


def inspect_plain_folder(folder: Path, *, progress: Callable[[int, int], None] | None = None) -> tuple[list[str], str]:
    """Return what is wrong with the pictures below a folder, as sentences, and tables of what they are.

    Raises ValueError where it holds no picture.
    """
    shards = sorted({shard for it in (folder, *folder.iterdir()) if it.is_dir() for shard in shards_in(it)})
    paths = [] if shards else find(folder)
    faults, counts = Faults(), {"format": Counter(), "side": Counter()}
    digests: set[bytes] = set()
    done = doubles = small = 0
    for name, data in _of_shards(shards) if shards else ((str(path), path.read_bytes()) for path in paths):
        done += 1
        if progress is not None:
            progress(done, max(done, len(paths)))
        digest = hashlib.sha256(data).digest()[:16]
        doubles += digest in digests
        digests.add(digest)
        try:
            side = min(colour_of(data, name).shape[:2])
        except ValueError as error:
            faults.add("pictures cannot be read", str(error))
            continue
        small += side < USUAL_PATCH_SIDE
        counts["format"][Path(name.rpartition(": ")[2]).suffix.lower()] += 1
        counts["side"][bucket(side, SIDE_EDGES)] += 1
    if not done:
        others = OtherFiles()
        for path in folder.rglob("*"):
            if path.is_file():
                others.add(path.name)
        raise ValueError(f"{folder} holds neither a dataset nor pictures that can be read{others.sentence()}")
    kind = f"{len(shards)} shards with {done} pictures" if shards else f"{done} pictures"
    opening = [
        f"{folder} was not made by `inpaint build-dataset`: it holds {kind}, {doubles} of them copies of another."
    ]
    if small:
        opening.append(f"{small} are smaller than the usual patch of {USUAL_PATCH_SIDE} px.")
    blocks = [" ".join(opening)]
    for heading, found in (
        ("pictures by format", dict(counts["format"].most_common())),
        ("pictures by shorter side, px", histogram(counts["side"], SIDE_EDGES)),
    ):
        if found:
            blocks.append(f"{heading}\n{text_bars(found)}")
    if not shards:
        blocks.append(f"For splits without leaks: inpaint build-dataset {folder} --output DATASET")
    return faults.sentences(), "\n\n".join(blocks)


def _of_shards(shards: list[Path]) -> Iterator[tuple[str, bytes]]:
    for shard in shards:
        with shard.open("rb") as file:
            for key, kind, offset, size in shard_members(shard):
                if kind in PICTURE_KINDS:
                    file.seek(offset)
                    yield f"{shard}: {key}.{kind}", file.read(size)
