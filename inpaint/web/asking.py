"""Reads requests: a form with files, or JSON with base64 as IOPaint's clients send it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from starlette.datastructures import UploadFile
from starlette.requests import Request

from inpaint.folder import CENSORS
from inpaint.web.work import PASSES, Options

MOST_FILES = 2000
MOST = 255  # px, or levels of a colour


class Asked(NamedTuple):
    """One picture, its mask, and what shall be done."""

    name: str
    picture: bytes
    mask: bytes | None
    options: Options


async def read_one(request: Request) -> Asked:
    """Read a picture and its mask; ValueError where the picture is missing or an option is wrong.

    JSON: {"image": base64 or data URI, "mask": the same, options}; keys that are not known are left alone, for
    IOPaint's clients send many.
    """
    if request.headers.get("content-type", "").startswith("application/json"):
        body = await json_of(request)
        picture, mask = from_base64(body, "image"), from_base64(body, "mask")
        name, fields = str(body.get("name", "picture")), body
    else:
        form = await request.form(max_files=2)
        parts = {key: part for key, part in form.items() if isinstance(part, UploadFile)}
        picture, mask = [await parts[key].read() if key in parts else None for key in ("image", "mask")]
        name = (parts["image"].filename or "picture") if "image" in parts else ""
        fields = form
    if not picture:
        raise ValueError("The request has no image: send a form with the file image, or JSON with base64 in image.")
    return Asked(name, picture, mask, options_of(fields))


async def read_many(request: Request) -> tuple[list[UploadFile], Options]:
    """Read the files of a batch; ValueError where there are none."""
    form = await request.form(max_files=MOST_FILES)
    files = [part for part in form.getlist("files") if isinstance(part, UploadFile) and part.filename]
    if not files:
        raise ValueError("The request has no files: send a form with pictures or zips, each as files.")
    return files, options_of(form)


async def json_of(request: Request) -> Mapping[str, Any]:
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise ValueError(f"The request is no JSON: {error}.") from None
    if not isinstance(body, dict):
        raise ValueError("The request should be a JSON object with image and mask.")
    return body


def from_base64(body: Mapping[str, Any], key: str) -> bytes | None:
    """Decode a file that JSON holds as base64, with or without the head of a data URI."""
    text = body.get(key)
    if text is None:
        return None
    if not isinstance(text, str):
        raise ValueError(f"{key} should be base64, but is {type(text).__name__}.")
    try:
        return base64.b64decode(text.partition(",")[2] if text.startswith("data:") else text, validate=True)
    except ValueError as error:
        raise ValueError(f"{key} is no base64: {error}.") from None


def options_of(fields: Mapping[str, Any]) -> Options:
    """Read the options of a form or of JSON; ValueError names the choices."""
    censor = str(fields.get("censor") or "marked")
    if censor not in CENSORS:
        raise ValueError(f"The censor is {censor!r}, but must be one of {', '.join(CENSORS)}.")
    passes = number(fields, "passes", 1)
    if passes not in PASSES:
        raise ValueError(f"The number of passes is {passes}, but must be 1, 2 or 4.")
    numbers = {key: number(fields, key, 0) for key in ("grow", "feather", "tolerance")}
    if not all(0 <= value <= MOST for value in numbers.values()):
        raise ValueError(f"{', '.join(numbers)} must each lie between 0 and {MOST}.")
    return Options(str(fields.get("model") or ""), censor, block_of(fields.get("block")), passes, **numbers)


def number(fields: Mapping[str, Any], key: str, missing: int) -> int:
    value = fields.get(key)
    try:
        return int(value) if value not in (None, "") else missing
    except (TypeError, ValueError):
        raise ValueError(f"{key} is {value!r}, but should be a whole number.") from None


def block_of(value: Any) -> tuple[int, int] | None:
    """Read a block such as 8 or 8x12 (height x width); None where nothing is said."""
    if value in (None, ""):
        return None
    sides = str(value).lower().split("x")
    if len(sides) > 2 or not all(side.strip().isdecimal() and 2 <= int(side) <= 4096 for side in sides):
        raise ValueError(f"The block is {str(value)[:40]!r}, but should be 8 or 8x12 (height x width), each from 2 up.")
    return int(sides[0]), int(sides[-1])
