"""Judge what only all pictures together show: duplicates, near-duplicates, groups and splits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from inpaint.builders.examine import Finding
from inpaint.builders.groups import split_groups, united
from inpaint.builders.similarity import KIN, QUARTER, TWIN, alike


class Member(NamedTuple):
    """A kept picture, its group and its split."""

    finding: Finding
    group: str
    split: str


def judged(
    findings: list[Finding], splits: Sequence[float], seed: int, group_by: str | None
) -> tuple[list[Finding], list[Member]]:
    """Return the findings with duplicates rejected, and the kept ones with their group and split, sorted by name."""
    findings = _without_exact(findings)
    candidates = [index for index, finding in enumerate(findings) if not finding.rule]
    # Largest first: what is kept of pictures that look alike. The digest breaks ties, so growth does not reorder.
    candidates.sort(key=lambda index: (-findings[index].pixels, -findings[index].bytes, findings[index].digest))
    whole, *quarters = zip(*(findings[index].looks for index in candidates), strict=True) if candidates else [()]
    kin = [*alike(whole, KIN), *(pair for quarter in quarters for pair in alike(quarter, QUARTER))]
    keys = _group_keys([findings[index] for index in candidates], kin, group_by)
    neighbours: dict[int, list[int]] = {}
    for larger, smaller in alike(whole, TWIN):
        neighbours.setdefault(smaller, []).append(larger)
    kept: set[int] = set()
    for rank, index in enumerate(candidates):
        # Only what resembles a kept picture itself is rejected: resemblance is not transitive, groups are.
        twin = next((larger for larger in neighbours.get(rank, []) if larger in kept), None)
        if twin is None:
            kept.add(rank)
        else:
            detail = f"looks like {findings[candidates[twin]].source.name}, which is larger"
            findings[index] = findings[index]._replace(rule="near-duplicate", detail=detail)
    split = split_groups((keys[rank] for rank in kept), splits, seed)
    members = [Member(findings[candidates[rank]], keys[rank], split[keys[rank]]) for rank in sorted(kept)]
    return findings, sorted(members, key=lambda member: member.finding.source.name)


def _without_exact(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings with every picture rejected that has the same pixels as an earlier one."""
    first: dict[str, Finding] = {}
    judged = []
    for finding in findings:
        twin = first.setdefault(finding.digest, finding) if not finding.rule else finding
        if twin is not finding:
            finding = finding._replace(rule="duplicate", detail=f"the same pixels as {twin.source.name}")
        judged.append(finding)
    return judged


def _group_keys(candidates: Sequence[Finding], kin: list[tuple[int, int]], group_by: str | None) -> list[str]:
    """Return the group of each candidate: pictures that look alike together and, by wish, the pictures of a folder."""
    folders = [finding.source.name.rpartition("/")[0] if group_by == "folder" else "" for finding in candidates]
    # A picture that lies directly in a source shares no folder: the source is not a group.
    folders = [folder if "/" in folder else "" for folder in folders]
    first = {}
    links = [(first.setdefault(folder, rank), rank) for rank, folder in enumerate(folders) if folder]
    roots = united(len(candidates), [*kin, *links])
    named: dict[int, str] = {}
    for rank, root in enumerate(roots):
        if folders[rank]:
            named[root] = min(named.get(root, folders[rank]), folders[rank])
    # The root is the largest picture of its group, which smaller variants added later do not change.
    return [f"folder {named[root]}" if root in named else candidates[root].digest[:16] for root in roots]
