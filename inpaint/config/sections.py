"""What every section of a run's YAML has in common."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator


class Strict(BaseModel):
    """A section of the YAML, which refuses keys that it does not know and does not change afterwards."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def truth_is_no_number(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse true and false for numbers, of which they would be 1 and 0."""
        name = info.field_name or ""
        if any(isinstance(it, bool) for it in [value, *(value if isinstance(value, list | tuple) else [])]):
            annotation = cls.model_fields[name].annotation
            text = str in (annotation, *get_args(annotation))
            if bool not in (annotation, *get_args(annotation)):
                quote = "; YAML reads no, off, yes and on as these: quote what is text" if text else ""
                raise ValueError(f"{name} is {value}: it must not be true or false{quote}")
        return value
