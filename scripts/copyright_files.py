"""Read licences and copyright holders from Debian copyright files, machine-readable (DEP-5) or prose."""

from __future__ import annotations

import re
from typing import NamedTuple

LICENCE_WORDS = {  # for copyright files that are prose
    "GPL-2+": r"GNU\s+General\s+Public\s+License\b[^.]{0,99}?version\s+2\b[^.]{0,40}?any\s+later",
    "public-domain": r"Public Domain",
    "LGPL": r"GNU (?:Library|Lesser) General Public",
}


class Stanza(NamedTuple):
    """One "Files:" paragraph of a DEP-5 copyright file."""

    patterns: list[str]
    licence: str
    copyright: str


def stanzas(text: str) -> list[Stanza]:
    """Return the "Files:" paragraphs of a DEP-5 copyright file; none for prose."""
    if not text.lstrip().startswith("Format:"):
        return []
    found = []
    for paragraph in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"^([\w-]+):[ \t]*(.*(?:\n[ \t].*)*)", paragraph, re.MULTILINE))
        if "Files" in fields:
            licence = fields.get("License", "").strip().splitlines() or [""]
            holders = "; ".join(map(str.strip, fields.get("Copyright", "").strip().splitlines()))
            found.append(Stanza(fields["Files"].split(), licence[0].strip(), holders))
    return found


def matches(pattern: str, name: str) -> bool:
    """Say whether a DEP-5 glob, which is relative to the source tree, can mean this installed file.

    Installing moves files: the pattern may begin at any folder, and one that names a file may match by that alone.
    """
    name = name.replace("@2x", "")
    last = pattern.rsplit("/", 1)[-1]
    globs = [pattern] if last.strip("*") == "" else [pattern, last]
    expressions = [re.escape(glob).replace(r"\*", ".*").replace(r"\?", ".") for glob in globs]
    return pattern == "*" or any(re.search(rf"(^|/){expression}$", name) for expression in expressions)


def licence(text: str, name: str) -> dict[str, str | list[str]]:
    """Return the licences and the copyright holders of one file of a package."""
    found = stanzas(text)
    best = [stanza for stanza in found if any(matches(pattern, name) for pattern in stanza.patterns)]
    specific = [stanza for stanza in best if stanza.patterns != ["*"]]
    if best:
        chosen = (specific or best)[-1]
        stated_for = " ".join(chosen.patterns[:4])
        return {"licences": [chosen.licence], "copyright": chosen.copyright, "stated_for": stated_for}
    if found:
        holders = "; ".join(dict.fromkeys(stanza.copyright for stanza in found))
        return {"licences": sorted({s.licence for s in found}), "copyright": holders, "stated_for": "package"}
    named = [word for word, pattern in LICENCE_WORDS.items() if re.search(pattern, text)]
    holders = "; ".join(dict.fromkeys(re.findall(r"Copyright (?:\(C\)|©) (.*)", text)))
    return {"licences": named, "copyright": holders, "stated_for": "package"}
