"""By what a picture's name and facts say, which pictures belong together: folder, pattern of the name, column."""

from __future__ import annotations

import re

from inpaint.builders.settings import GroupSettings
from inpaint.builders.sources.source import SourcePicture


def keys_of(source: SourcePicture, group: GroupSettings) -> tuple[str, ...]:
    """Return the keys of a picture; pictures that share any of them are one group.

    A picture that lies directly in a source has no folder: the source is not a group.  One whose name does not match
    the pattern, or that has nothing in the column, has no such key.
    """
    keys = []
    folder, _, file = source.name.rpartition("/")
    if "folder" in group.by and "/" in folder:
        keys.append(f"folder {folder}")
    if group.pattern is not None and (found := re.search(group.pattern, file)):
        held = " ".join(part for part in found.groups() if part)
        keys += [f"pattern {held}"] if held else []
    if group.column is not None and (value := dict(source.facts).get(group.column, "").strip()):
        keys.append(f"{group.column} {value}")
    return tuple(keys)
