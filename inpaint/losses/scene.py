"""A scene: everything a loss term may look at, computed once and only when a term asks for it."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from inpaint.features.vgg import IMAGENET_DEVIATION
from inpaint.sample import Prediction, Sample, composite

ERROR_UNITS = {  # what one unit of an error is, by the pictures that authors compare; here they are in [0, 1]
    "unit": (1.0, 1.0, 1.0),
    "signed": (0.5, 0.5, 0.5),  # in [-1, 1]
    "imagenet": IMAGENET_DEVIATION,  # normalised by ImageNet's statistics
}


class Features(Protocol):
    """A network whose feature maps perceptual and style terms compare; VggFeatures is one."""

    content: tuple[str, ...]  # the maps that perceptual terms compare
    style: tuple[str, ...]  # the maps that style terms compare

    def __call__(self, image: Tensor) -> dict[str, Tensor]:
        """Return named feature maps of an image (B, 3, H, W) in [0, 1]."""
        ...


class Scene:
    """A prediction beside the sample it answers, with the composite and the cached perceptual features of both.

    features: the network whose feature maps are compared, or None where no term needs one.  errors_in: the scale in
    which terms that compare pixels measure, one of ERROR_UNITS.
    """

    def __init__(
        self, prediction: Prediction, sample: Sample, features: Features | None = None, errors_in: str = "unit"
    ):
        # Under autocast an answer may be half precision: a mean over a million pixels must not be.
        image = prediction.image.to(sample.target.dtype)
        self.prediction = prediction._replace(image=image)
        self.sample = sample
        self.composite = composite(image, sample.image, sample.mask)  # (B, 3, H, W)
        self.features = features
        self.unit = torch.tensor(ERROR_UNITS[errors_in]).view(3, 1, 1).to(sample.target)
        self._seen: dict[str, dict[str, Tensor]] = {}

    def picture(self, name: str) -> Tensor:
        """Return one of the pictures that features are taken of, (B, 3, H, W).

        name: prediction, composite, target; prediction_hole and target_hole are black outside the hole;
        coarse_composite is made of the first stage's picture.
        """
        match name:
            case "prediction":
                return self.prediction.image
            case "composite":
                return self.composite
            case "target":
                return self.sample.target
            case "prediction_hole":
                return self.prediction.image * self.sample.mask
            case "target_hole":
                return self.sample.target * self.sample.mask
            case "coarse_composite":
                return composite(self.coarse, self.sample.image, self.sample.mask)
        raise ValueError(
            f"{name!r} is no picture of a scene: choose prediction, composite, target, prediction_hole, target_hole "
            "or coarse_composite"
        )

    @property
    def coarse(self) -> Tensor:
        """The picture of the first of two stages, (B, 3, H, W); ValueError where the generator has but one."""
        extras = self.prediction.extras
        if "coarse" not in extras:
            raise ValueError(
                "a term of the coarse picture needs a two-stage generator: this one answers "
                f"{sorted(extras)} beside its image, not coarse"
            )
        return extras["coarse"].to(self.sample.target.dtype)

    def in_units(self, difference: Tensor) -> Tensor:
        """Return a difference of pictures (B, 3, H, W) in the scale in which errors are measured."""
        return difference / self.unit

    def seen(self, name: str) -> dict[str, Tensor]:
        """Return the named feature maps of a picture, computed at the first call; targets carry no gradient."""
        if name not in self._seen:
            self.seen_as(name, self.picture(name))
        return self._seen[name]

    def seen_as(self, name: str, picture: Tensor) -> dict[str, Tensor]:
        """Return the named feature maps of any picture, computed when its name is first given; see `seen`."""
        features = self.required_features()
        if name not in self._seen:
            wanted = name.startswith("target")
            with torch.set_grad_enabled(torch.is_grad_enabled() and not wanted):
                picture = picture.detach() if wanted else picture
                self._seen[name] = features(picture.to(self.sample.target.dtype))
        return self._seen[name]

    def taps(self, kind: str) -> tuple[str, ...]:
        """Return the names of the feature maps that terms of this kind, content or style, compare."""
        features = self.required_features()
        taps = features.content if kind == "content" else features.style
        if not taps:
            raise ValueError(f"the features network has no {kind} taps: name its layers, or remove the term")
        return taps

    def required_features(self) -> Features:
        """Return the features network, or raise ValueError where there is none."""
        if self.features is None:
            raise ValueError(
                "a perceptual or style term needs a features network: add features to the recipe, or remove the term"
            )
        return self.features


def check_error_units(errors_in: str) -> None:
    """Raise ValueError for a scale that does not exist."""
    if errors_in not in ERROR_UNITS:
        raise ValueError(f"errors_in is {errors_in!r}: choose among {', '.join(ERROR_UNITS)}")
