"""Manifests of pictures: CSV (comma, semicolon or tab) or JSONL with a column for the file or the URL of each.

Every other column is a fact about the picture: licence, author, artist, series, sha256, ...
"""

from __future__ import annotations

import csv
import json
import posixpath
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from inpaint.builders.sources.source import Facts
from inpaint.builders.sources.text import text_encoding

MANIFEST_SUFFIXES = (".csv", ".jsonl", ".ndjson", ".tsv")
FILE_COLUMNS = ("file", "path", "filename", "file_name")  # columns, the first that is there counts
ENCODING_BYTES = 1 << 20  # by which the encoding is told
URL_COLUMN = "url"


class ManifestRow(NamedTuple):
    """One picture of a manifest."""

    where: str  # "pictures.csv, line 3"
    file: str  # as written, relative to the manifest; "" where only a URL is given
    url: str
    facts: Facts  # every column but the file's


def manifest_rows(path: Path) -> Iterator[ManifestRow]:
    """Yield the pictures of a manifest in order; blank lines and rows without file and URL are passed over.

    Raises ValueError, naming file and line, for what is no CSV or JSONL, and for a row without such columns.
    """
    for where, columns in manifest_records(path):
        file, url = _column(columns, FILE_COLUMNS), _column(columns, (URL_COLUMN,))
        if file is None and url is None:
            needed = ", ".join((*FILE_COLUMNS, URL_COLUMN))
            raise ValueError(f"{where} has the columns {', '.join(columns)}; one of {needed} is needed")
        row = ManifestRow(where, columns.get(file or "", ""), columns.get(url or "", ""), _facts(columns, file))
        if row.file or row.url:
            yield row


def _column(columns: dict[str, str], wanted: tuple[str, ...]) -> str | None:
    """Return the first of the wanted columns that is there, in any case of letters."""
    names = {name.lower(): name for name in columns}
    return next((names[name] for name in wanted if name in names), None)


def _facts(columns: dict[str, str], file: str | None) -> Facts:
    return tuple(sorted((name, value) for name, value in columns.items() if name != file and value))


def manifest_records(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield ("NAME, line N", columns) for every row of a CSV or line of a JSONL file; values are stripped text.

    Lists become their items joined by commas, null the empty text.  Raises ValueError for what cannot be read.
    """
    try:
        yield from _of_table(path) if path.suffix.lower() in (".csv", ".tsv") else _of_lines(path)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not {error.encoding} text: {error.reason} at byte {error.start}") from None
    except csv.Error as error:
        raise ValueError(f"{path} is not a CSV file that can be read: {error}") from None


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        found = text_encoding(file.read(ENCODING_BYTES), str(path))
    return "utf-8-sig" if found == "utf-8" else found


def _of_table(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    with path.open(encoding=_encoding(path), newline="") as file:
        head = file.readline()
        file.seek(0)
        rows = csv.reader(file, delimiter=max(",;\t", key=head.count))
        names = [name.strip().lstrip("#") for name in next(rows, [])]
        if len(set(names)) < len(names):
            raise ValueError(f"{path} has the columns {', '.join(names)}: each needs a name of its own")
        for row in rows:
            if len(row) > len(names):
                raise ValueError(f"{path}, line {rows.line_num} has {len(row)} values for {len(names)} columns")
            if any(row):
                values = [*map(str.strip, row), *[""] * (len(names) - len(row))]
                yield f"{path}, line {rows.line_num}", dict(zip(names, values, strict=True))


def _of_lines(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    with path.open(encoding=_encoding(path)) as file:
        for number, line in enumerate(file, 1):
            where = f"{path}, line {number}"
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise ValueError(f"{where} is not JSON: {error}") from None
            if not isinstance(record, dict):
                raise ValueError(f"{where} should hold an object {{...}}, it holds {type(record).__name__}")
            yield where, {name: _text(value) for name, value in record.items()}


def _text(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    if value is None or isinstance(value, str):
        return (value or "").strip()
    return json.dumps(value, ensure_ascii=False)


class Lender:
    """The facts of a manifest for the pictures beside it, held on disk: a million of them need no memory."""

    def __init__(self, manifest: Path):
        """Take in the rows that name a file; a manifest without a file column lends nothing."""
        self.folder = manifest.parent
        self._table = sqlite3.connect("")  # a temporary file that removes itself
        self._table.execute("create table facts (file blob primary key, facts text) without rowid")
        with self._table:
            self._table.executemany("insert or ignore into facts values (?, ?)", self._lent(manifest))

    @staticmethod
    def _lent(manifest: Path) -> Iterator[tuple[bytes, str]]:
        for _, columns in manifest_records(manifest):
            file = _column(columns, FILE_COLUMNS)
            if file is None:
                return
            yield _key(columns[file]), json.dumps(_facts(columns, file))

    def facts(self, path: Path) -> Facts:
        """Return what is known about a picture that lies below the manifest's folder; () where nothing is."""
        key = _key(path.relative_to(self.folder).as_posix())
        found = self._table.execute("select facts from facts where file = ?", (key,)).fetchone()
        return tuple((name, value) for name, value in json.loads(found[0])) if found else ()


def _key(file: str) -> bytes:
    return posixpath.normpath(file.replace("\\", "/")).encode("utf-8", "surrogateescape")
