"""What the authors call AOT-GAN's entries: as here, without the trunk."""

from __future__ import annotations

from tests.importing.authors.written import Case, without_trunk

OPTIONS = {"width": 4, "blocks": 2, "rates": [1, 2, 4, 8]}
CASES = {"aot_gan": Case("aot_gan", OPTIONS, lambda state: (without_trunk(state),))}
