"""What the authors of CycleGAN call its generator's entries."""

from __future__ import annotations

from tests.importing.authors.written import Case, without_trunk

CASES = {"cyclegan": Case("resnet9", {"width": 4, "blocks": 6}, lambda state: (without_trunk(state),))}
