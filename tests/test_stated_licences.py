"""A repository's own credits, or annotations, say which of its pictures are free; what they do not say is refused."""

from __future__ import annotations

import doctest
import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
MARKDOWN = """Lion image (assets/animal/lion.jpg)

- Source page: https://commons.wikimedia.org/wiki/File:Lion_in_Namibia.jpg
- Author: Kevin Somebody
- License: Creative Commons Attribution 2.0 Generic (CC BY 2.0)

Zebra (assets/animal/zebra.jpg) https://commons.wikimedia.org/wiki/File:Zebra.jpg Muhammad Somebody GFDL 1.2
Shark (assets/animal/shark.jpg) https://upload.wikimedia.org/5/56/White_shark.jpg Terry Somebody CC BY-NC-SA 2.5
Camel (assets/animal/camel.jpg) https://upload.wikimedia.org/5/56/camel-2.jpg Somebody Else CC0
"""
SCRIPT = """let animals = [
  {"name":"Aardvark", "image":"aardvark.webp", "attribution":"By Theo Somebody, CC BY-SA 4.0, https://example.org"},
  {"name":"Badger", "image":"badger.webp", "attribution":"By an institute, Public Domain"},
  {"name":"Crab", "image":"crab.webp", "attribution":"from a site"}]"""
HEADINGS = """## `Fall_and_valley`
* Author: [Somebody](https://example.org)
* License: [Attribution-Share Alike 3.0 Unported](https://creativecommons.org/licenses/by-sa/3.0/deed.en)
## `Other`
* License: all rights reserved
"""


def module(name: str) -> Any:
    """A script as a module, found as running it finds what lies beside it."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.pop(0)


@pytest.mark.parametrize("name", ["stated_licences", "sharp_size", "qt_resources", "free_textures"])
def test_its_examples_are_true(name: str):
    assert doctest.testmod(module(name)).failed == 0


@pytest.mark.parametrize(
    ("text", "names", "free"),
    [
        (
            MARKDOWN,
            ["lion.jpg", "zebra.jpg", "shark.jpg", "camel.jpg"],
            {"lion.jpg": "CC-BY-2.0", "camel.jpg": "CC0-1.0"},
        ),
        (
            SCRIPT,
            ["aardvark.webp", "badger.webp", "crab.webp", "dog.webp"],
            {"aardvark.webp": "CC-BY-SA-4.0", "badger.webp": "public-domain"},
        ),
        (HEADINGS, ["Fall_and_valley.png", "Other.png"], {"Fall_and_valley.png": "CC-BY-SA-3.0"}),
    ],
)
def test_credits_free_the_pictures_that_they_name(text: str, names: list[str], free: dict[str, str]):
    told = module("stated_licences").credited(text, names)
    assert {name: one["licences"] for name, one in told.items()} == {name: [it] for name, it in free.items()}
    assert all("Somebody" in one["copyright"] or "institute" in one["copyright"] for one in told.values())


def test_a_picture_that_is_named_twice_must_be_free_both_times():
    twice = "(a.jpg) by Ann, CC BY 4.0\n(b.jpg) by Bob, CC0\n(a.jpg) by Somebody, all rights reserved\n"
    assert list(module("stated_licences").credited(twice, ["a.jpg", "b.jpg"])) == ["b.jpg"]


@pytest.mark.parametrize("named", [True, False])
def test_annotations_free_pictures_without_people_from_near_by(named: bool):
    script = module("stated_licences")
    numbers = {
        1: "http://creativecommons.org/licenses/by-nc-sa/2.0/",
        5: r"http:\/\/creativecommons.org\/licenses\/by-sa\/2.0\/",
    }
    images = [
        {"id": number, "file_name": f"{number}.jpg", "license": which, "flickr_url": "u", "height": 100, "width": 100}
        for number, which in enumerate((5, 1, 5, 5))
    ]
    boxes = [
        {"image_id": 2, "category_id": 1, "bbox": [0, 0, 50, 50]},
        {"image_id": 3, "category_id": 1, "bbox": [0, 0, 20, 20]},
        {"image_id": 0, "category_id": 18, "bbox": [0, 0, 90, 90]},
    ]
    data: dict[str, Any] = {"images": images, "annotations": boxes}
    if named:
        data["licenses"] = [{"id": number, "url": url} for number, url in numbers.items()]
    told = script.annotated(data, [image["file_name"] for image in images])
    assert {name: one["licences"] for name, one in told.items()} == {
        "0.jpg": ["CC-BY-SA-2.0"],
        "3.jpg": ["CC-BY-SA-2.0"],
    }
