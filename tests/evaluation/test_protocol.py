"""Protocols: how published tables were measured."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from inpaint.data.synthetic import render
from inpaint.evaluation.cases import parse_case
from inpaint.evaluation.damaging import damage, picture_key, touches_border
from inpaint.evaluation.evaluate import evaluate
from inpaint.evaluation.protocol import fitted_to_protocol, read_protocol
from inpaint.images import from_array, write
from inpaint.metrics.weighted import available_metrics
from inpaint.randomness import rng_for

PROTOCOLS = sorted((Path(__file__).parents[2] / "configs" / "evaluation").glob("*.yaml"))
WANTED = {"lama-256", "lama-512", "nvidia", "centre", "deepfill", "mosaics", "mosaics-jpeg", "mosaics-rescaled", "bars"}


def test_the_protocols_that_papers_use_are_there():
    assert {path.stem for path in PROTOCOLS} == WANTED


@pytest.mark.parametrize("path", PROTOCOLS, ids=lambda path: path.stem)
def test_every_protocol_damages_a_picture_as_it_says(path: Path):
    protocol = read_protocol(path)
    picture = fitted_to_protocol(render((288, 320), rng_for("protocol")), "one", protocol)
    assert min(picture.shape[1:]) == (protocol.side or 288)
    assert picture.shape[1] == picture.shape[2] or protocol.crop == "none"
    cases = protocol.damage()
    assert len({case.name for case in cases}) == len(cases)
    for case in cases:
        found = damage(picture, case, seed=0, key=picture_key("one", picture))
        target = picture if found.target is None else found.target
        assert found.image.shape == target.shape
        assert found.mask.any()
        if case.share:
            assert case.share[0] <= found.mask.mean() <= case.share[1]
        if case.border == "touching":
            assert touches_border(found.mask)
        if case.phase:
            assert found.grid is not None
            assert found.grid.phase == case.phase
    chosen, said = available_metrics(protocol.metrics, Path("nowhere"))
    assert "psnr_mask" in chosen
    assert all("is left out: " in sentence for sentence in said)


def test_masks_of_a_mask_set_stand_in_for_ours(tmp_path: Path):
    drawn = torch.zeros(3, 64, 64)
    drawn[:, :30, :20] = 1
    write(from_array(drawn), tmp_path / "00001.png")
    case = next(it for it in read_protocol(PROTOCOLS[-1]).damage(tmp_path) if it.name == "10-20 touching")
    found = damage(torch.rand(3, 128, 128), case, seed=0, key="0")
    assert float(found.mask.mean()) == pytest.approx(float(drawn.mean()))
    with pytest.raises(ValueError, match="no mask of 50-60 apart covers"):
        damage(torch.rand(3, 128, 128), read_protocol(PROTOCOLS[-1]).damage(tmp_path)[-1], seed=0, key="0")


def test_a_resized_mosaic_is_measured_by_methods_that_need_no_grid_and_the_others_say_why_not():
    picture = render((96, 120), rng_for("rescaled"))
    case = parse_case("mosaic-8")._replace(scale=0.7)
    found = evaluate({}, [("one", picture)], cases=[case])
    assert [row.method for row in found.rows] == ["do nothing = nearest"]
    assert {it.method for it in found.skipped} == {"bicubic", "bicubic + projection", "lanczos"}
    assert all("needs its grid" in it.reason for it in found.skipped)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cases: []", "about: Field required"),
        ("about: x\ncases: []", "cases"),
        ("about: x\ncases: [{name: a, mask: {name: moon}}]", "case 'a': mask 'moon' is unknown; choose box"),
        ("about: x\ncases: [{name: a, mask: {name: bars, colour: red}}]", "has no option 'colour'"),
        ("about: x\ncases: [{name: a/b}]", "cases.0.name"),
        ("about: x\ncases: [{name: a, blok: 4}]", "cases.0.blok: there is no such key"),
        ("about: x\ncrop: centre\ncases: [{name: a}]", "crop centre needs a side"),
        ("about: x\ncases: [{name: a, mask: {name: folder}}]", "needs the files of a mask set"),
        ("about: x\ncases: [{name: a, mask: {name: centre, side: 3}}]", "mask centre has one option, side"),
        ("[", "is not YAML"),
    ],
)
def test_what_is_no_protocol_is_refused_in_one_sentence(text: str, message: str, tmp_path: Path):
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"wrong\.yaml") as caught:
        read_protocol(path)
    assert message in str(caught.value)
    with pytest.raises(ValueError, match="does not exist; it should be a protocol"):
        read_protocol(tmp_path / "none.yaml")
