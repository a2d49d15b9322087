"""In which order pictures are preferred, and which are rejected because another shows the same."""

from __future__ import annotations

import json
from typing import NamedTuple

import numpy as np

from inpaint.builders.examining.quality import Quality, why_better
from inpaint.builders.likeness.fingerprints import FINGERPRINTED_PARTS
from inpaint.builders.work.store import BATCH_ROWS, INSERT_VERDICT, Store, batches

PREFERENCES = {  # what is kept of near-duplicates; ties are broken so that growth does not reorder
    "quality": "worth DESC, height * width DESC, bytes DESC, digest, findings.id",
    "largest": "height * width DESC, bytes DESC, digest, findings.id",
    "first": "sources.name",
}


class Ranking(NamedTuple):
    """Pictures, the preferred ones first."""

    numbers: np.ndarray  # (N,) int64, of the store
    hashes: np.ndarray  # (N, 5) uint64, of the whole and its quarters


def ranked(store: Store, keep: str) -> Ranking:
    """Return the pictures that have no verdict yet.  keep: one of PREFERENCES."""
    query = (
        "SELECT findings.id, hashes FROM findings JOIN sources USING (id) WHERE rule = '' AND findings.id NOT IN "
        f"(SELECT id FROM verdicts) ORDER BY {PREFERENCES[keep]}"
    )
    numbers, hashes = [np.zeros(0, np.int64)], [np.zeros((0, FINGERPRINTED_PARTS), np.uint64)]
    for rows in batches(store.database.execute(query), BATCH_ROWS):
        numbers.append(np.array([number for number, _ in rows], np.int64))
        hashes.append(
            np.frombuffer(b"".join(row for _, row in rows), ">u8").astype(np.uint64).reshape(-1, FINGERPRINTED_PARTS)
        )
    return Ranking(np.concatenate(numbers), np.concatenate(hashes))


def twins(count: int, pairs: np.ndarray) -> np.ndarray:
    """Return for every rank that of the kept picture which makes it a near-duplicate, or itself where it is kept.

    Only what resembles a kept picture itself is rejected: resemblance is not transitive, groups are.
    """
    kept = np.arange(count)
    for one, other in pairs[np.lexsort((pairs[:, 0], pairs[:, 1]))].tolist():
        if kept[one] == one and kept[other] == other:
            kept[other] = one
    return kept


def reject_duplicates(store: Store) -> None:
    """Reject every picture that has the same pixels as one that is earlier by name."""
    query = (
        "SELECT findings.digest, sources.name, findings.id FROM findings JOIN sources USING (id) WHERE findings.rule "
        "= '' AND findings.digest IN (SELECT digest FROM findings WHERE rule = '' GROUP BY digest HAVING count(*) > 1) "
        "ORDER BY findings.digest, sources.name"
    )
    first, rows = ("", b"", 0), []
    for digest, name, number in store.database.execute(query):
        if digest == first[0]:
            rows.append((number, "duplicate", b"the same pixels as " + first[1], "", "", first[2]))
        else:
            first = digest, name, number
    with store.transaction() as database:
        database.executemany(INSERT_VERDICT, rows)


def reject_twins(store: Store, ranking: Ranking, kept: np.ndarray, keep: str) -> None:
    """Reject the near-duplicates, each with the picture that is kept instead, and why that one is kept."""
    query = "SELECT name, quality, height, width FROM findings JOIN sources USING (id) WHERE id = ?"
    with store.transaction() as database:
        for rank in np.flatnonzero(kept != np.arange(len(kept))).tolist():
            numbers = int(ranking.numbers[rank]), int(ranking.numbers[kept[rank]])
            ours, theirs = (database.execute(query, (number,)).fetchone() for number in numbers)
            detail = b"looks like " + theirs[0] + b", which " + _reason(theirs[1:], ours[1:], keep).encode()
            database.execute(INSERT_VERDICT, (numbers[0], "near-duplicate", detail, "", "", numbers[1]))


def _reason(kept: tuple[str, int, int], other: tuple[str, int, int], keep: str) -> str:
    if keep == "quality":
        ones, others = (Quality(*json.loads(row[0])) for row in (kept, other))
        return why_better(ones, kept[1:], others, other[1:])
    if keep == "first":
        return "comes first by name"
    return "is larger" if kept[1] * kept[2] > other[1] * other[2] else "is as large and comes first"
