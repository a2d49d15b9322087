"""What the authors' TensorFlow checkpoints of PiiGAN call the entries of DSI: what DeepFill's do."""

from __future__ import annotations

from tests.importing.authors.contextual import deepfill_variables
from tests.importing.authors.written import Case

CASES = {"piigan": Case("dsi", {"width": 4, "released": True}, lambda state: (deepfill_variables(state),))}
