"""Read which licence a repository gives each of its pictures: credits in prose or code, or annotations like COCO's.

Pictures of other people lie in many repositories, with a list of whose they are.  A licence counts where it is written
between the picture's name and the next one's; a picture is refused if none is, or one that forbids changes or
commerce, or if it is named twice and one of them is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Stated = dict[str, str | list[str]]

FREE = re.compile(
    r"CC0|public[ -]domain|(?:CC|licenses)[ /-]BY(?:-SA)?(?:[ /-]\d\.\d)?|Attribution(?:-Share ?Alike)? \d\.\d",
    re.IGNORECASE,
)
NOT_FREE = re.compile(r"\b(?:NC|ND)\b|non-?commercial|no-?deriv|all rights reserved|unsplash|pexels", re.IGNORECASE)
LONGEST_CREDIT = 1500  # characters
COCO_FREE = {
    "creativecommons.org/licenses/by/2.0/": "CC-BY-2.0",
    "creativecommons.org/licenses/by-sa/2.0/": "CC-BY-SA-2.0",
    "flickr.com/commons/usage/": "no known copyright restrictions",
    "usa.gov/copyright": "public-domain",
}
COCO_NUMBERS = dict(zip((4, 5, 7, 8), COCO_FREE, strict=True))  # where annotations leave out what they mean
NEAR = 0.12  # share of the picture that a person's box covers; above, a person is seen from near by
PERSON = 1  # the category's number in COCO


def credited(text: str, names: Sequence[str]) -> dict[str, Stated]:
    """Return what a text says of pictures, by their file names; those that are not clearly free are left out.

    >>> text = "- `a.jpg` by Ann, CC BY-SA 4.0; `b.jpg` by Bob, CC BY-NC 2.0; `c.jpg`, unknown"
    >>> credited(text, ["a.jpg", "b.jpg", "c.jpg"])["a.jpg"]["licences"]
    ['CC-BY-SA-4.0']
    >>> len(credited(text, ["a.jpg", "b.jpg", "c.jpg"]))
    1
    """
    mentions = sorted((at.start(), name) for name in names for at in mention_of(name).finditer(text))
    ends = [start for start, _ in mentions[1:]] + [len(text)]
    told: dict[str, Stated] = {}
    refused = set()
    for (start, name), end in zip(mentions, ends, strict=True):
        credit = text[start : min(end, start + LONGEST_CREDIT)]
        free = FREE.search(credit)
        if free is None or NOT_FREE.search(credit):
            refused.add(name)
            continue
        who = " ".join(re.sub(r"<[^>]*>|[\\\"{}]", " ", credit).split())[:300]
        told[name] = {"licences": [written(free[0])], "copyright": who, "stated_for": name}
    return {name: stated for name, stated in told.items() if name not in refused}


def mention_of(name: str) -> re.Pattern[str]:
    """Return what finds a picture's file name, not as the end of a longer one, or in code quotes without its suffix."""
    whole, stem = re.escape(name), re.escape(Path(name).stem)
    return re.compile(rf"(?<![\w.:%-]){whole}(?=[\"'`)\s])|`{stem}`")


def written(licence: str) -> str:
    """Return a licence's name as SPDX writes it.

    >>> [written(it) for it in ("cc by-sa 3.0", "Attribution 2.0", "Attribution-Share Alike 3.0", "Public Domain")]
    ['CC-BY-SA-3.0', 'CC-BY-2.0', 'CC-BY-SA-3.0', 'public-domain']
    """
    name = re.sub(r"[ /-]+", "-", licence.upper()).replace("LICENSES-", "CC-").replace("SHARE-ALIKE", "SA")
    name = name.replace("SHAREALIKE", "SA").replace("ATTRIBUTION", "CC-BY")
    return {"PUBLIC-DOMAIN": "public-domain", "CC0": "CC0-1.0"}.get(name, name)


def annotated(data: Mapping[str, Any], names: Sequence[str]) -> dict[str, Stated]:
    """Return the licences that annotations of COCO's form give pictures, those of people from near by left out.

    >>> licences = [{"id": 4, "url": "http://creativecommons.org/licenses/by/2.0/"}]
    >>> image = {"id": 7, "file_name": "7.jpg", "license": 4, "flickr_url": "u", "height": 10, "width": 10}
    >>> annotated({"licenses": licences, "images": [image], "annotations": []}, ["7.jpg"])
    {'7.jpg': {'licences': ['CC-BY-2.0'], 'copyright': 'u', 'stated_for': '7.jpg'}}
    """
    urls = {one["id"]: one["url"] for one in data["licenses"]} if "licenses" in data else COCO_NUMBERS
    told: dict[str, Stated] = {}
    portraits = near_by(data)
    for image in data["images"]:
        url = urls.get(image.get("license"), "").replace("\\", "")
        free = [licence for part, licence in COCO_FREE.items() if part in url]
        if image["file_name"] in names and free and image["id"] not in portraits and image.get("flickr_url"):
            name = image["file_name"]
            told[name] = {"licences": [free[0]], "copyright": image["flickr_url"], "stated_for": name}
    return told


def near_by(data: Mapping[str, Any]) -> set[int]:
    """Return the numbers of the pictures in which a person's box covers more than NEAR."""
    areas = {image["id"]: image["height"] * image["width"] for image in data["images"]}
    people = (one for one in data.get("annotations", []) if one.get("category_id") == PERSON and "bbox" in one)
    return {one["image_id"] for one in people if one["bbox"][2] * one["bbox"][3] > NEAR * areas[one["image_id"]]}
