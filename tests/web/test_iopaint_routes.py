"""What IOPaint's clients ask: the other routes of its server, as `iopaint/api.py` answers them."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import unquote
from urllib.request import Request, urlopen

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from tests.drawn_answers import LikesDark, drawing
from tests.folder_pictures import LEVEL, noise
from tests.web.serving import Slow, decoded, encoded, served


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served({"grey": Slow(), "dark": Slow()}) as address:
        yield address


def asked(address: str, verb: str, body: dict | None = None, accept: str = "*/*"):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Accept": accept}
    return urlopen(Request(f"{address}/api/v1/{verb}", data, headers), timeout=60)


def refused(address: str, verb: str, body: dict | None = None) -> tuple[int, str]:
    with pytest.raises(HTTPError) as error:
        asked(address, verb, body)
    return error.value.code, json.loads(error.value.read())["error"]


def base(pixels: np.ndarray) -> str:
    return base64.b64encode(encoded(pixels)).decode()


def box() -> np.ndarray:
    mask = np.zeros((40, 60), np.uint8)
    mask[10:20, 20:30] = 255
    return mask


def test_what_its_page_asks_first(address: str):
    config = json.loads(asked(address, "server-config").read())
    assert [info["name"] for info in config["modelInfos"]] == ["grey", "dark"]
    assert config["plugins"] == config["samplers"] == []
    assert not any(config[name] for name in ("enableFileManager", "enableAutoSaving", "disableModelSwitch"))
    assert json.loads(asked(address, "samplers").read()) == []
    info = json.loads(asked(address, "model").read())
    assert (info["name"], info["model_type"], info["need_prompt"]) == ("grey", "inpaint", False)


def test_another_model_may_be_chosen_for_all(address: str):
    assert json.loads(asked(address, "model", {"name": "dark"}).read())["name"] == "dark"
    assert json.loads(asked(address, "model").read())["name"] == "dark"
    assert refused(address, "model", {"name": "lama"}) == (400, "the model 'lama' is not here: choose grey, dark")
    asked(address, "model", {"name": "grey"})


def test_its_request_is_answered_with_the_picture_and_the_seed(address: str):
    body = {"image": base(noise(40, 60)), "mask": "data:image/png;base64," + base(box()), "ldm_steps": 25}
    body |= {"hd_strategy": "Crop", "hd_strategy_crop_triger_size": 640, "sd_seed": 7, "prompt": "a cat"}
    answer = asked(address, "inpaint", body)
    assert (answer.headers["X-Seed"], answer.headers["Content-Type"]) == ("7", "image/png")
    assert "prompt" in answer.headers["X-Note"]
    assert answer.headers["X-Censor"] == "hole"
    blocks = noise(5, 8).repeat(8, 0).repeat(8, 1)[:40, :60]
    assert asked(address, "inpaint", body | {"image": base(blocks)}).headers["X-Censor"] == "hole"  # not a mosaic
    restored = decoded(answer.read())
    assert (restored[10:20, 20:30] == LEVEL).all()
    assert (restored[:10] == noise(40, 60)[:10]).all()
    assert refused(address, "inpaint", body | {"use_extender": True})[0] == 400


@pytest.mark.parametrize(
    ("operation", "kernel", "rows"), [("expand", 3, (7, 23)), ("shrink", 2, (12, 18)), ("reverse", 0, (0, 40))]
)
def test_masks_are_grown_shrunk_and_reversed(address: str, operation: str, kernel: int, rows: tuple[int, int]):
    body = {"mask": base(box()), "operate": operation, "kernel_size": kernel}
    shown = decoded(asked(address, "adjust_mask", body).read())
    assert shown.shape == (40, 60, 4)
    marked = shown[..., 3] > 0
    assert (np.flatnonzero(marked.any(axis=1))[[0, -1]] == (rows[0], rows[1] - 1)).all()
    assert (shown[marked] == (255, 203, 0, 186)).all()
    again = {"mask": base64.b64encode(encoded(shown)).decode(), "operate": "reverse"}
    assert ((decoded(asked(address, "adjust_mask", again).read())[..., 3] > 0) == ~marked).all(), "its own masks too"


def test_what_is_not_here_is_refused_in_a_sentence(address: str):
    assert refused(address, "run_plugin_gen_mask", {}) == (422, "there are no plugins here")
    assert refused(address, "switch_plugin_model", {})[0] == 422
    assert refused(address, "save_image", {})[0] == 400
    assert refused(address, "inputimage")[0] == 404
    assert "operate is 'grow'" in refused(address, "adjust_mask", {"mask": base(box()), "operate": "grow"})[1]
    assert (
        "kernel_size is 999"
        in refused(address, "adjust_mask", {"mask": base(box()), "operate": "expand", "kernel_size": 999})[1]
    )
    assert "has no mask" in refused(address, "adjust_mask", {"operate": "expand"})[1]


def test_the_words_of_a_generated_picture_are_told(address: str):
    told = PngImagePlugin.PngInfo()
    told.add_text("parameters", "a red cat\nNegative prompt: blurry\nSteps: 20")
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG", pnginfo=told)
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + file.getvalue()
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = urlopen(Request(f"{address}/api/v1/gen-info", part + b"\r\n--x--\r\n", headers), timeout=60)
    assert json.loads(answer.read()) == {"prompt": "a red cat", "negative_prompt": "blurry"}


def test_a_client_that_accepts_json_gets_every_variation(address: str, tmp_path: Path):
    body = {"image": base(noise(40, 60)), "mask": base(box()), "variations": 2}
    said = json.loads(asked(address, "inpaint", body, accept="application/json").read())
    assert (said["censor"], said["regions"], len(said["pictures"])) == ("hole", 1, 2)
    for picture in said["pictures"]:
        assert picture["type"] == "image/png"
        assert (decoded(base64.b64decode(picture["data"]))[10:20, 20:30] == LEVEL).all()


def test_the_most_real_of_several_drawn_answers_is_the_plain_one_and_the_first_of_all():
    body = {"image": base(noise(40, 60)), "mask": base(box()), "variations": 8}
    with served({"drawing": drawing({"judge": LikesDark()})}) as address:
        plain = decoded(asked(address, "inpaint", body).read())
        said = json.loads(asked(address, "inpaint", body, accept="application/json").read())
    shown = [decoded(base64.b64decode(picture["data"])) for picture in said["pictures"]]
    greys = [int(picture[15, 25, 0]) for picture in shown]
    assert (len(set(greys)), greys) == (8, sorted(greys))
    assert "discriminator" not in said["note"]
    assert np.array_equal(plain, shown[0])
    with served({"drawing": drawing()}) as address:
        assert "without its discriminator" in unquote(asked(address, "inpaint", body).headers["X-Note"])


def test_a_mask_is_shown_as_the_command_line_reads_it(address: str):
    strokes = np.full((40, 60, 4), 255, np.uint8)
    strokes[..., 3] = box()  # black or white, on a clear layer: alpha is the mask
    answer = asked(address, "mask", {"image": base(noise(40, 60)), "mask": base(strokes)})
    assert (decoded(answer.read()) == box()).all()
    assert (
        "size of its picture"
        in refused(address, "mask", {"image": base(noise(40, 60)), "mask": base(noise(30, 30))})[1]
    )
