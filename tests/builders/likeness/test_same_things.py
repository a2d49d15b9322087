from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from inpaint.builders.inspection.second_look import Look, corners_to_bytes, pairs_across
from inpaint.builders.likeness.features import VARIANTS, as_variant, features_from_bytes, features_of, features_to_bytes
from inpaint.builders.likeness.geometry import agreeing_features
from inpaint.builders.likeness.same_things import pairs_showing_the_same

NOTHING = np.zeros((0, 2), np.int64)


def drawn(seed: int, height: int = 300, width: int = 400) -> np.ndarray:
    """Draw a gray picture of many tones and shapes that no other seed gives, (H, W) uint8."""
    rng = np.random.default_rng(seed)
    picture = cv2.resize(
        rng.uniform(40, 215, (9, 12)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    picture = picture.clip(0, 255).astype(np.uint8)
    for _ in range(120):
        points = rng.integers((0, 0), (width, height), (1, 2)) + rng.integers(-30, 31, (int(rng.integers(3, 6)), 2))
        cv2.fillPoly(picture, [points.astype(np.int32)], int(rng.integers(256)), cv2.LINE_AA)
    return picture


def cropped(share: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda it: it[: round(it.shape[0] * (1 - share)), round(it.shape[1] * share) :]


def captioned(picture: np.ndarray) -> np.ndarray:
    bar = np.full((45, picture.shape[1]), 255, np.uint8)
    cv2.putText(bar, "what we saw there", (10, 32), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 0, 2)
    return np.concatenate([picture, bar])


def barred(picture: np.ndarray) -> np.ndarray:
    changed = picture.copy()
    changed[75:225, 100:300] = 0
    return changed


def turned(picture: np.ndarray) -> np.ndarray:
    matrix = cv2.getRotationMatrix2D((200, 150), 3, 1.08)
    return cv2.warpAffine(picture, matrix, (400, 300))


CHANGES = {
    "flip": lambda it: it[:, ::-1],
    "turn 90": np.rot90,
    "turn 180": lambda it: it[::-1, ::-1],
    "invert": lambda it: 255 - it,
    "crop 10": cropped(0.1),
    "crop 30": cropped(0.3),
    "crop 50": cropped(0.5),
    "mirrored crop": lambda it: cropped(0.2)(it)[:, ::-1],
    "turned 3": turned,
    "caption": captioned,
    "border": lambda it: cv2.copyMakeBorder(it, 30, 30, 30, 30, cv2.BORDER_CONSTANT, value=0),
    "bar": barred,
    "pan": lambda it: np.roll(it, 80, axis=1),
}
UNSEEN_AT_SECOND = {"invert", "crop 50", "mirrored crop"}


def linked(pictures: list[np.ndarray]) -> list[tuple[int, int]]:
    kept = [features_to_bytes(features_of(np.ascontiguousarray(it))) for it in pictures]
    return [(one, other) for one, other in pairs_showing_the_same(len(kept), kept.__getitem__, NOTHING).tolist()]


@pytest.mark.parametrize("change", CHANGES)
def test_what_shows_the_same_is_found_and_strangers_are_not(change: str):
    strangers = [drawn(seed) for seed in range(8)]
    assert linked([*strangers, CHANGES[change](strangers[3])]) == [(3, 8)]


def test_frames_of_one_video_are_connected_from_the_first_to_the_last():
    scene = drawn(50, 300, 1000)
    frames = [scene[:, step : step + 400] for step in range(0, 601, 60)]
    found = linked([drawn(51), *frames])
    assert {place for pair in found for place in pair} == set(range(1, 12))
    assert len(found) == 10  # each more pair would be one that is connected already


def test_what_belongs_together_anyway_is_not_compared_again():
    kept = [features_to_bytes(features_of(drawn(1)))] * 2
    assert pairs_showing_the_same(2, kept.__getitem__, np.array([[0, 1]])).tolist() == []


def test_plain_pictures_have_no_features_and_no_relatives():
    assert linked([np.full((200, 200), 90, np.uint8)] * 3) == []
    assert pairs_showing_the_same(0, lambda number: b"", NOTHING).tolist() == []


def test_a_variant_of_the_features_is_the_features_of_the_variant():
    picture = drawn(5)
    ours = features_of(picture)
    assert np.array_equal(features_from_bytes(features_to_bytes(ours)).places, ours.places)
    for variant in VARIANTS:
        changed = picture[:, ::-1] if variant.mirrored else picture
        theirs = features_of(np.ascontiguousarray(255 - changed if variant.inverted else changed))
        assert agreeing_features(as_variant(ours, variant), theirs) > 0.6 * len(ours.bins)


def test_a_small_mark_that_strangers_share_does_not_make_them_relatives():
    mark = drawn(70, 40, 50)
    one, other = drawn(71), drawn(72)
    for picture in (one, other):
        picture[250:290, 340:390] = mark
    assert linked([one, other]) == []


@pytest.mark.parametrize("change", sorted(CHANGES.keys() - UNSEEN_AT_SECOND))
def test_the_second_look_finds_it_by_itself_across_splits_only(change: str):
    pictures = [*(drawn(seed) for seed in range(6)), CHANGES[change](drawn(2))]
    corners = [corners_to_bytes(np.ascontiguousarray(it)) for it in pictures]

    def looks(split: str) -> list[Look]:
        return [Look("train", str(place), it) for place, it in enumerate(corners[:-1])] + [
            Look(split, "7", corners[-1])
        ]

    assert list(pairs_across(7, looks("test").__getitem__)) == [(2, 6)]
    assert list(pairs_across(7, looks("train").__getitem__)) == []
