"""What the authors of pix2pix call its generator's entries."""

from __future__ import annotations

from collections.abc import Iterator

from tests.importing.authors.written import Case, State, renamed

LEAVES = ("weight", "bias")
NORM = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")


def pix2pix(state: State, levels: int, norm: str = "batch") -> State:
    """Levels inside levels: [activation,] convolution, [norm,] inner level, activation, deconvolution, [norm].

    An instance norm has no entries, and every convolution beside one has a bias.
    """
    of_norm = NORM if norm == "batch" else ()
    of_convolution = LEAVES if norm == "instance" else LEAVES[:1]

    def level(number: int, prefix: str) -> Iterator[tuple[str, str]]:
        down, up = f"trunk.encoders.{number}", f"trunk.decoders.{levels - 1 - number}"
        if number == 0:
            yield from ((f"{down}.0.{leaf}", f"{prefix}.0.{leaf}") for leaf in of_convolution)
            yield from level(1, f"{prefix}.1.model")
            yield from ((f"{up}.1.{leaf}", f"{prefix}.3.{leaf}") for leaf in LEAVES)
            return
        innermost = number == levels - 1
        yield from ((f"{down}.1.{leaf}", f"{prefix}.1.{leaf}") for leaf in of_convolution)
        if not innermost:
            yield from ((f"{down}.2.{leaf}", f"{prefix}.2.{leaf}") for leaf in of_norm)
            yield from level(number + 1, f"{prefix}.3.model")
        yield from ((f"{up}.1.{leaf}", f"{prefix}.{3 if innermost else 5}.{leaf}") for leaf in of_convolution)
        yield from ((f"{up}.2.{leaf}", f"{prefix}.{4 if innermost else 6}.{leaf}") for leaf in of_norm)

    return renamed(state, level(0, "model.model"))


OPTIONS = {"shape": "pix2pix", "width": 4, "levels": 6}
CASES = {
    "pix2pix": Case("unet", OPTIONS, lambda state: (pix2pix(state, 6),)),
    "pix2pix_grey": Case("unet", {**OPTIONS, "grey": "both"}, lambda state: (pix2pix(state, 6),)),
    "pix2pix_coloured": Case("unet", {**OPTIONS, "grey": "seen"}, lambda state: (pix2pix(state, 6),)),
    "pix2pix_mask": Case("unet", {**OPTIONS, "see_mask": True}, lambda state: (pix2pix(state, 6),)),
    "pix2pix_instance": Case("unet", {**OPTIONS, "norm": "instance"}, lambda state: (pix2pix(state, 6, "instance"),)),
}
