"""What is known of a picture: its finding when it was examined, its group and split when all were, and both as rows."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from inpaint.builders.examining.quality import Quality
from inpaint.builders.likeness.fingerprints import Fingerprint
from inpaint.builders.sources.source import SourcePicture


class StagedPatch(NamedTuple):
    """A patch that lies in the staging folder.  Every field is kept as JSON."""

    staged: str  # file name in the staging folder
    box: tuple[int, int, int, int]  # y, x, height, width in pixels of the picture
    scale: float
    sha256: str  # of the PNG file
    total: tuple[int, ...]  # sum of the values 0..255 of each channel
    squares: tuple[int, ...]  # sum of their squares
    mask: str = ""  # sha256 of the PNG file that shows what is annotated, where something is
    labels: tuple[str, ...] = ()  # of what is annotated
    share: float = 0.0  # of the patch that is annotated


class Finding(NamedTuple):
    """What is known of one picture."""

    source: SourcePicture
    rule: str = ""  # that rejects it; "" while it is kept
    detail: str = ""  # why, for a person
    digest: str = ""  # sha256 of the decoded pixels and their shape
    size: tuple[int, int] = (0, 0)  # height, width
    bytes: int = 0  # of the file
    looks: tuple[Fingerprint, ...] = ()  # the whole and its four quarters
    patches: tuple[StagedPatch, ...] = ()
    features: bytes = b""  # as features_to_bytes writes them
    corners: bytes = b""  # as corners_to_bytes writes them, for the second look
    quality: Quality = Quality()
    left_out: tuple[tuple[str, int], ...] = ()  # annotated regions that gave no patch, by the reason


class Rejection(NamedTuple):
    """A rejected picture: its name, the rule, why, and the name of what is kept instead, where something is."""

    source: str
    rule: str
    detail: str
    partner: str


class Member(NamedTuple):
    """A kept picture, its group and its split."""

    finding: Finding
    group: str
    split: str


SOURCE_COLUMNS = "sources.name, sources.path, sources.member, sources.told, sources.problem"
FINDING_VALUES = 14  # columns of the table, with the number
FINDING_COLUMNS = "findings.digest, findings.height, findings.width, findings.bytes, findings.patches"


def source_row(source: SourcePicture) -> tuple[bytes, bytes, bytes, str, bytes]:
    """Return a source as SOURCE_COLUMNS."""
    facts = json.dumps(source.facts)
    return (
        text_to_bytes(source.name),
        os.fsencode(source.path),
        text_to_bytes(source.member),
        facts,
        text_to_bytes(source.problem),
    )


def source_from_row(row: Sequence[Any]) -> SourcePicture:
    """Return the source that SOURCE_COLUMNS hold."""
    facts = tuple((str(key), str(value)) for key, value in json.loads(row[3]))
    return SourcePicture(
        text_from_bytes(row[0]), Path(os.fsdecode(row[1])), text_from_bytes(row[2]), facts, text_from_bytes(row[4])
    )


def finding_row(finding: Finding) -> tuple[Any, ...]:
    """Return all of a finding but its source: rule, detail, ..., hashes, thumbnails, patches, their number, ...."""
    hashes = b"".join(look.bits for look in finding.looks)
    thumbnails = b"".join(look.thumbnail for look in finding.looks)
    patches = json.dumps([patch._asdict() for patch in finding.patches])
    looks = hashes, thumbnails, patches, len(finding.patches)
    quality = json.dumps(finding.quality), finding.quality.worth(finding.size), json.dumps(dict(finding.left_out))
    return finding.rule, text_to_bytes(finding.detail), finding.digest, *finding.size, finding.bytes, *looks, *quality


def kept_finding(source: SourcePicture, row: Sequence[Any]) -> Finding:
    """Return the finding of a kept picture from FINDING_COLUMNS, without its looks, which only judging needs."""
    digest, height, width, length, patches = row
    staged = tuple(
        StagedPatch(**{key: _frozen(value) for key, value in patch.items()}) for patch in json.loads(patches)
    )
    return Finding(source, "", "", digest, (height, width), length, (), staged)


def text_to_bytes(text: str) -> bytes:
    """Return a text as bytes; a file name that is no UTF-8 has lone surrogates in it, which come back as they were."""
    return text.encode("utf-8", "surrogateescape")


def text_from_bytes(data: bytes) -> str:
    """Return the text that `text_to_bytes` made these bytes of."""
    return data.decode("utf-8", "surrogateescape")


def _frozen(value: Any) -> Any:
    """Turn the lists of JSON back into tuples."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
