"""What the authors of CycleGAN call its generator's entries."""

from __future__ import annotations

from tests.importing.authors.written import Case, without_trunk

OPTIONS = {"width": 4, "blocks": 6}
CASES = {
    "cyclegan": Case("resnet9", OPTIONS, lambda state: (without_trunk(state),)),
    "cyclegan_grey": Case("resnet9", {**OPTIONS, "grey": "both"}, lambda state: (without_trunk(state),)),
    "cyclegan_mask": Case("resnet9", {**OPTIONS, "grey": "seen", "see_mask": True}, lambda it: (without_trunk(it),)),
}
