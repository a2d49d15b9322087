"""Metrics that compare features of a trained network: LPIPS, DISTS, FID and KID; their weights are not in the package.

Sources: Zhang et al. 2018 (LPIPS) and Ding et al. 2020 (DISTS) by torchmetrics, which brings their linear weights;
Ghildyal and Liu, "Shift-tolerant perceptual similarity metric", 2022, by stlpips_pytorch, which brings all weights;
FID and KID on the Inception network of pytorch-fid, or on the pooled features of torchvision's VGG16.
Nothing is downloaded: a metric whose weights are not there says where they come from.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from inpaint.features.vgg import VggFeatures
from inpaint.metrics import ALL_METRICS, METRICS, Metric
from inpaint.metrics.feature_sets import FeatureDistance, PictureFeatures, frechet_distance, kernel_distance

VGG16_FILE = "vgg16-397923af.pth"
ALEXNET_FILE = "alexnet-owt-7be5be79.pth"
INCEPTION_FILE = "pt_inception-2015-12-05-6726825d.pth"
ORIGINS = {
    VGG16_FILE: f"https://download.pytorch.org/models/{VGG16_FILE}",
    ALEXNET_FILE: f"https://download.pytorch.org/models/{ALEXNET_FILE}",
    INCEPTION_FILE: f"https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/{INCEPTION_FILE}",
}
SMALLEST_OF_PERCEPTUAL = 32  # px a side: below, the last of five halvings leaves nothing to compare


def metrics_named(names: Sequence[str], weights: Path | None = None) -> dict[str, Metric]:
    """Return metrics by their names; "all" stands for every one that needs no weights, "default" for the usual ones.

    weights: the folder in which the weights of the others lie, else torch's own cache.
    Raises ValueError for a name that is unknown, and for weights or packages that are missing.
    """
    builders = weighted_metrics(weights)
    chosen: dict[str, Metric] = {}
    for name in names:
        if name in ("all", "default"):
            chosen |= ALL_METRICS if name == "all" else METRICS
        elif name in ALL_METRICS:
            chosen[name] = ALL_METRICS[name]
        elif name in builders:
            chosen[name] = builders[name]()
        else:
            raise ValueError(f"metric {name!r} is unknown; choose all, default, {', '.join([*ALL_METRICS, *builders])}")
    return chosen


def available_metrics(names: Sequence[str], weights: Path | None = None) -> tuple[dict[str, Metric], list[str]]:
    """Return those of the named metrics whose weights and packages are here, and a sentence for each of the others."""
    chosen: dict[str, Metric] = {}
    said = []
    for name in names:
        try:
            chosen |= metrics_named([name], weights)
        except ValueError as error:
            if name not in weighted_metrics(weights):
                raise
            said.append(f"{name} is left out: {error}")
    return chosen, said


def weighted_metrics(weights: Path | None) -> Mapping[str, Callable[[], Metric]]:
    """Return what builds each metric that needs weights, by its name."""

    def pictures(heading: str, build: Callable[[], Any]) -> Callable[[], Metric]:
        return lambda: Metric(heading, "whole", "lower", 4, _of_pictures(build()))

    def sets(heading: str, digits: int, distance: Any, features: Callable[[Path | None], PictureFeatures]) -> Any:
        return lambda: Metric(heading, "whole", "lower", digits, whole_set=FeatureDistance(features(weights), distance))

    return {
        "lpips_whole": pictures("LPIPS (VGG)", lambda: lpips_network("vgg", VGG16_FILE, weights)),
        "lpips_alex_whole": pictures("LPIPS (Alex)", lambda: lpips_network("alex", ALEXNET_FILE, weights)),
        "st_lpips_whole": pictures("ST-LPIPS (VGG)", shift_tolerant_lpips),
        "dists_whole": pictures("DISTS", lambda: dists_network(weights)),
        "fid_whole": sets("FID", 2, frechet_distance, inception_features),
        "kid_whole": sets("KID", 5, kernel_distance, inception_features),
        "fid_vgg16_whole": sets("FID (VGG16)", 3, frechet_distance, vgg16_features),
        "kid_vgg16_whole": sets("KID (VGG16)", 5, kernel_distance, vgg16_features),
    }


def weights_file(name: str, folder: Path | None) -> Path:
    """Return where a file of weights lies.  Raises ValueError where it does not."""
    place = Path(torch.hub.get_dir()) / "checkpoints" if folder is None else folder
    path = place / name
    if not path.is_file():
        raise ValueError(
            f"its weights are not here: there is no {path}; download {ORIGINS[name]} and name its "
            "folder with --weights, or leave the metric out"
        )
    return path


@contextmanager
def torchvision_finds(path: Path) -> Iterator[None]:
    """Let torchvision take its weights from this file instead of its cache or the network."""
    before = torch.hub.get_dir()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "checkpoints").symlink_to(path.resolve().parent)
        torch.hub.set_dir(folder)
        try:
            yield
        finally:
            torch.hub.set_dir(before)


def lpips_network(kind: str, file: str, weights: Path | None) -> Callable[[Tensor, Tensor], Tensor]:
    """Return LPIPS 0.1 of pictures in [0, 1]."""
    from torchmetrics.image import LearnedPerceptualImagePatchSimilarity

    with torchvision_finds(weights_file(file, weights)):
        network: Any = LearnedPerceptualImagePatchSimilarity(net_type=kind, normalize=True)  # pyright: ignore[reportArgumentType]

    def distance(restored: Tensor, target: Tensor) -> Tensor:
        network.reset()
        network.update(restored, target)
        return network.compute()

    return distance


def dists_network(weights: Path | None) -> Callable[[Tensor, Tensor], Tensor]:
    """Return DISTS of pictures in [0, 1], at their own size."""
    try:
        from torchmetrics.functional.image.dists import DISTSNetwork
    except ImportError as error:
        raise ValueError("the metric DISTS needs torchmetrics 1.8 or newer: pip install -U torchmetrics") from error
    with torchvision_finds(weights_file(VGG16_FILE, weights)):
        return DISTSNetwork().eval()


def shift_tolerant_lpips() -> Callable[[Tensor, Tensor], Tensor]:
    """Return the shift-tolerant LPIPS of pictures in [0, 1]; its weights come with its package."""
    try:
        from stlpips_pytorch import stlpips  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise ValueError("the shift-tolerant LPIPS needs the extra: pip install 'inpaint[lpips]'") from error
    network = stlpips.LPIPS(net="vgg", variant="shift_tolerant", verbose=False).eval()
    return lambda restored, target: network(restored, target, normalize=True)


def inception_features(weights: Path | None) -> PictureFeatures:
    """Return the 2048 features on which FID is published: those of the Inception network of 2015, by pytorch-fid."""
    try:
        from pytorch_fid.inception import InceptionV3  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise ValueError("the metrics FID and KID need the extra: pip install 'inpaint[fid]'") from error
    with torchvision_finds(weights_file(INCEPTION_FILE, weights)):
        network: Any = InceptionV3([3]).eval()
    return lambda picture: network(picture)[0].flatten(1)


def vgg16_features(weights: Path | None) -> PictureFeatures:
    """Return the means over the picture of VGG16's fourth pool, 512 features."""
    network = VggFeatures("vgg16", weights=weights_file(VGG16_FILE, weights), content=["pool4"], style=[])
    return lambda picture: network(picture)["pool4"].mean((2, 3))


def _of_pictures(distance: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """Return a metric of pictures from a distance of two batches; the mask is not read."""

    @torch.no_grad()
    def measured(restored: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        if min(target.shape[-2:]) < SMALLEST_OF_PERCEPTUAL:
            return torch.full((len(target),), float("nan"))
        return torch.stack(
            [distance(*pair).reshape(()) for pair in zip(restored.split(1), target.split(1), strict=True)]
        )

    return measured
