"""Judge what only all pictures together show: duplicates, near-duplicates, groups and splits.

Pictures are ranked, the preferred first: of pictures that look alike the first is kept.  What is in memory for a
picture are its number, its five hashes, a few numbers more and the 3 KB by which its local features are looked up;
thumbnails and features come from the store when two pictures are compared.
"""

from __future__ import annotations

import numpy as np

from inpaint.builders.likeness.earlier import EarlierDataset
from inpaint.builders.likeness.fingerprints import FINGERPRINT_SIDE, FINGERPRINTED_PARTS, Bound
from inpaint.builders.likeness.groups import united
from inpaint.builders.likeness.neighbours import pairs_alike
from inpaint.builders.likeness.placing import pairs_of_keys, place_groups
from inpaint.builders.likeness.ranking import Ranking, ranked, reject_duplicates, reject_twins, twins
from inpaint.builders.likeness.same_things import pairs_showing_the_same
from inpaint.builders.settings import DatasetSettings, NearSettings
from inpaint.builders.work.store import Store


def judge_pictures(store: Store, settings: DatasetSettings, earlier: EarlierDataset | None = None) -> list[str]:
    """Write a verdict for every picture; return what is to be said about an earlier dataset whose splits are kept."""
    with store.transaction() as database:
        database.execute("DELETE FROM verdicts")
        database.execute("INSERT INTO verdicts SELECT id, rule, detail, '', '', 0 FROM findings WHERE rule <> ''")
    if settings.clean.duplicates:
        reject_duplicates(store)
    ranking = ranked(store, settings.keep)
    count = len(ranking.numbers)
    pairs = _alike(store, ranking, 0, settings.clean.near_duplicates)
    twin_of = twins(count, pairs)
    if earlier is not None:
        earlier.compare_only_missing(store)
    reject_twins(store, ranking, twin_of, settings.keep)
    links = np.concatenate([pairs, _resembling(store, ranking, settings), pairs_of_keys(store, ranking, settings)])
    kept = np.flatnonzero(twin_of == np.arange(count))
    links = np.concatenate([links, *_showing(store, ranking, kept, links, settings, earlier)])
    roots = np.array(united(count + (earlier.count if earlier else 0), links.tolist()), np.int64)
    pinned, notes = {}, []
    if earlier is not None:
        pinned, notes = earlier.pinned(store, ranking.numbers, roots)
    place_groups(store, ranking, twin_of, roots[:count], pinned, settings)
    return notes


def _alike(store: Store, ranking: Ranking, part: int, near: NearSettings | None) -> np.ndarray:
    """Return the pairs of ranks whose whole (part 0) or quarter looks alike, sorted, (M, 2)."""
    if near is None:
        return np.zeros((0, 2), np.int64)

    def thumbnails(ranks: np.ndarray) -> np.ndarray:
        return store.thumbnails(ranking.numbers[ranks], part, FINGERPRINT_SIDE)

    return pairs_alike(np.ascontiguousarray(ranking.hashes[:, part]), thumbnails, Bound(near.bits, near.correlation))


def _resembling(store: Store, ranking: Ranking, settings: DatasetSettings) -> np.ndarray:
    """Return the pairs of ranks that look alike as a whole or in a quarter, (M, 2)."""
    nears = [settings.group.alike, *[settings.group.quarters] * (FINGERPRINTED_PARTS - 1)]
    return np.concatenate([_alike(store, ranking, part, near) for part, near in enumerate(nears)])


def _showing(
    store: Store,
    ranking: Ranking,
    kept: np.ndarray,
    links: np.ndarray,
    settings: DatasetSettings,
    earlier: EarlierDataset | None,
) -> list[np.ndarray]:
    """Return pairs of ranks that connect all kept pictures whose local features agree, (M, 2) each.

    What lies in an earlier dataset stands behind the ranks.
    """
    if settings.group.features is None and earlier is None:
        return []
    count, before = len(ranking.numbers), 0 if earlier is None else earlier.count
    ranks = np.concatenate([kept, np.arange(count, count + before)])
    roots = np.array(united(count, links.tolist()), np.int64)[kept].tolist()
    first = {root: place for place, root in reversed(list(enumerate(roots)))}
    known = [(first[root], place) for place, root in enumerate(roots)]
    if earlier is not None:
        known += [(len(kept) + one, len(kept) + other) for one, other in earlier.of_one_picture()]
    numbers = ranking.numbers[kept].tolist()

    def features(place: int) -> bytes:
        if earlier is not None and place >= len(kept):
            return earlier.features(place - len(kept))
        return store.features(numbers[place])

    least = {} if settings.group.features is None else {"inliers": settings.group.features.inliers}
    links = np.array(known, np.int64).reshape(-1, 2)
    return [ranks[pairs_showing_the_same(len(ranks), features, links, compared=len(kept), **least)]]
