"""What the authors of pix2pix call its generator's entries."""

from __future__ import annotations

from collections.abc import Iterator

from tests.importing.authors.written import Case, State, renamed

LEAVES = ("weight", "bias")
NORM = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")


def pix2pix(state: State, levels: int) -> State:
    """Levels inside levels: [activation,] convolution, [norm,] inner level, activation, deconvolution, [norm]."""

    def level(number: int, prefix: str) -> Iterator[tuple[str, str]]:
        down, up = f"trunk.encoders.{number}", f"trunk.decoders.{levels - 1 - number}"
        if number == 0:
            yield f"{down}.0.weight", f"{prefix}.0.weight"
            yield from level(1, f"{prefix}.1.model")
            yield from ((f"{up}.1.{leaf}", f"{prefix}.3.{leaf}") for leaf in LEAVES)
            return
        innermost = number == levels - 1
        yield f"{down}.1.weight", f"{prefix}.1.weight"
        if not innermost:
            yield from ((f"{down}.2.{leaf}", f"{prefix}.2.{leaf}") for leaf in NORM)
            yield from level(number + 1, f"{prefix}.3.model")
        yield f"{up}.1.weight", f"{prefix}.{3 if innermost else 5}.weight"
        yield from ((f"{up}.2.{leaf}", f"{prefix}.{4 if innermost else 6}.{leaf}") for leaf in NORM)

    return renamed(state, level(0, "model.model"))


OPTIONS = {"shape": "pix2pix", "width": 4, "levels": 6}
CASES = {"pix2pix": Case("unet", OPTIONS, lambda state: (pix2pix(state, 6),))}
