"""Give every group of pictures its name and its split, by its own key or by where an earlier dataset has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from inpaint.builders.likeness.groups import SPLITS, split_groups, split_position
from inpaint.builders.likeness.keys import keys_of
from inpaint.builders.likeness.ranking import Ranking
from inpaint.builders.settings import DatasetSettings
from inpaint.builders.work.store import BATCH_ROWS, INSERT_VERDICT, Store


def pairs_of_keys(store: Store, ranking: Ranking, settings: DatasetSettings) -> np.ndarray:
    """Return pairs of ranks that connect all pictures which share a key, (M, 2)."""
    first: dict[str, int] = {}
    pairs = [(first.setdefault(key, rank), rank) for rank, keys in _keys(store, ranking, settings) for key in keys]
    return np.array(pairs, np.int64).reshape(-1, 2)


def place_groups(
    store: Store,
    ranking: Ranking,
    twin_of: np.ndarray,
    roots: np.ndarray,
    pinned: Mapping[int, str],
    settings: DatasetSettings,
) -> None:
    """Write group and split of every kept picture, and of what was rejected for it where that would lie.

    twin_of: (N,) the rank that is kept for each rank.  roots: (N,) the first rank of its group.  pinned: the split of
    some roots.  A group is called by its keys' first, or else by its root, the preferred picture: others do not
    change it.
    """
    kept = np.flatnonzero(twin_of == np.arange(len(twin_of)))
    named: dict[int, str] = {}
    for rank, keys in _keys(store, ranking, settings):
        if keys and twin_of[rank] == rank:
            root = int(roots[rank])
            named[root] = min(named.get(root, keys[0]), *keys)
    groups, group_of, sizes = np.unique(roots[kept], return_inverse=True, return_counts=True)
    called = {root: named.get(root) or _digest(store, int(ranking.numbers[root])) for root in groups.tolist()}
    places = np.array([split_position(called[root], settings.seed) for root in groups.tolist()])
    pins = np.array([SPLITS.index(pinned[root]) if root in pinned else -1 for root in groups.tolist()], np.int64)
    splits = split_groups(places, sizes, settings.splits, settings.group.largest_held_out, pins)
    of_root = dict(zip(groups.tolist(), splits.tolist(), strict=True))
    rows = [
        (number, "", b"", called[root], SPLITS[split], 0)
        for number, root, split in zip(
            ranking.numbers[kept].tolist(), roots[kept].tolist(), splits[group_of].tolist(), strict=True
        )
    ]
    moved = [
        (called[root], SPLITS[of_root[root]], int(ranking.numbers[rank]))
        for rank, root in enumerate(roots.tolist())
        if twin_of[rank] != rank
    ]
    with store.transaction() as database:
        database.executemany(INSERT_VERDICT, rows)
        database.executemany("UPDATE verdicts SET key = ?, split = ? WHERE id = ?", moved)


def _keys(store: Store, ranking: Ranking, settings: DatasetSettings) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield the rank and the keys of every picture, if pictures are to be grouped by keys."""
    for start in range(0, len(ranking.numbers) if settings.group.by else 0, BATCH_ROWS):
        chosen = ranking.numbers[start : start + BATCH_ROWS].tolist()
        sources = store.sources(chosen)
        yield from ((rank, keys_of(sources[number], settings.group)) for rank, number in enumerate(chosen, start))


def _digest(store: Store, number: int) -> str:
    return store.database.execute("SELECT substr(digest, 1, 16) FROM findings WHERE id = ?", (number,)).fetchone()[0]
