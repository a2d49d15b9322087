"""VGG features: torchvision's layers in torchvision's order, frozen, from files in every known layout."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from urllib.error import URLError

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torchvision.models.vgg import cfgs, make_layers

from inpaint.features.vgg import VggFeatures, build_layers, layer_names, random_state

INDICES = {
    "vgg16": {"relu1_1": 1, "pool1": 4, "relu2_2": 8, "relu3_3": 15, "pool3": 16, "relu5_3": 29, "pool5": 30},
    "vgg19": {"relu2_1": 6, "relu3_4": 17, "pool3": 18, "relu4_4": 26, "relu5_2": 31, "relu5_4": 35, "pool5": 36},
}


@pytest.fixture(scope="module")
def state() -> dict[str, Tensor]:
    """Random weights of VGG16 up to pool3, as torchvision's `features` names them."""
    return random_state(build_layers("vgg16", count=17))


def picture(size: int = 32) -> Tensor:
    return torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("network", "indices"), INDICES.items())
def test_names_stand_at_torchvisions_indices(network: str, indices: dict[str, int]):
    names = layer_names(network)
    assert {name: names.index(name) for name in indices} == indices


@pytest.mark.parametrize(("network", "letter", "parameters"), [("vgg16", "D", 14_714_688), ("vgg19", "E", 20_024_384)])
def test_layers_are_torchvisions(network: str, letter: str, parameters: int):
    with torch.device("meta"):
        ours, theirs = build_layers(network, count=100), make_layers(cfgs[letter], batch_norm=False)
    assert [type(layer) for layer in ours] == [type(layer) for layer in theirs]
    assert [p.shape for p in ours.parameters()] == [p.shape for p in theirs.parameters()]
    assert sum(parameter.numel() for parameter in ours.parameters()) == parameters


def test_features_equal_torchvisions_on_normalised_pictures(state: dict[str, Tensor], tmp_path: Path):
    torch.save(state, tmp_path / "vgg.pth")
    reference = make_layers(cfgs["D"], batch_norm=False)[:17]
    reference.load_state_dict(state)
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    normalised = (picture() - mean.view(3, 1, 1)) / deviation.view(3, 1, 1)
    answers = VggFeatures(weights=tmp_path / "vgg.pth")(picture())
    for name, index in (("pool1", 5), ("pool2", 10), ("pool3", 17)):
        torch.testing.assert_close(answers[name], reference[:index](normalised))


def test_without_normalisation_the_picture_is_fed_as_it_is():
    features = VggFeatures(weights="random", content=["conv1_1"], style=[], normalise=False)
    torch.testing.assert_close(features(picture())["conv1_1"], features.layers[0](picture()))


def test_sizes_are_those_of_the_sheet():
    answers = VggFeatures(weights="random")(picture(64))
    assert {name: tuple(answer.shape[1:]) for name, answer in answers.items()} == {
        "pool1": (64, 32, 32),
        "pool2": (128, 16, 16),
        "pool3": (256, 8, 8),
    }


def test_taps_may_be_indices_and_layers_behind_the_last_are_not_built():
    features = VggFeatures(weights="random", content=[1], style=["relu2_2"])
    assert (features.content, features.style) == (("relu1_1",), ("relu2_2",))
    assert len(features.layers) == 9


def test_random_weights_are_always_the_same_and_leave_the_global_state_alone():
    before = torch.get_rng_state()
    first = random_state(build_layers("vgg16", count=3))
    torch.set_rng_state(before)
    second = random_state(build_layers("vgg16", count=3))
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_it_is_frozen_and_passes_gradients_to_the_picture():
    features, image = VggFeatures(weights="random"), picture().requires_grad_()
    features(image)["pool3"].sum().backward()
    assert image.grad is not None
    assert image.grad.any()
    assert all(parameter.grad is None for parameter in features.layers.parameters())


def shift_tolerant(key: str) -> str:
    """Name a tensor as a network with one more layer after every pool does."""
    index, kind = key.split(".")
    stage = sum(int(index) > pool for pool in (4, 9, 16, 23)) + 1
    return f"net.slice{stage}.{int(index) + stage - 1}.{kind}"


@pytest.mark.parametrize("layout", ["{}", "features.{}", "shift tolerant"])
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_known_layouts_are_read(state: dict[str, Tensor], layout: str, suffix: str, tmp_path: Path):
    rename = shift_tolerant if layout == "shift tolerant" else layout.format
    stored = {rename(key): value for key, value in state.items()} | {"classifier.0.weight": torch.zeros(2, 2)}
    path = tmp_path / f"vgg{suffix}"
    (save_file if suffix == ".safetensors" else torch.save)(stored, path)  # pyright: ignore[reportArgumentType]
    loaded = VggFeatures(weights=str(path)).layers.state_dict()
    assert all(torch.equal(loaded[key], value) for key, value in state.items())


def test_shift_tolerant_names_are_those_of_the_published_file():
    keys = [key for key in build_layers("vgg16", count=31).state_dict() if key.endswith("weight")]
    indices = [int(shift_tolerant(key).split(".")[2]) for key in keys]
    assert indices == [0, 2, 6, 8, 12, 14, 16, 20, 22, 24, 28, 30, 32]


def test_a_missing_tensor_is_named(state: dict[str, Tensor], tmp_path: Path):
    torch.save({key: value for key, value in state.items() if key != "7.weight"}, tmp_path / "vgg.pth")
    with pytest.raises(ValueError, match=r"features\.7\.weight .*missing"):
        VggFeatures(weights=tmp_path / "vgg.pth")


def test_weights_of_another_depth_are_refused(state: dict[str, Tensor], tmp_path: Path):
    torch.save({**state, "16.weight": torch.zeros(256, 256, 3, 3)}, tmp_path / "vgg.pth")  # as VGG19 has it
    with pytest.raises(ValueError, match="vgg16 has not"):
        VggFeatures(weights=tmp_path / "vgg.pth")


def test_torchvision_weights_are_asked_for_with_their_hash(state: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch):
    asked = []

    def download(weights: object, **options: object) -> dict[str, Tensor]:
        asked.append((str(weights), options["check_hash"]))
        return {f"features.{key}": value for key, value in state.items()}

    monkeypatch.setattr("torchvision.models.VGG16_Weights.get_state_dict", download)
    features = VggFeatures()
    assert asked == [("VGG16_Weights.IMAGENET1K_V1", True)]
    first = features.layers[0]
    assert isinstance(first, nn.Conv2d)
    assert torch.equal(first.weight, state["0.weight"])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"network": "vgg11"}, "choose among vgg16, vgg19"),
        ({"content": ["relu9_1"]}, "'relu9_1' is no layer"),
        ({"content": [31]}, "from 0 to 30"),
        ({"content": [], "style": []}, "no taps"),
    ],
)
def test_impossible_options_are_refused(options: dict, sentence: str):
    with pytest.raises(ValueError, match=sentence):
        VggFeatures(weights="random", **options)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_file_that_holds_no_weights_is_said(suffix: str, tmp_path: Path):
    (tmp_path / f"vgg{suffix}").write_bytes(b"this is a letter, not a network")
    with pytest.raises(ValueError, match="not readable as weights"):
        VggFeatures(weights=tmp_path / f"vgg{suffix}")


def test_a_missing_file_is_said():
    with pytest.raises(FileNotFoundError, match=r"nowhere\.pth"):
        VggFeatures(weights="nowhere.pth")


def test_pictures_are_resized_first_where_asked():
    features = VggFeatures(weights="random", side=32)
    picture = torch.rand(1, 3, 48, 64)
    small = torch.nn.functional.interpolate(picture, (32, 32), mode="bilinear", align_corners=False)
    answers, expected = features(picture), VggFeatures(weights="random")(small)
    assert answers["pool1"].shape == (1, 64, 16, 16)
    assert all(torch.equal(answers[tap], expected[tap]) for tap in expected)


def test_a_side_of_nothing_is_refused():
    with pytest.raises(ValueError, match="the side to which pictures are resized is 0"):
        VggFeatures(weights="random", side=0)


@pytest.mark.parametrize("error", [URLError("no route to host"), OSError("disk full"), TimeoutError("timed out")])
def test_without_a_network_it_is_said_how_to_bring_the_file(error: Exception, monkeypatch: pytest.MonkeyPatch):
    def refuse(*told: object, **named: object) -> None:
        raise error

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", refuse)
    with pytest.raises(ValueError) as raised:
        VggFeatures("vgg19")
    assert "fetch https://download.pytorch.org/models/vgg19-dcbb9e9d.pth" in str(raised.value)
    assert "features.weights=FILE" in str(raised.value)
    assert str(Path("hub") / "checkpoints") in str(raised.value)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_file_that_is_named_for_its_hash_must_have_it(state: dict[str, Tensor], suffix: str, tmp_path: Path):
    plain = tmp_path / f"vgg16{suffix}"
    (save_file if suffix == ".safetensors" else torch.save)(state, plain)
    data = plain.read_bytes()
    named = tmp_path / f"vgg16-{hashlib.sha256(data).hexdigest()[:8]}{suffix}"
    named.write_bytes(data)
    assert VggFeatures("vgg16", weights=named).taps
    named.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(ValueError, match="is not what its name says"):
        VggFeatures("vgg16", weights=named)


def test_features_of_another_form_and_lists_are_refused(state: dict[str, Tensor], tmp_path: Path):
    torch.save(state | {"classifier.0.weight": torch.full((2, 2), math.nan)}, tmp_path / "other.pth")
    with pytest.raises(ValueError, match="IMAGENET1K_FEATURES, which expects pictures in another form"):
        VggFeatures("vgg16", weights=tmp_path / "other.pth")
    torch.save([1], tmp_path / "list.pth")
    with pytest.raises(ValueError, match="it holds list, not a state dict"):
        VggFeatures("vgg16", weights=tmp_path / "list.pth")


def test_a_file_whose_entries_are_no_tensors_is_a_sentence(tmp_path: Path):
    torch.save({"features.0.weight": "text"}, tmp_path / "text.pth")
    with pytest.raises(ValueError, match=r"its entry features\.0\.weight is str, not a tensor"):
        VggFeatures("vgg16", weights=tmp_path / "text.pth")
