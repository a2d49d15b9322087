"""A picture's annotations are found by name, the folders that agree the furthest deciding."""

from __future__ import annotations

import pytest

from inpaint.builders.annotations import AnnotatedRegion, Lookup

REGIONS = {
    key: [AnnotatedRegion(key, "box")]
    for key in ("train/a.jpg", "val/a.jpg", "b.jpg", "labels/x/c", "C:\\pics\\d.png", "e.jpg")
}


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("photos/train/a.jpg", "train/a.jpg"),
        ("photos/val/a.jpg", "val/a.jpg"),
        ("any/where/b.jpg", "b.jpg"),
        ("images/x/c.webp", "labels/x/c"),
        ("pics/d.png", "C:\\pics\\d.png"),
        ("e.jpg", "e.jpg"),
        ("e.png", None),
        ("unknown.jpg", None),
    ],
)
def test_a_picture_finds_its_own(name: str, key: str | None):
    regions = Lookup(REGIONS).regions(name)
    assert (regions and regions[0].label) == key


def test_a_picture_annotated_with_nothing_differs_from_one_not_annotated():
    lookup = Lookup({"a.jpg": []})
    assert lookup.regions("p/a.jpg") == []
    assert lookup.regions("p/b.jpg") is None


def test_two_that_agree_as_far_are_refused():
    with pytest.raises(ValueError, match=r"p/a\.jpg may be train/a\.jpg or val/a\.jpg"):
        Lookup(REGIONS).regions("p/a.jpg")
