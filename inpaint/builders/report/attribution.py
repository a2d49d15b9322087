"""Who made the pictures of a dataset and under which licence: for its manifest, its description and the model card.

Manifests name the same thing in many ways (licence, license, licences; author, artist, copyright); the columns below
are looked for in their order, in any case of letters.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from inpaint.builders.sources.source import Facts
from inpaint.files import atomically, write_text

LICENCE_COLUMNS = ("licence", "license", "licences", "licenses", "license_name", "rights")
AUTHOR_COLUMNS = ("author", "authors", "artist", "creator", "photographer", "copyright", "attribution")
ORIGIN_COLUMNS = ("url", "source_url", "page", "landing_url", "foreign_landing_url", "homepage", "package", "source")
UNSTATED = "not stated"


class Credit(NamedTuple):
    """What is owed for a picture; a field is "" where nothing is known."""

    licence: str
    author: str
    origin: str  # an address, or the name and version of the package that the picture comes from

    @property
    def place(self) -> str:
        """The origin without what tells one picture from another: the host of an address, or the package."""
        parts = urlsplit(self.origin) if self.origin.startswith(("http://", "https://")) else None
        return self.origin if parts is None else parts.netloc


def credit_of(facts: Facts | Mapping[str, str]) -> Credit:
    """Return the licence, author and origin among the facts about a picture, as manifests name them."""
    named = {name.lower(): str(value) for name, value in dict(facts).items() if value}

    def first(names: tuple[str, ...]) -> str:
        return next((named[name] for name in names if name in named), "")

    origin = first(ORIGIN_COLUMNS)
    if origin and origin == named.get("package"):
        origin = f"{origin} {named.get('version', '')}".strip()
    return Credit(first(LICENCE_COLUMNS), first(AUTHOR_COLUMNS), origin)


def write_credits(folder: Path, pictures: Iterable[tuple[str, Facts | Mapping[str, str]]]) -> dict[str, int]:
    """Write who is to be credited into a dataset's folder, and return the number of pictures of each licence.

    pictures: (name, facts) of every kept picture, in the order in which they shall stand; they are not held in memory.
    FOLDER/credits.jsonl gets a line for each (source, licence, author, origin); FOLDER/ATTRIBUTION.md a table of all
    that share licence, author and place.  The counts, most frequent first, belong into dataset.json ("licences").
    """
    counts: Counter[Credit] = Counter()
    lines = folder / "credits.jsonl"
    with atomically(lines) as temporary, temporary.open("w", encoding="utf-8", errors="backslashreplace") as file:
        for name, facts in pictures:
            one = credit_of(facts)
            file.write(json.dumps({"source": name, **one._asdict()}, ensure_ascii=False) + "\n")
            counts[one._replace(origin=one.place)] += 1
    write_text(folder / "ATTRIBUTION.md", f"{ATTRIBUTION_HEADING}\n{attribution_table(counts)}\n")
    return licence_counts(counts)


def licences_of(split: Path) -> dict[str, int]:
    """Return the number of pictures of each licence in the dataset that a split belongs to; {} where it tells none."""
    described = Path(split).resolve().parent / "dataset.json"
    return (
        json.loads(described.read_text(encoding="utf-8")).get("licences", {})
        if split.is_dir() and described.is_file()
        else {}
    )


ATTRIBUTION_HEADING = """# Attribution

The patches of this dataset were cut from the pictures of these authors; credits.jsonl has a line for each picture.
Whoever passes the dataset on passes this file on.
"""


def licence_counts(credits: Counter[Credit]) -> dict[str, int]:
    """Return the number of pictures of each licence, most frequent first."""
    counts: Counter[str] = Counter()
    for one, number in credits.items():
        counts[one.licence or UNSTATED] += number
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def attribution_table(credits: Counter[Credit]) -> str:
    """Return a Markdown table of licences, authors, places and their pictures, sorted."""
    rows = [
        f"| {' | '.join(map(_cell, (one.licence, one.author, one.origin)))} | {number} |"
        for one, number in sorted(credits.items())
    ]
    return "\n".join(["| licence | author | from | pictures |", "| --- | --- | --- | ---: |", *rows])


def _cell(text: str) -> str:
    """Return text as one cell: nothing in it ends the cell or the line, or is read as HTML."""
    plain = " ".join(text.split()) or UNSTATED
    return plain.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
