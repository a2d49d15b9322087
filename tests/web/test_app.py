"""What programs are answered under /api/v1: pictures come back in their own format, faults as sentences."""

from __future__ import annotations

import base64
import io
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

httpx = pytest.importorskip("httpx", reason="the extra [test] is not installed")

from inpaint.web.restore_upload import Limits  # noqa: E402
from tests.folder_pictures import BOX, GRID, LARGE, LEVEL, mosaic, noise, painted, white  # noqa: E402
from tests.web.serving import Slow, cat, decoded, encoded, served  # noqa: E402

PICTURE, MASK = noise(), white()
HALF_BODY = b"POST /api/v1/inpaint HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
HALF_BODY += b"Content-Length: 100\r\n\r\nhalf"


class Client:
    """Calls the server, and knows its restorer."""

    def __init__(self, address: str, restorer: Slow):
        self.http, self.address, self.restorer = httpx.Client(base_url=address, timeout=60), address, restorer

    def inpaint(self, image: bytes, mask: bytes, name: str = "cat.png", **options):
        files = {"image": (name, image), "mask": ("mask.png", mask)}
        return self.http.post("/api/v1/inpaint", files=files, data=options)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    restorer = Slow()
    with served({"grey": restorer}, limits=Limits(bytes=300_000, pixels=30_000)) as address:
        yield Client(address, restorer)


def png(pixels: np.ndarray) -> bytes:
    return encoded(pixels)


def test_known_pixels_texts_and_resolution_come_back(client: Client):
    info = PngImagePlugin.PngInfo()
    info.add_text("Title", "a cat")
    answer = client.inpaint(encoded(PICTURE, pnginfo=info, dpi=(300, 300)), png(MASK), name="my cät.png")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"].endswith("my%20c%C3%A4t.png")
    restored = Image.open(io.BytesIO(answer.content))
    assert restored.info["Title"] == "a cat"
    assert restored.info["dpi"] == pytest.approx((300, 300), abs=0.01)
    wanted = PICTURE.copy()
    wanted[BOX] = LEVEL
    assert np.array_equal(np.array(restored), wanted)


def test_a_jpeg_keeps_its_tables(client: Client):
    image = encoded(PICTURE, "JPEG", quality=61, subsampling=2)
    answer = client.inpaint(image, png(MASK), name="cat.jpg")
    assert answer.headers["content-type"] == "image/jpeg"
    before, after = (Image.open(io.BytesIO(data)) for data in (image, answer.content))
    assert after.format == "JPEG"
    assert after.quantization == before.quantization  # pyright: ignore[reportAttributeAccessIssue]


def test_the_format_is_what_the_bytes_say_and_the_name_follows(client: Client):
    answer = client.inpaint(encoded(PICTURE, "BMP"), png(MASK), name="..\\..\\evil/../cat.png")
    assert answer.headers["content-type"] == "image/bmp"
    assert answer.headers["content-disposition"].endswith("''cat.bmp")


def test_masks_as_people_make_them_are_understood_as_in_a_folder(client: Client):
    wanted = PICTURE.copy()
    wanted[BOX] = LEVEL
    layer = np.full((40, 50, 4), (255, 255, 255, 0), np.uint8)
    layer[BOX] = 0, 0, 0, 255
    erased = np.dstack([PICTURE, np.where(MASK[..., :1] > 0, 0, 255).astype(np.uint8)])
    made = {"a layer": layer, "labels": MASK[..., 0] // 255, "erased": erased, "inverted": 255 - MASK}
    for name, mask in made.items():
        answer = client.inpaint(png(PICTURE), png(mask), invert_mask=str(name == "inverted"))
        assert np.array_equal(decoded(answer.content), wanted), name
    answer = client.inpaint(png(PICTURE), png(MASK // 5))
    assert answer.json()["error"].endswith("or use --mask-threshold 51")
    assert client.inpaint(png(PICTURE), png(MASK // 5), mask_threshold="51").status_code == 200
    note = unquote(client.inpaint(png(PICTURE), png(255 - MASK)).headers["x-note"])
    assert "it marks 94 % of the picture, more than is kept; --invert-mask restores the other 6 %" in note


def test_transparency_marks_where_no_mask_is_sent(client: Client):
    source = np.dstack([PICTURE, np.where(MASK[..., :1] > 0, 0, 255).astype(np.uint8)])
    send = {"image": ("a.png", png(source))}
    answer = client.http.post("/api/v1/inpaint", files=send, data={"mark": "alpha"})
    after = np.array(Image.open(io.BytesIO(answer.content)))
    assert (after[BOX] == (LEVEL, LEVEL, LEVEL, 255)).all()
    assert "has no mask" in client.http.post("/api/v1/inpaint", files=send).json()["error"]
    send["mask"] = ("m.png", png(MASK))
    answer = client.http.post("/api/v1/inpaint", files=send, data={"mark": "alpha"})
    assert answer.json()["error"].endswith("leave out mark or mask")


def test_the_union_of_several_masks_is_restored_when_asked(client: Client):
    other = (slice(20, 30), slice(25, 40))
    files = [("image", ("a.png", png(PICTURE))), ("mask", ("m.png", png(MASK))), ("mask", ("n.png", png(white(other))))]
    wanted = painted(PICTURE, BOX, other, colour=(LEVEL,) * 3)
    answer = client.http.post("/api/v1/inpaint", files=files, data={"several_masks": "union"})
    assert np.array_equal(decoded(answer.content), wanted)
    body = {"image": base64.b64encode(png(PICTURE)).decode(), "several_masks": "union"}
    body["mask"] = [base64.b64encode(png(it)).decode() for it in (MASK, white(other))]  # type: ignore[assignment]
    assert np.array_equal(decoded(client.http.post("/api/v1/inpaint", json=body).content), wanted)
    assert "has 2 masks, but one picture" in client.http.post("/api/v1/inpaint", files=files).json()["error"]


def test_json_as_iopaint_sends_it_gives_the_same_bytes(client: Client):
    form = client.inpaint(png(PICTURE), png(MASK))
    image, mask = (base64.b64encode(png(pixels)).decode() for pixels in (PICTURE, MASK))
    body = {"image": f"data:image/png;base64,{image}", "mask": mask, "hd_strategy": "Crop", "prompt": "", "sd_seed": 42}
    answer = client.http.post("/api/v1/inpaint", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.content == form.content


def test_block_censor_and_passes_reach_the_restorer(client: Client):
    pixels = mosaic(noise(80, 96), GRID, LARGE)
    mask = np.zeros((80, 96), np.uint8)
    mask[LARGE] = 255
    client.restorer.calls.clear()
    client.restorer.passes.clear()
    answer = client.inpaint(png(pixels), png(mask), censor="mosaic", block="8", passes="4")
    assert answer.headers["x-censor"] == "mosaic"
    assert [call[3] for call in client.restorer.calls] == [GRID]
    assert client.restorer.passes == [4]


def test_bars_grow_and_rims_are_feathered_by_wish(client: Client):
    client.restorer.calls.clear()
    answer = client.inpaint(png(PICTURE), png(MASK), grow="2", feather="3")
    wider = PICTURE.copy()
    wider[3:17, 6:22] = decoded(answer.content)[3:17, 6:22]
    assert np.array_equal(decoded(answer.content), wider)
    assert (decoded(answer.content)[4:16, 7:21] == LEVEL).all()
    assert client.restorer.feathers == [3]


FAULTS: dict[str, tuple[dict, str]] = {
    "no image": ({"image": None}, "no image"),
    "no mask": ({"mask": None}, "no mask"),
    "an empty mask": ({"mask": png(MASK * 0)}, "marks nothing in cat.png"),
    "a mask of another size": ({"mask": png(MASK[:20])}, "50 x 20"),
    "no picture": ({"image": b"hello"}, "cat.png is not a picture"),
    "half a picture": ({"image": png(PICTURE)[:2000]}, "cat.png is damaged"),
    "too many pixels": ({"image": png(np.zeros((301, 100), np.uint8))}, "more than the limit of 30000"),
    "an unknown model": ({"model": "lama"}, "choose grey"),
    "an unknown censor": ({"censor": "blur"}, "marked, auto, hole or mosaic"),
    "a wrong block": ({"block": "8x8x8"}, "8 or 8x12"),
    "a block of nothing": ({"block": "0"}, "8 or 8x12"),
    "a wrong number to grow by": ({"grow": "-1"}, "from 0 to 256"),
    "no number": ({"feather": "soft"}, "feather is 'soft'"),
    "a wrong number of passes": ({"passes": "3"}, "auto, 1, 2, 4 or 8"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_in_a_sentence(client: Client, fault: str):
    changes, words = FAULTS[fault]
    given = {"image": png(PICTURE), "mask": png(MASK)} | changes
    files = {key: ("cat.png", given[key]) for key in ("image", "mask") if given[key] is not None}
    options = {key: value for key, value in given.items() if key not in ("image", "mask")}
    answer = client.http.post("/api/v1/inpaint", files=files or None, data=options)
    assert answer.status_code == 400
    (sentence,) = answer.json().values()
    assert words in sentence
    assert tempfile.gettempdir() not in sentence


DEEP = "[" * 100_000 + "]" * 100_000
WRONG_JSON = ['["a"]', "{", '{"image": 3}', '{"image": "§"}', '{"image": "aGVsbG8="}', DEEP, f'{{"image": {DEEP}}}']
WRONG_JSON += ['{"image": Infinity}', '{"image": "aGVsbG8=", "grow": 1e999}', '{"grow": NaN}']


@pytest.mark.parametrize("body", WRONG_JSON, ids=lambda body: body[:40])
def test_wrong_json_is_told_in_a_sentence(client: Client, body: str):
    headers = {"content-type": "application/json"}
    answer = client.http.post("/api/v1/inpaint", content=body.encode(), headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"][-1] not in ".!"


def chunks() -> Iterator[bytes]:
    for _ in range(50):
        yield bytes(10_000)


@pytest.mark.parametrize("content", [bytes(500_000), chunks], ids=["of told length", "in chunks"])
def test_a_request_that_is_too_long_is_refused(client: Client, content: bytes | Callable):
    body = content() if callable(content) else content
    headers = {"content-type": "application/json"}
    answer = client.http.post("/api/v1/inpaint", content=body, headers=headers)
    assert answer.status_code == 413
    assert "300000 bytes" in answer.json()["error"]


FOREIGN = [{"host": "evil.example"}, {"host": "evil.example@127.0.0.1"}, {"host": "["}, {"host": "127.0.0.1:x"}]
FOREIGN += [{"origin": origin} for origin in ("http://evil.example", "null", "", "http://[", "http://evil@127.0.0.1")]
FOREIGN += [{"sec-fetch-site": site} for site in ("cross-site", "same-site", "anything")]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_pages_of_others_are_refused(client: Client, headers: dict):
    answer = client.http.get("/api/v1/models", headers=headers)
    assert answer.status_code == 403
    assert answer.json()["error"][-1] not in ".!"


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_its_own_page_and_the_person_at_the_browser_are_not_refused(client: Client, site: str):
    assert client.http.get("/api/v1/models", headers={"sec-fetch-site": site}).status_code == 200
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert client.http.get("/", headers=link).status_code == 200
    assert client.http.post("/api/v1/inpaint", headers=link).status_code == 403  # the form of another site


def test_its_own_page_is_served_and_nothing_beside_it(client: Client):
    page = client.http.get("/", headers={"origin": client.address})
    assert "Restored pixels are invented" in page.text
    assert "default-src 'self'" in page.headers["content-security-policy"]
    for path in ("/page.js", "/paint.js", "/report.js", "/page.css"):
        assert client.http.get(path).status_code == 200
    for path in ("/app.py", "/..%2fapp.py", "/static/../../app.py", "/api/v1/../../guard.py"):
        answer = client.http.get(path)
        assert (answer.status_code, list(answer.json())) == (404, ["error"])


def test_models_and_health_are_told(client: Client):
    models = client.http.get("/api/v1/models").json()
    assert models["models"] == [{"name": "grey", "censors": ["hole", "mosaic"], "takes": []}]
    assert models["limits"]["pixels"] == 30_000
    assert client.http.get("/api/v1/health").json()["status"] == "ok"
    assert client.http.get("/api/v1/inpaint").status_code == 405


def test_a_fault_of_ours_names_its_kind_and_no_more(monkeypatch: pytest.MonkeyPatch, client: Client):
    monkeypatch.setattr("inpaint.web.find_regions.find_censored", lambda image: 1 / 0)
    answer = client.http.post("/api/v1/detect", files={"image": ("a.png", png(PICTURE))})
    assert answer.status_code == 500
    assert "ZeroDivisionError" in answer.json()["error"]


def test_nothing_stays_on_the_disk(monkeypatch: pytest.MonkeyPatch, client: Client, tmp_path: Path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert client.inpaint(png(PICTURE), png(MASK)).status_code == 200
    assert client.inpaint(png(PICTURE), png(MASK * 0)).status_code == 400
    batch = client.http.post("/api/v1/batch", files=[("files", ("a.png", png(painted(PICTURE, BOX))))])
    assert batch.status_code == 200
    assert list(tmp_path.iterdir()) == []


def test_requests_queue_and_too_many_are_told_to_come_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("inpaint.web.queue.MOST_WAITING", 3)
    restorer = Slow(seconds=0.4)
    with served({"grey": restorer}) as address, ThreadPoolExecutor(6) as threads:
        client = Client(address, restorer)
        calls = [threads.submit(client.inpaint, png(PICTURE), png(MASK)) for _ in range(6)]
        answers = [call.result() for call in calls]
    codes = sorted(answer.status_code for answer in answers)
    assert restorer.most == 1
    assert codes[:3] == [200, 200, 200]
    assert codes[-1] == 503
    assert set(codes) == {200, 503}


def test_work_whose_client_has_left_is_left_and_what_waits_is_not_begun():
    restorer = Slow(seconds=60)
    with served({"grey": restorer}) as address, ThreadPoolExecutor(3) as threads:
        files = {"image": ("a.png", png(PICTURE)), "mask": ("m.png", png(MASK))}

        def impatient(seconds: float):
            return threads.submit(httpx.post, f"{address}/api/v1/inpaint", files=files, timeout=seconds)

        def waiting() -> int:
            return httpx.get(f"{address}/api/v1/health").json()["waiting"]

        working = impatient(4)
        while not restorer.running:
            time.sleep(0.01)
        others = [impatient(0.5) for _ in range(2)]
        for call in others:
            with pytest.raises(httpx.ReadTimeout):
                call.result()
        while waiting() > 1:  # until the server has noticed
            time.sleep(0.01)
        restorer.seconds = 0
        with pytest.raises(httpx.ReadTimeout):
            working.result()
        assert Client(address, restorer).inpaint(png(PICTURE), png(MASK)).status_code == 200
        assert waiting() == 0
    assert len(restorer.calls) == 1  # of four; the first was left in its middle, the others never begun


@pytest.mark.parametrize("sent", [b"", b"GET / HT", HALF_BODY], ids=["nothing", "half a head", "half a body"])
def test_a_connection_on_which_nothing_comes_is_dropped(monkeypatch: pytest.MonkeyPatch, sent: bytes):
    for name in ("SECONDS_FOR_HEAD", "SECONDS_OF_SILENCE", "SECONDS_BETWEEN_LOOKS"):
        monkeypatch.setattr(f"inpaint.web.serving.{name}", 0.1)
    with served({"grey": Slow(seconds=1)}) as address:
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as opened:
            opened.sendall(sent)
            with suppress(ConnectionResetError):
                assert opened.recv(1) == b""
        assert Client(address, Slow()).inpaint(png(PICTURE), png(MASK)).status_code == 200  # however long it works


def test_what_is_censored_is_found(client: Client):
    green = client.http.post("/api/v1/detect", files={"image": ("a.png", png(painted(PICTURE, BOX)))}).json()
    assert green["regions"] == [{"kind": "paint", "box": [5, 8, 15, 20], "block": None}]
    assert np.array_equal(decoded(base64.b64decode(green["mask"])) > 127, MASK[:, :, 0] > 127)
    found = client.http.post("/api/v1/detect", files={"image": ("a.png", png(cat()))}).json()
    assert [(region["kind"], region["block"]) for region in found["regions"]] == [("mosaic", [6, 6])]
    assert "mosaic of 6 x 6 px cells" in found["told"]
    barred = noise(80, 96) // 2 + 80
    barred[30:44, 20:70] = 0
    bar = client.http.post("/api/v1/detect", files={"image": ("a.png", png(barred))}).json()
    assert [(region["kind"], region["block"]) for region in bar["regions"]] == [("bar", None)]
    assert np.array_equal(decoded(base64.b64decode(bar["mask"])) > 127, (barred == 0).all(axis=2))
    nothing = client.http.post("/api/v1/detect", files={"image": ("a.png", png(PICTURE))}).json()
    assert nothing["regions"] == []


def test_a_format_that_browsers_do_not_know_is_shown_as_png(client: Client):
    answer = client.http.post("/api/v1/preview", files={"image": ("a.tif", encoded(PICTURE, "TIFF"))})
    assert answer.headers["content-type"] == "image/png"
    assert np.array_equal(decoded(answer.content), PICTURE)
