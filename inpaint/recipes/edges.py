"""Learning to draw edges, to paint by them, and both together: the stages of EdgeConnect in one run.

Source: Nazeri et al., EdgeConnect: Generative Image Inpainting with Adversarial Edge Learning (2019), and the authors'
code, whose models 1 to 4 are the stages; their released model 4, joint, raises, and their last is model 3, drawn.
Canny's edges are of the whole original here; a network at work knows only
those of the known pixels.

What differs: a generator is judged by a discriminator that has already stepped, where the authors differentiate through
weights that have changed since; the painter's gradient is handed to the network that draws as a term of its own, so
that each player has one turn.  The paper removes the discriminator of edges from the last stage; it stays here, as in
the authors' code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from inpaint.contracts import Discriminator, Turn
from inpaint.generators.edge_connect import EdgeConnect
from inpaint.layers.canny import grey
from inpaint.losses import Weight, check_weights, weight_at, weighted
from inpaint.losses.objectives import ADVERSARIAL, feature_matching, focal_error
from inpaint.losses.scene import Features, Scene
from inpaint.recipes.frozen import frozen
from inpaint.sample import Sample, composite

STAGES = ("edge", "inpaint", "drawn", "joint")
JUDGES = ("edges_discriminator", "painter_discriminator")


class Edges(nn.Module):
    """The network that draws learns against one discriminator, the painter against another.

    Stages: edge, the first learns to draw; inpaint, the painter learns by Canny's edges; drawn, by edges that the first
    one draws into the hole and does not learn from; joint, both learn, the first one also from what the painter makes
    of its edges.
    """

    def __init__(
        self,
        generator: EdgeConnect,
        discriminators: Mapping[str, Discriminator],
        *,
        weights: Mapping[str, Weight],
        stages: Mapping[str, int],
        loss: str = "nonsaturating",
        weight: Weight = 0.1,
        edge_weight: Weight = 1.0,
        focal: float = 0.0,
        feature_matching: float = 10.0,
        features: Features | None = None,
    ):
        """Take the networks that learn and how much each term counts.

        discriminators: edges_discriminator judges grey pictures with their edges (B, 2, H, W), painter_discriminator
        pictures.  weights: of the painter's terms.  stages: the step from which on each one is learned; one that is not
        named is left out.  weight: of the painter's adversarial term; edge_weight: of that of edges.  focal: of the
        focal error of edges.  feature_matching: its weight, of edges.
        """
        super().__init__()
        check_weights(weights, features=features)
        check_stages(stages)
        if not isinstance(generator, EdgeConnect):
            raise ValueError(f"the recipe edges cannot teach a {type(generator).__name__}: choose edge_connect")
        if set(discriminators) != set(JUDGES):
            raise ValueError(f"the discriminators are {sorted(discriminators)}: they must be {' and '.join(JUDGES)}")
        if loss not in ADVERSARIAL:
            raise ValueError(f"the adversarial loss is {loss!r}: choose among {', '.join(ADVERSARIAL)}")
        self.generator = generator
        self.discriminators = nn.ModuleDict(discriminators)
        self.weights = dict(weights)
        self.stages = dict(stages)
        self.loss = ADVERSARIAL[loss]
        self.weight, self.edge_weight, self.focal = weight, edge_weight, focal
        self.feature_matching = feature_matching
        self.features = features  # no nn.Module, so neither the state dict nor the averaging sees it

    @property
    def players(self) -> dict[str, nn.Module]:
        """The networks that learn, one optimizer each."""
        return {"edges": self.generator.edges, "painter": self.generator.painter, **self.discriminators}

    def stage_at(self, step: int) -> str:
        """Return the stage that has begun last."""
        return max((name for name, start in self.stages.items() if start <= step), key=self.stages.__getitem__)

    def turns(self, sample: Sample, step: int) -> Iterator[Turn]:
        """Yield the turns of the step's stage: a discriminator's always before that of the network it judges.

        A turn must have been differentiated before the next one is asked for.
        """
        stage = self.stage_at(step)
        true = self.generator.lines_of(sample.target)  # (B, 1, H, W)
        if stage == "inpaint":
            yield from self.painting(sample, true, step)
            return
        with torch.set_grad_enabled(stage != "drawn"):
            drawn = self.generator.edges(grey(sample.image), true, sample.mask).to(true.dtype)  # (B, 1, H, W)
        complete, handed = composite(drawn, true, sample.mask), {}
        if stage != "edge":
            seen = complete.detach().requires_grad_(stage == "joint")
            yield from self.painting(sample, seen, step)
            if stage == "drawn":
                return
            handed["edge_painted"] = with_gradient(complete, seen.grad)
        yield from self.drawing(sample, true, drawn, handed, step)

    def drawing(
        self, sample: Sample, true: Tensor, drawn: Tensor, handed: dict[str, Tensor], step: int
    ) -> Iterator[Turn]:
        """Yield the turns of the discriminator of edges and of the network that draws."""
        name, judge = JUDGES[0], self.discriminators[JUDGES[0]]
        picture = grey(sample.target)
        real, fake = torch.cat([picture, true], dim=1), torch.cat([picture, drawn], dim=1)  # (B, 2, H, W)
        yield self.judging(name, real, fake, sample)
        with torch.no_grad():
            matched = judge(real, sample.image, sample.mask).features
        with frozen(judge):
            fooled = judge(fake, sample.image, sample.mask)
        terms = {
            "edge_adversarial": weight_at(self.edge_weight, step) * self.loss.generator(fooled.logits, sample.mask),
            "edge_feature_matching": self.feature_matching * feature_matching(matched, fooled.features),
        }
        if self.focal:
            terms["edge_focal"] = self.focal * focal_error(drawn, true)
        yield Turn("edges", terms | handed)

    def painting(self, sample: Sample, edges: Tensor, step: int) -> Iterator[Turn]:
        """Yield the turns of the discriminator of pictures and of the painter, which paints by these edges."""
        scene = Scene(self.generator.restore_with_edges(sample.image, sample.mask, edges), sample, self.features)
        name, fake = JUDGES[1], scene.prediction.image  # (B, 3, H, W)
        yield self.judging(name, sample.target, fake, sample)
        with frozen(self.discriminators[name]):
            fooled = self.discriminators[name](fake, sample.image, sample.mask)
        terms = weighted(self.weights, scene, step)
        yield Turn(
            "painter",
            terms | {"adversarial": weight_at(self.weight, step) * self.loss.generator(fooled.logits, sample.mask)},
        )

    def judging(self, name: str, real: Tensor, fake: Tensor, sample: Sample) -> Turn:
        """Return the turn of a discriminator."""
        judge, (image, mask, *_) = self.discriminators[name], sample
        real_logits, fake_logits = (judge(picture, image, mask).logits for picture in (real, fake.detach()))
        return Turn(name, {name: self.loss.discriminator(real_logits, fake_logits, mask)})


def with_gradient(tensor: Tensor, gradient: Tensor | None) -> Tensor:
    """Return a scalar whose value is 0 and whose gradient with respect to the tensor is the one given."""
    assert gradient is not None, "the turn before was not differentiated"
    value = (tensor * gradient).sum()
    return value - value.detach()


def check_stages(stages: Mapping[str, int]) -> None:
    """Raise ValueError for stages that do not exist, that begin together, or none of which begins at step 0."""
    for name in stages:
        if name not in STAGES:
            raise ValueError(f"{name!r} is no stage: choose among {', '.join(STAGES)}")
    starts = sorted(stages.values())
    if not starts or starts[0] != 0 or len(set(starts)) < len(starts):
        raise ValueError(f"the stages begin at steps {starts}: one must begin at 0, and no two together")
