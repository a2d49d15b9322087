"""From a run to its parts: what fits is built, what does not is refused in a sentence."""

from __future__ import annotations

import inspect
import json
import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch import nn

import inpaint
from inpaint.assemble import load, load_network, presentations, recipe_of, samples_of, trainer_of, validation_of
from inpaint.checkpoint import load_checkpoint, save_checkpoint
from inpaint.config import Loader, Optim, Run, parse_run
from inpaint.device import has_bfloat16, precision_of
from inpaint.generators import GENERATORS
from inpaint.parts import Choice, call
from inpaint.restoring.by_censor import RestorerByCensor
from tests.runs import adversarial_tree, folder_of_pictures, tiny_tree

CONFIGS = [
    file
    for pattern in ("*.yaml", "small/*.yaml")
    for file in sorted((Path(__file__).parents[1] / "configs").glob(pattern))
]
Change = Callable[[dict[str, Any]], Any]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of_pictures(tmp_path_factory.mktemp("pictures"), side=300)


def run_of(tree: dict[str, Any]) -> Run:
    return parse_run(tree, "test")


WRONG: dict[str, tuple[Change, str]] = {
    "a generator": (lambda tree: tree["generator"].update(name="unett"), "generator 'unett' is unknown; choose .*unet"),
    "a mask": (lambda tree: tree["data"]["mask"].update(name="circle"), "mask 'circle' is unknown; choose .*freeform"),
    "a fill": (lambda tree: tree["data"]["fill"][0].update(name="blur"), "fill 'blur' is unknown; choose hole, mosaic"),
    "a recipe": (lambda tree: tree["recipe"].update(name="gan"), "recipe 'gan' is unknown; choose supervised, adversa"),
    "a term": (lambda tree: tree["recipe"]["weights"].update(l3=1.0), "'l3' is no loss term: choose among l1, .*tv"),
    "a generator's option": (
        lambda tree: tree["generator"].update(width=8),
        "generator residual_unet has no option 'width'; it has widths, blocks, middle",
    ),
    "a mask's option": (
        lambda tree: tree["data"]["mask"].update(sizes=[1, 2]),
        "mask boxes has no option 'sizes'; it has .*sides",
    ),
    "a fill's option": (
        lambda tree: tree["data"]["fill"][1].update(cells=3),
        "fill mosaic has no option 'cells'; it has block, .*enlarge",
    ),
    "a recipe's option": (
        lambda tree: tree["recipe"].update(weight=0.1),
        "recipe supervised has no option 'weight'; it has weights, errors_in; did you mean weights\\?$",
    ),
    "realism's option": (
        lambda tree: tree["data"].update(realism={"webp": 0.5}),
        "realism has no option 'webp'; it has blur, .*jpeg",
    ),
    "features inside the recipe": (
        lambda tree: tree["recipe"].update(features={"network": "vgg16"}),
        "recipe supervised has no option 'features'",
    ),
    "a value of the wrong kind": (lambda tree: tree["generator"].update(widths=24), "generator residual_unet: "),
    "a missing option": (lambda tree: tree["recipe"].pop("weights"), "recipe supervised: .*weights"),
    "a device": (lambda tree: tree.update(device="tpu"), "device 'tpu' is not on this machine; choose auto"),
    "a crop that does not divide": (
        lambda tree: tree["data"].update(crop=33),
        "data.crop 33 does not divide by 2, as generator residual_unet needs",
    ),
    "a block that no mosaic has": (
        lambda tree: tree.update(generator={"name": "espcn", "block": 8, "width": 4}),
        "generator espcn enlarges cells of block 8 alone, but data.fill draws mosaics of block 3 to 6: choose the same",
    ),
    "a block without a mosaic": (
        lambda tree: (tree.update(generator={"name": "edsr", "width": 4}), tree["data"].update(fill={"name": "hole"})),
        "generator edsr enlarges cells of block 8 alone, but data.fill draws no mosaics",
    ),
    "a crop larger than the pictures": (
        lambda tree: tree["data"].update(crop=512),
        "picture0.png is 300x300 px, smaller than the crop of 512x512",
    ),
    "a folder that is not there": (lambda tree: tree["data"].update(train="nowhere"), "nowhere is not a folder"),
    "a term without its features": (
        lambda tree: tree["recipe"]["weights"].update(perceptual=0.1),
        "perceptual needs a features network",
    ),
    "discriminators that nobody asks": (
        lambda tree: tree.update(discriminators={"judge": {"name": "patch"}}),
        "recipe supervised learns without discriminators: remove judge",
    ),
    "partners that nobody asks": (
        lambda tree: tree.update(partners={"back": {"name": "unet"}}),
        "recipe supervised learns without partners: remove back",
    ),
    "an optimizer of nobody": (
        lambda tree: tree["optim"].update(judge={"lr": 1e-4}),
        r"optim names \['generator', 'judge'\], but the run's players are \['generator'\]",
    ),
    "a player without an optimizer": (
        lambda tree: tree["optim"].pop("generator"),
        r"optim names \[\], but the run's players are \['generator'\]",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_refused_in_one_sentence(what: str, pictures: Path, tmp_path: Path):
    change, sentence = WRONG[what]
    tree = json.loads(json.dumps(tiny_tree(pictures, tmp_path)))
    change(tree)
    with pytest.raises(ValueError, match=sentence) as error:
        trainer_of(run_of(tree))
    assert "\n" not in str(error.value)


def test_an_unknown_discriminator_is_refused_with_the_choices(pictures: Path, tmp_path: Path):
    tree = adversarial_tree(pictures, tmp_path)
    tree["discriminators"]["near"]["name"] = "pach"
    with pytest.raises(ValueError, match=r"discriminator 'pach' is unknown; choose .*patch"):
        recipe_of(run_of(tree))


def test_the_adversarial_recipe_needs_a_discriminator(pictures: Path, tmp_path: Path):
    tree = tiny_tree(pictures, tmp_path, recipe={"name": "adversarial", "weights": {"l1": 1.0}})
    with pytest.raises(ValueError, match="name at least one"):
        recipe_of(run_of(tree))


def test_the_features_network_is_as_the_run_says(pictures: Path, tmp_path: Path):
    tree = tiny_tree(pictures, tmp_path, recipe={"name": "supervised", "weights": {"style_out": 1.0}})
    tree["features"] = {"weights": "random", "content": [], "style": ["relu1_2", 6], "normalise": False}
    recipe: Any = recipe_of(run_of(tree))
    assert (recipe.features.content, recipe.features.style) == ((), ("relu1_2", "relu2_1"))
    assert recipe.features.layers.get_buffer("deviation").unique().item() == 1
    tree["features"]["style"] = ["relu9_1"]
    with pytest.raises(ValueError, match="'relu9_1' is no layer: choose"):
        recipe_of(run_of(tree))


def test_a_fault_inside_a_part_keeps_its_trace():
    def build(*, width: int = 3) -> int:
        return width + "1"  # pyright: ignore[reportOperatorIssue]

    with pytest.raises(ValueError, match="thing: unsupported operand") as error:
        call(build, {"width": 2}, "thing")
    assert isinstance(error.value.__cause__, TypeError)


def narrow(part: dict[str, Any]) -> dict[str, Any]:
    return {"widths": [8] * len(part["widths"])} if "widths" in part else {"width": 8}


def shrunk(tree: dict[str, Any], pictures: Path, output: Path) -> dict[str, Any]:
    """Make a run as small as it can be without changing its kind."""
    generator: dict[str, Any] = tree["generator"]
    width: dict[str, Any] = {}
    known = inspect.signature(GENERATORS[generator["name"]]).parameters
    if "width" in known:
        width = {"width": 8}
    elif "widths" in known:
        default = generator.get("widths", known["widths"].default)
        width = {"widths": [8] * len(default)}
    if "levels" in generator:  # a deep network needs a large crop
        width["levels"] = min(generator["levels"], 6)
    if isinstance(generator.get("steps"), int):  # those of a search
        width["steps"] = 2
    tree = tree | {"output": str(output), "steps": 3, "device": "cpu", "generator": generator | width}
    tree |= {"pretrained": None, "blend": 1.0} if width else {}  # of other widths
    if not has_bfloat16(torch.device("cpu")):
        tree["precision"] = "float32"  # convolutions that a CPU has to emulate take a hundred times as long
    tree["every"] = {"log": 1, "samples": 3, "validate": 3, "save": 3}
    for kind in ("partners", "discriminators"):
        tree[kind] = {name: part | narrow(part) for name, part in tree.get(kind, {}).items()}
    if tree.get("features"):
        tree["features"] = tree["features"] | {"weights": "random"}
    options = {key: value for key, value in tree["generator"].items() if key != "name"}
    multiple = GENERATORS[generator["name"]](**options).multiple
    # No smaller than drawn pictures can be, with room for a mask; sn_patch halves six times, and learning from a single
    # pixel in bfloat16 goes wrong in the CPU's convolutions.
    deep = any(judge["name"] == "sn_patch" for judge in tree["discriminators"].values())
    least = 128 if any(judge["name"] == "picnet" for judge in tree["discriminators"].values()) else 64 if deep else 32
    crop = math.ceil(least / multiple) * multiple
    tree["data"] = tree["data"] | {"validation_samples": 1, "crop": crop, "batch": 2, "workers": 0}
    tree["data"] |= {"crop_width": 2 * crop} if tree["data"].get("crop_width") else {}
    masks = tree["data"]["mask"]
    for mask in masks if isinstance(masks, list) else [masks]:
        if isinstance(mask, dict) and "sides" in mask:
            mask["sides"] = [min(side, crop // 2) for side in mask["sides"]]
    for key in ("train", "validation"):
        tree["data"][key] = relocated(tree["data"].get(key), pictures)
    for judge in tree["discriminators"].values():
        strip = judge["name"] == "strip"
        judge |= {"size": [crop, 2 * crop]} if strip else {"size": crop, "crop": crop // 2} if "size" in judge else {}
        judge |= {"levels": (crop // 4).bit_length() - 1} if judge["name"] == "migan" else {}
    tree["optim"] = {name: optim | {"warmup": 0} for name, optim in tree["optim"].items()}
    late = {key: 1 for key in ("start", "critic_steps") if key in tree["recipe"]}
    return tree | {"recipe": tree["recipe"] | late}  # every player has its turn in three steps


def relocated(sources: Any, pictures: Path) -> Any:
    """Replace every folder by the one with pictures."""
    if isinstance(sources, list):
        return [relocated(source, pictures) for source in sources]
    if isinstance(sources, dict):
        return sources | {"path": relocated(sources["path"], pictures)}
    return sources if sources in (None, "synthetic") else str(pictures)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_every_yaml_builds_and_runs_three_steps(config: Path, pictures: Path, tmp_path: Path):
    tree = yaml.load(config.read_text(encoding="utf-8"), Loader)
    assert run_of(tree).output
    trainer = trainer_of(run_of(shrunk(tree, pictures, tmp_path)))
    before = [parameter.clone() for parameter in trainer.recipe.parameters() if parameter.requires_grad]
    trainer.fit()
    after = [parameter for parameter in trainer.recipe.parameters() if parameter.requires_grad]
    assert trainer.step == 3
    assert any(not torch.equal(one, other) for one, other in zip(before, after, strict=True))
    assert (tmp_path / "last.safetensors").exists()


@pytest.mark.parametrize("trained", ["bfloat16", "float32"])
@pytest.mark.parametrize("native", [True, False])
def test_auto_is_bfloat16_for_what_learned_in_it_where_it_is_native(
    trained: str, native: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("inpaint.device.has_bfloat16", lambda device: native)
    cpu = torch.device("cpu")
    expected = "bfloat16" if native and trained == "bfloat16" else "float32"
    assert precision_of("auto", cpu, trained=trained) == expected
    assert precision_of("float32", cpu, trained=trained) == "float32"
    assert precision_of("auto", torch.device("mps"), trained=trained) == "float32"
    with pytest.raises(ValueError, match="'half' is unknown; choose auto, float32 or bfloat16"):
        load("texture", device="cpu", precision="half")


@pytest.mark.parametrize("native", [True, False])
def test_the_bundled_networks_learned_in_bfloat16(native: bool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("inpaint.device.has_bfloat16", lambda device: native)
    loaded = load("default", device="cpu")
    assert isinstance(loaded, RestorerByCensor)
    assert {restorer.bfloat16 for restorer in [*loaded.restorers.values(), loaded.gridless]} == {native}


@pytest.mark.parametrize("precision", ["bfloat16", "float32"])
@pytest.mark.parametrize("fast", [True, False])
def test_a_precision_that_is_slow_here_is_told(
    precision: str, fast: bool, checkpoint: Path, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("inpaint.device.has_bfloat16", lambda device: fast)
    for work in (
        lambda: trainer_of(run_of(tiny_tree(pictures, tmp_path, precision=precision))),
        lambda: load(checkpoint, device="cpu", precision=precision),
    ):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            work()
        told = any("float32 is faster here" in str(warning.message) for warning in caught)
        assert told == (precision == "bfloat16" and not fast)


def test_there_is_a_yaml_to_test():
    assert any(config.stem == "residual_unet" for config in CONFIGS)


def test_networks_depend_on_the_seed_alone(pictures: Path, tmp_path: Path):
    def weights(seed: int) -> torch.Tensor:
        tree = adversarial_tree(pictures, tmp_path, seed=seed)
        return nn.utils.parameters_to_vector(recipe_of(run_of(tree)).parameters())

    torch.rand(7)  # whatever was drawn before
    assert torch.equal(weights(3), weights(3))
    assert not torch.equal(weights(3), weights(4))


def test_samples_come_from_the_sources_and_fit_the_crop(pictures: Path, tmp_path: Path):
    tree = tiny_tree(pictures, tmp_path)
    tree["data"]["train"] = [{"path": str(pictures), "share": 3}, "synthetic"]
    samples = samples_of(run_of(tree))
    image, mask, target, _ = samples[5]
    assert image.shape == target.shape == (3, 32, 32)
    assert torch.equal(image.where(mask < 0.5, target), target)
    assert samples.shares == [3, 1]


@pytest.mark.parametrize("sources", ["synthetic", ["synthetic", "folder"], "folder"])
def test_validation_is_the_same_every_time_whatever_it_comes_from(sources: Any, pictures: Path, tmp_path: Path):
    tree = tiny_tree(pictures, tmp_path)
    named = [
        str(pictures) if source == "folder" else source
        for source in ([sources] if isinstance(sources, str) else sources)
    ]
    tree["data"] |= {"validation": named, "validation_samples": 3}
    once, again = validation_of(run_of(tree)), validation_of(run_of(tree))
    assert len(once) == 3
    for one, other in zip(once, again, strict=True):
        assert one.image.shape == (1, 3, 32, 32)
        assert all(torch.equal(mine, theirs) for mine, theirs in zip(one[:3], other[:3], strict=True))
    assert not torch.equal(once[0].target, once[1].target)


def test_without_validation_there_is_none(pictures: Path, tmp_path: Path):
    tree = tiny_tree(pictures, tmp_path)
    tree["data"]["validation"] = None
    trainer = trainer_of(run_of(tree | {"steps": 3}))
    trainer.fit()
    assert trainer.validation == []
    assert not (tmp_path / "best.safetensors").exists()
    assert (tmp_path / "last.safetensors").exists()


@pytest.mark.parametrize(
    ("options", "step", "share"),
    [
        ({}, 0, 1.0),
        ({}, 99, 1.0),
        ({"warmup": 10}, 0, 0.1),
        ({"warmup": 10}, 9, 1.0),
        ({"schedule": "cosine"}, 0, 1.0),
        ({"schedule": "cosine"}, 50, 0.5),
        ({"schedule": "cosine"}, 100, 0.0),
        ({"schedule": "linear"}, 25, 0.75),
        ({"schedule": "linear", "constant_for": 0.5}, 50, 1.0),
        ({"schedule": "linear", "constant_for": 0.5}, 75, 0.5),
        ({"schedule": "linear", "warmup": 20}, 60, 0.5),
        ({"schedule": "cosine", "warmup": 100}, 99, 1.0),
        ({"schedule": "multistep", "milestones": [30, 60], "gamma": 0.5}, 29, 1.0),
        ({"schedule": "multistep", "milestones": [30, 60], "gamma": 0.5}, 30, 0.5),
        ({"schedule": "multistep", "milestones": [30, 60], "gamma": 0.5}, 99, 0.25),
    ],
)
def test_the_learning_rate_follows_its_schedule(options: dict, step: int, share: float):
    assert Optim(lr=2.0, **options).rate(step, 100) == pytest.approx(2.0 * share)


@pytest.mark.parametrize(
    ("fills", "shown"),
    [
        ([{"name": "hole"}], {"hole": "black"}),
        ([{"name": "hole", "value": ["smooth", "grey"]}, {"name": "mosaic"}], {"hole": "smooth", "mosaic": "nearest"}),
        ([{"name": "mosaic", "enlarge": {"nearest": 0.3, "bicubic": 0.7}}], {"mosaic": "bicubic"}),
        ([{"name": "hole", "value": "grey"}, {"name": "hole", "value": "smooth", "share": 3}], {"hole": "smooth"}),
        ([{"name": "hole", "value": "grey"}, {"name": "hole", "value": "smooth"}], {"hole": "grey"}),
    ],
)
def test_a_network_is_shown_what_it_mostly_learned_from(fills: list, shown: dict):
    assert presentations([Choice(**fill) for fill in fills]) == shown


@pytest.mark.parametrize(
    ("block", "fill", "fits"),
    [
        (4, {"block": 4}, True),
        (4, {"block": 4, "rectangular": 0.5}, True),
        (4, {"block": 4, "rectangular": 1.0}, False),
        (4, {"block": [3, 6]}, False),
        ([4, 6], {"block": 4}, False),
        ([4, 6], {"block": 4, "rectangular": 0.5, "ratio": [1.2, 1.6]}, True),
        ([6, 4], {"block": 4, "rectangular": 0.5, "ratio": [1.2, 1.6]}, True),
        ([4, 9], {"block": 4, "rectangular": 0.5, "ratio": [1.2, 1.6]}, False),
    ],
)
def test_a_fixed_block_needs_one_mosaic_of_it(block: Any, fill: dict, fits: bool, pictures: Path, tmp_path: Path):
    tree = tiny_tree(pictures, tmp_path, generator={"name": "espcn", "block": block, "width": 4})
    tree["data"]["fill"] = [{"name": "hole"}, {"name": "mosaic", "block": 9}, {"name": "mosaic", **fill}]
    if fits:
        trainer_of(run_of(tree))
    else:
        with pytest.raises(ValueError, match="enlarges cells of block"):
            trainer_of(run_of(tree))


@pytest.fixture
def checkpoint(pictures: Path, tmp_path: Path) -> Path:
    tree = tiny_tree(pictures, tmp_path)
    weights = recipe_of(run_of(tree)).generator.state_dict()  # pyright: ignore
    save_checkpoint(tmp_path / "it.safetensors", weights, run=tree, provenance={"licences": {"somewhere": {"CC0": 3}}})
    return tmp_path / "it.safetensors"


def test_loading_needs_the_checkpoint_alone(checkpoint: Path):
    restore = load_network(checkpoint, device="cpu")
    assert restore.multiple == 2
    assert inpaint.load is load


def test_a_name_that_is_nothing_is_refused_with_the_bundled_names():
    with pytest.raises(ValueError, match=r"nosuch is neither a bundled network .*default.* nor a checkpoint file"):
        load("nosuch")


def test_a_checkpoint_that_lies_about_itself_is_refused(checkpoint: Path):
    weights, run, *_ = load_checkpoint(checkpoint)
    for generator, sentence in [
        ({"name": "residual_unet", "widths": [6, 8], "blocks": 1, "middle": 1}, "does not fit generator residual_unet"),
        ({"name": "lost"}, "generator 'lost' is unknown; choose"),
    ]:
        save_checkpoint(checkpoint, weights, run=run | {"generator": generator}, provenance={})
        with pytest.raises(ValueError, match=sentence) as error:
            load(checkpoint)
        assert "\n" not in str(error.value)


def test_a_pretrained_network_is_where_the_generator_starts(checkpoint: Path, pictures: Path, tmp_path: Path):
    tree = tiny_tree(pictures, tmp_path / "fine", pretrained=str(checkpoint), seed=9)
    trainer = trainer_of(run_of(tree))
    weights = load_checkpoint(checkpoint).weights
    assert all(torch.equal(weights[name], tensor) for name, tensor in trainer.recipe.generator.state_dict().items())
    assert all(torch.equal(weights[name], tensor) for name, tensor in trainer.average.network.state_dict().items())
    trainer.keeper.save_generator("last.safetensors")
    told = load_checkpoint(tmp_path / "fine" / "last.safetensors").provenance["pretrained"]
    assert told == {"network": str(checkpoint), "licences": {"somewhere": {"CC0": 3}}}, "its licences travel with it"


def test_a_pretrained_network_must_be_the_same_network(checkpoint: Path, pictures: Path, tmp_path: Path):
    other = tiny_tree(pictures, tmp_path, pretrained=str(checkpoint))
    other["generator"] = other["generator"] | {"widths": [6, 8]}
    with pytest.raises(
        ValueError, match=r"does not fit generator residual_unet: \d+ of its weights are of another shape"
    ):
        recipe_of(run_of(other))
    with pytest.raises(ValueError, match="partial is true, but nothing is pretrained"):
        trainer_of(run_of(tiny_tree(pictures, tmp_path, partial=True)))
    with pytest.raises(ValueError, match="nosuch is neither a bundled network"):
        recipe_of(run_of(tiny_tree(pictures, tmp_path, pretrained="nosuch")))


def test_features_that_no_term_uses_are_not_loaded(pictures: Path, tmp_path: Path):
    unread = {"name": "vgg16", "weights": str(tmp_path / "nowhere.pth")}
    with pytest.warns(UserWarning, match="no loss term of this run compares features"):
        recipe_of(run_of(tiny_tree(pictures, tmp_path, features=unread)))
    recipe = {"name": "supervised", "weights": {"perceptual": 1.0}}
    with pytest.raises(FileNotFoundError, match=r"nowhere\.pth"):
        recipe_of(run_of(tiny_tree(pictures, tmp_path, features=unread, recipe=recipe)))


def test_of_other_weights_what_fits_is_taken_and_told(checkpoint: Path, pictures: Path, tmp_path: Path):
    deeper = {"name": "residual_unet", "widths": [4, 8], "blocks": 2, "middle": 1}
    tree = tiny_tree(pictures, tmp_path, generator=deeper, pretrained=str(checkpoint))
    with pytest.raises(ValueError, match="does not fit generator residual_unet"):
        recipe_of(run_of(tree))
    with pytest.warns(UserWarning, match=r"\d+ of \d+ weights of the generator begin as in .*; new are ") as told:
        recipe = recipe_of(run_of(tree | {"partial": True}))
    weights, own = load_checkpoint(checkpoint).weights, recipe.generator.state_dict()
    taken = [name for name in weights if name in own and own[name].shape == weights[name].shape]
    assert f"{len(taken)} of {len(own)} weights" in str(told[0].message)
    assert all(torch.equal(weights[name], own[name]) for name in taken)
    other = {"name": "unet", "shape": "plain", "width": 4}
    with pytest.raises(ValueError, match=r"none of its \d+ weights fits the generator"):
        recipe_of(run_of(tree | {"partial": True, "generator": other}))


def test_batch_norms_over_all_processes_need_graphics_cards(pictures: Path, tmp_path: Path):
    with pytest.raises(ValueError, match="sync_batch_norm works on graphics cards of NVIDIA alone, not on cpu"):
        trainer_of(run_of(tiny_tree(pictures, tmp_path, sync_batch_norm=True)))
