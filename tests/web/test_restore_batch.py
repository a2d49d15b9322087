"""Many pictures up, a zip of restored ones and a report down; no name leads out, no bad file stops the rest."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator

import numpy as np
import pytest

httpx = pytest.importorskip("httpx", reason="the extra [test] is not installed")

from inpaint.web.restore_upload import Limits, file_name, plain_name  # noqa: E402
from tests.folder_pictures import BOX, LEVEL, noise, painted, white  # noqa: E402
from tests.web.serving import Slow, cat, decoded, encoded, served  # noqa: E402

PAINTED = encoded(painted(noise(), BOX))


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served({"grey": Slow()}, limits=Limits(bytes=300_000, pixels=30_000, files=9)) as address:
        yield address


def send(address: str, *files: tuple[str, bytes], **options):
    return httpx.post(f"{address}/api/v1/batch", files=[("files", file) for file in files], data=options, timeout=60)


def unpacked(answer) -> tuple[dict[str, dict], dict[str, bytes]]:
    """Return the rows of the report by file, and the other members of the zip."""
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
        first = archive.infolist()[0]
    assert (first.filename, first.compress_type) == ("report.json", zipfile.ZIP_STORED)
    rows = json.loads(contents.pop("report.json"))["pictures"]
    assert b"Restored pixels are invented" in contents.pop("report.html")
    return {row["path"]: row for row in rows}, contents


def zipped(**files: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


def test_painted_pictures_and_zips_come_back_as_a_tree(address: str):
    archive = zipped(**{"deep/b.png": PAINTED, "__MACOSX/._b.png": b"", "notes.txt": b"hello"})
    rows, pictures = unpacked(send(address, ("a.png", PAINTED), ("more.zip", archive), ("bad.png", b"hello")))
    restored = [name for name, row in rows.items() if row["error"] is None]
    assert sorted(restored) == ["a.png", "deep/b.png"]
    assert sorted(pictures) == sorted(name for row in rows.values() for name in row["outputs"])
    for data in pictures.values():
        wanted = noise()
        wanted[BOX] = LEVEL
        assert np.array_equal(decoded(data), wanted)
    assert "not a picture" in rows["bad.png"]["error"]
    assert "is no picture" in rows["notes.txt"]["error"]


def test_masks_beside_the_pictures_mark_what_is_restored(address: str):
    files = [("a.png", encoded(noise())), ("a_mask.png", encoded(white())), ("b.png", encoded(noise()))]
    rows, pictures = unpacked(send(address, *files))
    assert list(pictures) == ["a.png"]
    assert "b.png has no mask" in rows["b.png"]["error"]


def test_a_mask_without_its_picture_is_a_picture_or_told(address: str):
    rows, pictures = unpacked(send(address, ("gas_mask.png", PAINTED)))
    assert list(pictures) == ["gas_mask 0.png"]
    files = [("a.png", encoded(noise())), ("a_mask.png", encoded(white())), ("b_mask.png", encoded(white()))]
    rows, pictures = unpacked(send(address, *files))
    assert list(pictures) == ["a.png"]
    assert rows["b_mask.png"]["error"] == "b_mask.png is named like a mask, but no picture b.* lies beside it"


def test_what_nobody_marked_is_found(address: str):
    files = [("cat.png", encoded(cat())), ("noise.png", encoded(noise()))]
    rows, pictures = unpacked(send(address, *files, censor="auto"))
    assert list(pictures) == ["cat 0.png"]
    assert rows["cat.png"]["censor"] == "mosaic"
    assert "othing censored was found" in rows["noise.png"]["error"]


def test_names_that_no_disk_takes_stop_nothing(address: str):
    archive = zipped(**{"a.png": PAINTED, "a.png/b.png": PAINTED, "🐈" * 300 + ".png": PAINTED})
    rows, pictures = unpacked(send(address, ("a.zip", archive)))
    assert sorted(pictures) == ["a 0.png", "🐈" * 50 + " 0.png"]
    assert "cannot be written" in rows["a.png/b.png"]["error"]


def test_a_batch_of_nothing_usable_still_has_a_report(address: str):
    rows, pictures = unpacked(send(address, ("a.txt", b"hello")))
    assert list(rows) == ["a.txt"]
    assert not pictures


@pytest.mark.parametrize("name", ["../a.png", "/a.png", "x/../../a.png", "..\\a.png", "C:\\a.png"])
def test_a_name_that_leads_out_is_refused(address: str, name: str):
    answer = send(address, ("a.zip", zipped(**{name: PAINTED})))
    assert answer.status_code == 400
    assert "leads out of its folder" in answer.json()["error"]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([], "no files"),
        ([("a.zip", b"hello")], "a.zip is a damaged or encrypted zip"),
        ([(f"{number}.png", PAINTED) for number in range(10)], "more than 9 files"),
        ([("a.zip", zipped(**{f"{number}.png": bytes(1_600_000) for number in range(2)}))], "unpacks to more than"),
    ],
    ids=["nothing", "no zip", "too many files", "a zip that swells"],
)
def test_what_a_batch_cannot_be_is_told_in_a_sentence(address: str, files: list, words: str):
    answer = send(address, *files)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_names_become_plain_name():
    assert plain_name("..hidden.png") == "hidden.png"
    assert plain_name("a\nb<c>.png") == "a_b_c_.png"
    assert plain_name("x" * 300 + ".png") == "x" * 50 + ".png"
    assert plain_name("...") == "picture"
    assert file_name("/etc/passwd", "PNG") == "passwd.png"
    assert file_name("a.jpeg", "JPEG") == "a.jpeg"
