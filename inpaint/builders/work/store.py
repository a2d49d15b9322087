"""What is known of every picture so far, in a database: one row per source, one per finding, one per verdict.

What is kept in memory does not grow with the pictures: sources stream in, findings and members stream out.  Names and
paths are stored as bytes, because a file name need not be text.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np

from inpaint.builders.sources.source import SourcePicture
from inpaint.builders.work.records import (
    FINDING_COLUMNS,
    FINDING_VALUES,
    SOURCE_COLUMNS,
    Finding,
    Member,
    Rejection,
    finding_row,
    kept_finding,
    source_from_row,
    source_row,
    text_from_bytes,
    text_to_bytes,
)

SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sources (
    id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, path BLOB NOT NULL, member BLOB NOT NULL, told TEXT NOT NULL,
    problem BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS findings (
    id INTEGER PRIMARY KEY, rule TEXT NOT NULL, detail BLOB NOT NULL, digest TEXT NOT NULL, height INTEGER NOT NULL,
    width INTEGER NOT NULL, bytes INTEGER NOT NULL, hashes BLOB NOT NULL, thumbnails BLOB NOT NULL,
    patches TEXT NOT NULL, count INTEGER NOT NULL, quality TEXT NOT NULL, worth REAL NOT NULL,
    left_out TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS features (id INTEGER PRIMARY KEY, data BLOB NOT NULL, corners BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS verdicts (
    id INTEGER PRIMARY KEY, rule TEXT NOT NULL, detail BLOB NOT NULL, key TEXT NOT NULL, split TEXT NOT NULL,
    partner INTEGER NOT NULL
);
"""
INSERT_VERDICT = "INSERT INTO verdicts VALUES (?, ?, ?, ?, ?, ?)"
DATABASE_FILE = "store.sqlite"
BATCH_ROWS = 500  # rows that are inserted or asked for at once
BatchItem = TypeVar("BatchItem")


class Store:
    """The database of a work folder; at most one process has it open."""

    def __init__(self, folder: Path) -> None:
        """Open the database, new or begun.  Raises ValueError where another process has it open."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.database = sqlite3.connect(folder / DATABASE_FILE, timeout=0.5, isolation_level=None)
        try:
            self.database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self.database.execute("PRAGMA journal_mode = WAL")
            self.database.execute("PRAGMA synchronous = NORMAL")
            self.database.executescript(f"BEGIN EXCLUSIVE; {SCHEMA} COMMIT;")
        except sqlite3.OperationalError as error:
            self.database.close()
            raise ValueError(f"another build is using {folder}, or it cannot be written ({error})") from None
        except sqlite3.DatabaseError as error:
            self.database.close()
            raise ValueError(f"{folder} holds a damaged database ({error}): remove it to start over") from None

    def close(self) -> None:
        """Let another process open the database."""
        self.database.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit what is written in the block, all of it, or nothing where an error ends it."""
        self.database.execute("BEGIN")
        try:
            yield self.database
        except BaseException:
            self.database.execute("ROLLBACK")
            raise
        self.database.execute("COMMIT")

    def fact(self, key: str) -> str | None:
        """Return what was remembered under a key."""
        row = self.database.execute("SELECT value FROM facts WHERE key = ?", (key,)).fetchone()
        return None if row is None else row[0]

    def remember(self, key: str, value: str) -> None:
        """Write down one fact about the build."""
        self.database.execute("REPLACE INTO facts VALUES (?, ?)", (key, value))

    def list_sources(self, sources: Iterable[SourcePicture]) -> None:
        """Write the list of sources down, or make sure that it is still the one that was written down.

        Raises ValueError where a picture has come, gone or changed since.
        """
        listed, sums = self.fact("sources"), 0  # of digests, so that the order does not matter
        if listed is None:
            self.database.execute("DELETE FROM sources")  # of a list that was never finished
        for batch in batches(sources, BATCH_ROWS):
            for source in batch:
                digest = hashlib.sha256(text_to_bytes(repr((*source, _state(source.path))))).digest()
                sums += int.from_bytes(digest, "big")
            if listed is None:
                with self.transaction() as database:
                    rows = map(source_row, batch)
                    database.executemany("INSERT INTO sources VALUES (NULL, ?, ?, ?, ?, ?)", rows)
        seal = f"{sums % 2**256:064x}"
        if listed is None:
            self.remember("sources", seal)
        elif listed != seal:
            raise ValueError(
                f"the pictures in the sources have changed since {self.folder} was begun: start over with "
                "--restart, or choose another output"
            )

    def count(self, table: str) -> int:
        """Return the number of rows of a table."""
        return self.database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]

    def pending(self) -> Iterator[tuple[int, SourcePicture]]:
        """Yield the sources that were not examined when this began, numbered, in the order of their numbers."""
        last = 0
        while True:
            rows = self.database.execute(
                f"SELECT id, {SOURCE_COLUMNS} FROM sources WHERE id > ? AND id NOT IN (SELECT id FROM findings) "
                "ORDER BY id LIMIT ?",
                (last, BATCH_ROWS),
            ).fetchall()
            if not rows:
                return
            yield from ((row[0], source_from_row(row[1:])) for row in rows)
            last = rows[-1][0]

    def add(self, findings: Sequence[tuple[int, Finding]]) -> None:
        """Write findings down, all or none; their patches lie in the staging folder already."""
        rows = ((number, *finding_row(finding)) for number, finding in findings)
        marks = ", ".join("?" * FINDING_VALUES)
        with self.transaction() as database:
            database.executemany(f"INSERT INTO findings VALUES ({marks})", rows)
            seen = ((number, finding.features, finding.corners) for number, finding in findings if not finding.rule)
            database.executemany("INSERT INTO features VALUES (?, ?, ?)", seen)

    def features(self, number: int, column: str = "data") -> bytes:
        """Return the features, or the corners, of a picture that no rule rejected when it was examined."""
        return self.database.execute(f"SELECT {column} FROM features WHERE id = ?", (number,)).fetchone()[0]

    def thumbnails(self, numbers: np.ndarray, part: int, side: int) -> np.ndarray:
        """Return the thumbnails of pictures, (N, side * side) uint8; part 0 is the whole, 1 to 4 are the quarters."""
        found = np.zeros((len(numbers), side * side), np.uint8)
        for start in range(0, len(numbers), BATCH_ROWS):
            chosen = numbers[start : start + BATCH_ROWS].tolist()
            marks = ",".join("?" * len(chosen))
            query = f"SELECT id, substr(thumbnails, ?, ?) FROM findings WHERE id IN ({marks})"
            rows = dict(self.database.execute(query, (part * side * side + 1, side * side, *chosen)).fetchall())
            for index, number in enumerate(chosen, start):
                found[index] = np.frombuffer(rows[number], np.uint8)
        return found

    def names(self) -> Iterator[str]:
        """Yield the name of every source, sorted."""
        for (name,) in self.database.execute("SELECT name FROM sources ORDER BY name"):
            yield text_from_bytes(name)

    def left_out(self) -> dict[str, int]:
        """Return how many annotated regions gave no patch, by the reason."""
        total: dict[str, int] = {}
        for (row,) in self.database.execute("SELECT left_out FROM findings WHERE left_out <> '{}'"):
            for why, count in json.loads(row).items():
                total[why] = total.get(why, 0) + count
        return dict(sorted(total.items()))

    def sources(self, numbers: Sequence[int]) -> dict[int, SourcePicture]:
        """Return at most BATCH_ROWS sources by their numbers."""
        marks = ",".join("?" * len(numbers))
        query = f"SELECT {SOURCE_COLUMNS}, id FROM sources WHERE id IN ({marks})"
        return {row[-1]: source_from_row(row) for row in self.database.execute(query, tuple(numbers))}

    def source_named(self, name: str) -> SourcePicture:
        """Return the source of this name.  Raises ValueError where there is none."""
        row = self.database.execute(
            f"SELECT {SOURCE_COLUMNS} FROM sources WHERE name = ?", (text_to_bytes(name),)
        ).fetchone()
        if row is None:
            raise ValueError(f"no source is called {name!r}")
        return source_from_row(row)

    def rejected(self) -> Iterator[Rejection]:
        """Yield every rejected picture, by whatever rule, sorted by name."""
        query = (
            "SELECT sources.name, verdicts.rule, verdicts.detail, kept.name FROM sources JOIN verdicts USING (id) "
            "LEFT JOIN sources AS kept ON kept.id = verdicts.partner WHERE verdicts.rule <> '' ORDER BY sources.name"
        )
        for name, rule, detail, kept in self.database.execute(query):
            yield Rejection(text_from_bytes(name), rule, text_from_bytes(detail), text_from_bytes(kept or b""))

    def members(self) -> Iterator[Member]:
        """Yield every kept picture with its group and split, sorted by name."""
        query = (
            f"SELECT {SOURCE_COLUMNS}, {FINDING_COLUMNS}, verdicts.key, verdicts.split FROM sources "
            "JOIN findings USING (id) JOIN verdicts USING (id) WHERE verdicts.rule = '' ORDER BY sources.name"
        )
        for row in self.database.execute(query):
            yield Member(kept_finding(source_from_row(row[:5]), row[5:-2]), row[-2], row[-1])


def batches(items: Iterable[BatchItem], size: int) -> Iterator[list[BatchItem]]:
    """Yield the items in lists of this size; the last one may be shorter."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def _state(path: Path) -> tuple[int, int] | None:
    """Return what changes when a file does, or None where it is gone."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_size, stat.st_mtime_ns
