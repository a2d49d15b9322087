"""What every section of a run's YAML has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A section of the YAML, which refuses keys that it does not know and does not change afterwards."""

    model_config = ConfigDict(frozen=True, extra="forbid")
