"""Reads requests: a form with files, or JSON with base64 as IOPaint's clients send it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from starlette.datastructures import UploadFile
from starlette.requests import Request

from inpaint.folder.as_iopaint import unheeded
from inpaint.folder.options import FIELDS, DecensorOptions, options_from, shown_of

MOST_FILES = 2000
MOST_MASKS = 100  # of one picture
IOPAINT_FIELDS = ("hd_strategy", "ldm_steps", "sd_seed", "cv2_flag")  # by which requests of its clients are known
# Files that a request may hold for networks that take them, and the network's own names; colour is an option's name.
DRAWN_PARTS = {"sketch": "sketch", "colours": "colour", "structure": "structure"}


class Asked(NamedTuple):
    """One picture, its masks, and what shall be done."""

    name: str
    picture: bytes
    masks: list[bytes]
    model: str  # "" = the first
    options: DecensorOptions
    seed: int = 42  # IOPaint's own default; nothing here is random
    note: str = ""  # what of the request changes nothing
    inputs: Mapping[str, bytes] = {}  # what was drawn for the network, such as a sketch


async def read_one(request: Request) -> Asked:
    """Read a picture and its masks; ValueError where the picture is missing or an option is wrong.

    JSON: {"image": base64 or data URI, "mask": the same, or a list of such, "sketch" and "colours": the same, options};
    keys that are not known are left alone, for IOPaint's clients send many.
    """
    known: dict[str, Any] = {}
    if request.headers.get("content-type", "").startswith("application/json"):
        body = await json_of(request)
        picture, name, fields = from_base64(body, "image"), str(body.get("name", "picture")), body
        many = body.get("mask")
        given = many if isinstance(many, list) else [many]
        masks = [from_base64({"mask": one}, "mask") for one in given]
        drawn = {name: from_base64(body, name) for name in DRAWN_PARTS}
    else:
        form = await request.form(max_files=1 + MOST_MASKS + len(DRAWN_PARTS))
        keys = ("image", "mask", *DRAWN_PARTS)
        parts = {key: [part for part in form.getlist(key) if isinstance(part, UploadFile)] for key in keys}
        drawn = {name: await parts[name][0].read() for name in DRAWN_PARTS if parts[name]}
        picture = await parts["image"][0].read() if parts["image"] else None
        masks = [await part.read() for part in parts["mask"]]
        name, fields = (parts["image"][0].filename or "picture") if parts["image"] else "", form
    if not picture:
        raise ValueError("the request has no image: send a form with the file image, or JSON with base64 in image")
    if "censor" not in fields and any(name in fields for name in IOPAINT_FIELDS):
        fields = {**fields, "censor": "hole"}  # its clients mark what shall be taken away, whatever it shows
    seed = fields.get("sd_seed")
    known |= {"seed": seed} if isinstance(seed, int) else {}
    known |= {
        "note": unheeded(fields) or "",
        "inputs": {DRAWN_PARTS[part]: data for part, data in drawn.items() if data},
    }
    return Asked(name, picture, [mask for mask in masks if mask], model_of(fields), options_in(fields), **known)


async def read_many(request: Request) -> tuple[list[UploadFile], str, DecensorOptions]:
    """Read the files of a batch; ValueError where there are none."""
    form = await request.form(max_files=MOST_FILES)
    files = [part for part in form.getlist("files") if isinstance(part, UploadFile) and part.filename]
    if not files:
        raise ValueError("the request has no files: send a form with pictures or zips, each as files")
    return files, model_of(form), options_in(form)


async def json_of(request: Request) -> Mapping[str, Any]:
    try:
        body = json.loads(await request.body(), parse_constant=refuse_constant)
    except ValueError as error:
        raise ValueError(f"the request is no JSON: {error}") from None
    except RecursionError:
        raise ValueError("the request is nested too deeply: send a JSON object with image and mask") from None
    if not isinstance(body, dict):
        raise ValueError("the request should be a JSON object with image and mask")
    return body


def refuse_constant(name: str) -> None:
    """Refuse Infinity and NaN, which Python would read."""
    raise ValueError(f"{name} is no number of JSON")


def from_base64(body: Mapping[str, Any], key: str) -> bytes | None:
    """Decode a file that JSON holds as base64, with or without the head of a data URI."""
    text = body.get(key)
    if text is None:
        return None
    if not isinstance(text, str):
        raise ValueError(f"{key} should be base64, but is {type(text).__name__}")
    try:
        return base64.b64decode(text.partition(",")[2] if text.startswith("data:") else text, validate=True)
    except ValueError as error:
        raise ValueError(f"{key} is no base64: {error}") from None


def model_of(fields: Mapping[str, Any]) -> str:
    """Return the name of the network that is asked for, "" where none is."""
    return str(fields.get("model") or "")


def options_in(fields: Mapping[str, Any]) -> DecensorOptions:
    """Read the options of a form or of JSON; ValueError for a wrong value.  What is left empty has its default."""
    return options_from({name: fields[name] for name in FIELDS if fields.get(name) not in (None, "")})


def form_of_options() -> list[dict[str, Any]]:
    """Describe the options that the page shows, for it to make its form of."""
    form = []
    for name, field in FIELDS.items():
        shown = shown_of(name)
        if not shown.label:
            continue
        value, choices = field.default, [[str(choice), words] for choice, words in shown.choices.items()]
        kind = "choice" if choices else {bool: "flag", int: "number", float: "share"}.get(type(value), "text")
        said = {"label": shown.label, "help": field.description, "batch": shown.batch, "most": shown.most}
        form.append({"name": name, "kind": kind, "default": value, "choices": choices} | said)
    return form
