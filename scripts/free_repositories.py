"""Collect freely licensed pictures from public git repositories, with a licence record for each file.

The twin of free_images.py, by whose rules pictures are chosen and recorded.  A repository is read at one commit, which
is fetched from its public address or taken from a bare copy at MIRROR/OWNER+NAME/repo.  OUT/licences.jsonl says for
each picture: file, repository, commit, path, licences, copyright, sha256.  Where a repository holds pictures of many
people, only those are taken that its own credits name as free (stated_licences.py).
    python scripts/free_repositories.py runs/free_repositories
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from copyright_files import licence
from free_images import SUFFIXES, Choice, Found, copied, distinct, finish, judge
from repository_list import REPOSITORIES, Repository
from stated_licences import Stated, annotated, credited


def git(folder: Path, *words: str) -> bytes:
    """Run git in a folder and return what it printed."""
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True).stdout


def obtain(name: str, commit: str, mirror: Path | None, folder: Path) -> Path:
    """Return a git directory that holds the commit: the mirror's, or one filled from the public address."""
    if mirror is not None:
        return mirror / name.replace("/", "+") / "repo"
    git(folder, "init", "--bare", "--quiet", "git")
    git(folder / "git", "fetch", "--quiet", "--depth", "1", f"https://github.com/{name}", commit)
    return folder / "git"


def chosen(wanted: Repository, name: str) -> bool:
    """Say whether the patterns let a path pass."""
    only, without = (re.compile(pattern, re.IGNORECASE) for pattern in (wanted.only, wanted.without))
    return bool(only.search(name)) and not without.search(name)


def unpack(repository: Path, wanted: Repository, folder: Path) -> int:
    """Write the wanted picture files below the folder and return how many the repository's copy lacks."""
    within = ["--", wanted.folder] if wanted.folder else []
    listing = git(repository, "ls-tree", "-r", "-z", wanted.commit, *within).decode()
    lacking = 0
    for line in filter(None, listing.split("\0")):
        description, name = line.split("\t", 1)
        mode, kind, blob = description.split(" ")
        regular = kind == "blob" and mode != "120000"
        if not regular or Path(name).suffix.lower() not in SUFFIXES or not chosen(wanted, name):
            continue
        read = subprocess.run(["git", "cat-file", "blob", blob], cwd=repository, capture_output=True, check=False)
        if read.returncode:
            lacking += 1
            continue
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(read.stdout)
    return lacking


def stated(repository: Path, wanted: Repository, names: list[str]) -> dict[str, Stated]:
    """Return the licences and the copyright holders of the files that are free, by their paths in the repository."""
    if "/" not in wanted.licence and Path(wanted.licence).suffix not in (".md", ".js", ".json"):
        return {it: {"licences": [wanted.licence], "copyright": wanted.copyright} for it in names}
    told: dict[str, Stated] = {}
    by_name = {Path(it).name: it for it in names}
    for path in wanted.licence.split():
        text = git(repository, "show", f"{wanted.commit}:{path}").decode(errors="replace")
        if path.endswith("copyright"):
            return {it: licence(text, it) for it in names}
        read = annotated(json.loads(text), list(by_name)) if path.endswith(".json") else credited(text, list(by_name))
        told |= {by_name[it]: one for it, one in read.items()}
    return told


def collect(name: str, wanted: Repository, mirror: Path | None, out: Path, counts: Counter[str]) -> list[dict]:
    """Read one repository, copy its pictures to the folder and return their records; counts is added to."""
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary) / "pictures"
        repository = obtain(name, wanted.commit, mirror, Path(temporary))
        commit = git(repository, "rev-parse", f"{wanted.commit}^{{commit}}").decode().strip()
        counts["not in the copy"] += unpack(repository, wanted, root)
        files = sorted(path for path in root.rglob("*") if path.is_file())
        verdicts = [judge(path, root, Choice(wanted.least)) for path in files]
        counts.update(verdict for verdict in verdicts if isinstance(verdict, str))
        kept, repeated = distinct([verdict for verdict in verdicts if isinstance(verdict, Found)])
        counts["same picture again"] += repeated
        stride = -(-len(kept) // wanted.most) or 1
        counts["alike"] += len(kept) - len(kept[::stride])
        kept = kept[::stride]
        free = stated(repository, wanted, [found.name for found in kept])
        counts["licence not free, or not told"] += len(kept) - len(free)
        origin = {"repository": name, "commit": commit}
        return [copied(found, origin, free[found.name], out) for found in kept if found.name in free]


def main() -> None:
    """Read the command line, collect, and print what was kept and what was refused."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path, help="folder to fill; must not exist yet")
    parser.add_argument("repositories", nargs="*", default=list(REPOSITORIES), help="default: all that are known")
    parser.add_argument("--mirror", type=Path, help="folder of bare copies, OWNER+NAME/repo")
    options = parser.parse_args()
    if unknown := set(options.repositories) - set(REPOSITORIES):
        raise SystemExit(f"unknown repositories {sorted(unknown)}; known are {', '.join(REPOSITORIES)}")
    if options.out.exists():
        raise SystemExit(f"{options.out} exists already; name a new folder")
    partial = options.out.with_name(f"{options.out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    counts: Counter[str] = Counter()
    records: list[dict] = []
    for name in options.repositories:
        kept = collect(name, REPOSITORIES[name], options.mirror, partial, counts)
        print(f"{name:40} {len(kept):5} pictures", flush=True)
        records += kept
    finish(partial, options.out, records, counts)


if __name__ == "__main__":
    main()
