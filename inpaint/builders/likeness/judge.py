"""Judge what only all pictures together show: duplicates, near-duplicates, groups and splits.

Pictures are ranked, largest first: of pictures that look alike the first is kept.  All that is in memory for a picture
is its number, its five hashes and a few numbers more; thumbnails come from the store when two are compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from inpaint.builders.likeness.fingerprints import FINGERPRINT_SIDE, FINGERPRINTED_PARTS, Bound
from inpaint.builders.likeness.groups import SPLITS, split_groups, split_position, united
from inpaint.builders.likeness.keys import keys_of
from inpaint.builders.likeness.neighbours import pairs_alike
from inpaint.builders.settings import DatasetSettings, NearSettings
from inpaint.builders.work.store import BATCH_ROWS, Store, batches

INSERT_VERDICT = "INSERT INTO verdicts VALUES (?, ?, ?, ?, ?)"
CHECK_ROUNDS = 4  # rounds in which pairs that were overlooked may still be found


class Ranking(NamedTuple):
    """Pictures, largest first; ties are broken so that growth does not reorder."""

    numbers: np.ndarray  # (N,) int64, of the store
    hashes: np.ndarray  # (N, 5) uint64, of the whole and its quarters


def judge_pictures(store: Store, settings: DatasetSettings) -> int:
    """Write a verdict for every picture; return how many pairs that look alike lie in different splits, which is 0.

    When groups and splits are made, pairs are sought anew among the kept pictures, in other tables.  One that was
    overlooked and lies in two splits makes its groups one, and all is checked again.
    """
    with store.transaction() as database:
        database.execute("DELETE FROM verdicts")
        database.execute("INSERT INTO verdicts SELECT id, rule, detail, '', '' FROM findings WHERE rule <> ''")
    if settings.clean.duplicates:
        _reject_duplicates(store)
    ranking = ranked(store)
    pairs = _alike(store, ranking, 0, settings.clean.near_duplicates)
    larger = twins(len(ranking.numbers), pairs)
    _reject_twins(store, ranking, larger)
    kept = np.flatnonzero(larger == np.arange(len(larger)))
    links = np.concatenate([pairs, _resembling(store, ranking, settings), _sharing(store, ranking, settings)])
    for check in range(CHECK_ROUNDS):
        roots = np.array(united(len(ranking.numbers), links.tolist()), np.int64)
        splits = _place(store, ranking, kept, roots[kept], settings)
        found = _resembling(store, Ranking(*(it[kept] for it in ranking)), settings, salt=f"check {check} ")
        leaking = found[splits[found[:, 0]] != splits[found[:, 1]]]
        if not len(leaking):
            break
        links = np.concatenate([links, kept[leaking]])
    return len(leaking)


def ranked(store: Store) -> Ranking:
    """Return the pictures that have no verdict yet."""
    query = (
        "SELECT id, hashes FROM findings WHERE rule = '' AND id NOT IN (SELECT id FROM verdicts) "
        "ORDER BY height * width DESC, bytes DESC, digest, id"
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
    larger = np.arange(count)
    for one, other in pairs[np.lexsort((pairs[:, 0], pairs[:, 1]))].tolist():
        if larger[one] == one and larger[other] == other:
            larger[other] = one
    return larger


def _reject_duplicates(store: Store) -> None:
    """Reject every picture that has the same pixels as one that is earlier by name."""
    query = (
        "SELECT findings.digest, sources.name, findings.id FROM findings JOIN sources USING (id) WHERE findings.rule "
        "= '' AND findings.digest IN (SELECT digest FROM findings WHERE rule = '' GROUP BY digest HAVING count(*) > 1) "
        "ORDER BY findings.digest, sources.name"
    )
    first, rows = ("", b""), []
    for digest, name, number in store.database.execute(query):
        if digest == first[0]:
            rows.append((number, "duplicate", b"the same pixels as " + first[1], "", ""))
        else:
            first = digest, name
    with store.transaction() as database:
        database.executemany(INSERT_VERDICT, rows)


def _reject_twins(store: Store, ranking: Ranking, larger: np.ndarray) -> None:
    with store.transaction() as database:
        for rank in np.flatnonzero(larger != np.arange(len(larger))).tolist():
            row = database.execute("SELECT name FROM sources WHERE id = ?", (int(ranking.numbers[larger[rank]]),))
            detail = b"looks like " + row.fetchone()[0] + b", which is larger"
            database.execute(INSERT_VERDICT, (int(ranking.numbers[rank]), "near-duplicate", detail, "", ""))


def _alike(store: Store, ranking: Ranking, part: int, near: NearSettings | None, salt: str = "") -> np.ndarray:
    """Return the pairs of ranks whose whole (part 0) or quarter looks alike, sorted, (M, 2)."""
    if near is None:
        return np.zeros((0, 2), np.int64)

    def thumbnails(ranks: np.ndarray) -> np.ndarray:
        return store.thumbnails(ranking.numbers[ranks], part, FINGERPRINT_SIDE)

    bound = Bound(near.bits, near.correlation)
    return pairs_alike(np.ascontiguousarray(ranking.hashes[:, part]), thumbnails, bound, salt=salt)


def _resembling(store: Store, ranking: Ranking, settings: DatasetSettings, salt: str = "") -> np.ndarray:
    """Return the pairs of ranks that look alike as a whole or in a quarter, (M, 2)."""
    nears = [settings.group.alike, *[settings.group.quarters] * (FINGERPRINTED_PARTS - 1)]
    return np.concatenate([_alike(store, ranking, part, near, salt) for part, near in enumerate(nears)])


def _sharing(store: Store, ranking: Ranking, settings: DatasetSettings) -> np.ndarray:
    """Return pairs of ranks that connect all pictures which share a key, (M, 2)."""
    first: dict[str, int] = {}
    pairs = [(first.setdefault(key, rank), rank) for rank, keys in _keys(store, ranking, settings) for key in keys]
    return np.array(pairs, np.int64).reshape(-1, 2)


def _keys(store: Store, ranking: Ranking, settings: DatasetSettings) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield the rank and the keys of every picture, if pictures are to be grouped by keys."""
    for start in range(0, len(ranking.numbers) if settings.group.by else 0, BATCH_ROWS):
        chosen = ranking.numbers[start : start + BATCH_ROWS].tolist()
        sources = store.sources(chosen)
        yield from ((rank, keys_of(sources[number], settings.group)) for rank, number in enumerate(chosen, start))


def _place(
    store: Store, ranking: Ranking, kept: np.ndarray, roots: np.ndarray, settings: DatasetSettings
) -> np.ndarray:
    """Write group and split of every kept picture; return the number of its split, (len(kept),).

    A group is called by its keys' first, or else by its root, the largest picture: smaller variants do not change it.
    """
    named: dict[int, str] = {}
    for (_, keys), root in zip(
        _keys(store, Ranking(*(it[kept] for it in ranking)), settings), roots.tolist(), strict=False
    ):
        if keys:
            named[root] = min(named.get(root, keys[0]), *keys)
    groups, group_of, sizes = np.unique(roots, return_inverse=True, return_counts=True)

    def called(root: int) -> str:
        query = "SELECT substr(digest, 1, 16) FROM findings WHERE id = ?"
        return named.get(root) or store.database.execute(query, (int(ranking.numbers[root]),)).fetchone()[0]

    places = np.array([split_position(called(root), settings.seed) for root in groups.tolist()])
    splits = split_groups(places, sizes, settings.splits, settings.group.largest_held_out)[group_of]
    with store.transaction() as database:
        database.execute("DELETE FROM verdicts WHERE rule = ''")
        database.executemany(
            INSERT_VERDICT,
            (
                (number, "", b"", called(root), SPLITS[split])
                for number, root, split in zip(
                    ranking.numbers[kept].tolist(), roots.tolist(), splits.tolist(), strict=True
                )
            ),
        )
    return splits
