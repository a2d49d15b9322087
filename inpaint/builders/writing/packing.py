"""Pack the patches of a dataset into tar shards that webdataset and `inpaint train` read.

    DATASET/SPLIT/SPLIT-000000.tar   KEY.png (or .jpg), KEY.json (its manifest line), KEY.mask.png where annotated, and
                                     KEY.image.png and KEY.mask.png where censoring was baked in
    DATASET/SPLIT/index.npz          where each picture lies (see inpaint/data/shards.py)
    DATASET/shards.json              every shard with its count, size and sha256

A key is the patch's name without suffix; webdataset ends a key at the first dot, so dots become underscores.  The
same patches give the same bytes: members are sorted, all of time 0 and owned by nobody.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from inpaint.data.shards import Shards
from inpaint.files import atomically, write_text

SHARDS_VERSION = 1
ShardSample = tuple[str, Mapping[str, bytes]]  # key, and content by kind: {"png": ..., "json": ...}


def shard_key(file: str) -> str:
    """Return the key of a patch by the name of its file."""
    return Path(file).stem.replace(".", "_")


def write_shards(
    folder: Path, split: str, samples: Iterable[ShardSample], *, shard_size: int = 1000
) -> list[dict[str, Any]]:
    """Write the shards of a split, FOLDER/SPLIT/SPLIT-000000.tar and so on, and return their entries for shards.json.

    Raises ValueError for a key with a dot, and for one that comes twice in a shard.
    """
    if shard_size < 1:
        raise ValueError(f"shard_size is {shard_size}; a shard holds at least 1 sample")
    stream, entries = iter(samples), []
    while chosen := list(islice(stream, shard_size)):
        path = folder / split / f"{split}-{len(entries):06}.tar"
        with atomically(path) as temporary:
            _write_tar(temporary, chosen)
            entry = {"file": f"{split}/{path.name}", "split": split, "count": len(chosen)}
            entries.append(entry | {"bytes": temporary.stat().st_size, "sha256": file_sha256(temporary)})
    return entries


def pack_dataset(dataset: Path, *, shard_size: int = 1000) -> dict[str, Any]:
    """Pack every split of a dataset folder into shards, in the order of the files' names; return what shards.json says.

    The packed files are removed when all shards are written.  Packing that was stopped is begun again.
    """
    places: dict[str, list[tuple[str, int]]] = {}
    with (dataset / "manifest.jsonl").open("rb") as manifest:
        offset = 0
        for line in manifest:
            parsed = json.loads(line)
            places.setdefault(parsed["split"], []).append((parsed["file"], offset))
            offset += len(line)
        entries = []
        for split, found in sorted(places.items()):
            samples = _samples(dataset, manifest, sorted(found))
            entries += write_shards(dataset, split, samples, shard_size=shard_size)
            Shards(dataset / split)  # makes its index
    index = {"version": SHARDS_VERSION, "shard_size": shard_size, "shards": entries}
    write_text(dataset / "shards.json", json.dumps(index, indent=2) + "\n")
    for found in places.values():
        for file, _ in found:
            (dataset / file).unlink()
    for name in ("censored", "masks"):
        shutil.rmtree(dataset / name, ignore_errors=True)
    return index


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _samples(dataset: Path, manifest: Any, places: Iterable[tuple[str, int]]) -> Iterator[ShardSample]:
    """Yield the samples of a split; places: file and where its line begins in the manifest."""
    for file, offset in places:
        manifest.seek(offset)
        line = manifest.readline().rstrip(b"\n")
        content = {Path(file).suffix[1:].lower(): (dataset / file).read_bytes(), "json": line}
        entry = json.loads(line)
        if "mask" in entry:  # what is annotated; baked-in censoring has a mask of its own
            content["mask.png"] = (dataset / entry["mask"]["file"]).read_bytes()
        for kind, baked in entry.get("censor", {}).get("files", {}).items():
            content[f"{kind}.png"] = (dataset / baked["file"]).read_bytes()
        yield shard_key(file), content


def _write_tar(path: Path, samples: Iterable[ShardSample]) -> None:
    seen = set()
    with path.open("wb") as file, tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for key, content in samples:
            if "." in key.rpartition("/")[2] or key in seen:
                raise ValueError(f"{key!r} cannot be a key: it holds a dot, or comes twice in {os.fspath(path)}")
            seen.add(key)
            for kind, data in sorted(content.items()):
                member = tarfile.TarInfo(f"{key}.{kind}")
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))  # time 0, owner 0 and mode 644 are what TarInfo begins with
