"""Collect freely licensed pictures from public git repositories, with a licence record for each file.

The twin of free_images.py, by whose rules pictures are chosen and recorded.  A repository is read at one commit, which
is fetched from its public address or taken from a bare copy at MIRROR/OWNER+NAME/repo.  OUT/licences.jsonl says for
each picture: file, repository, commit, path, licences, copyright, sha256.
    python scripts/free_repositories.py runs/free_repositories
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from copyright_files import licence
from free_images import SUFFIXES, Choice, Found, copied, distinct, finish, judge

NO_PHOTOGRAPHS = """
    1277396 1418519 1428647 1454613116 14768480444_bc0a1b4a2e_o 1536017106 159550 159741 160577 1618269 162520
    1796698 21169144185_3f7977cb5a_o 2190188 2387532 2600340 26103251787_d8635e260d_o 3214023 3534924
    35875869841_0b10e41e57_o 3dpiechart 4934193 5055743 5097354 5398956 5739122 6292444 6763758 7062177 7062219
    7218572 7256805 7394483 962312 abstract-art-1 adriankierman-report-page agilitycourseelements akfcrc022 beam-
    space-processing boxplot epica_delta_d_plot klepas-gentle-giants-of-the-sea-3 lungs-cross-section-illustration
    nicubunu_game_baddie_policeman no-interference performance-graph pexels-photo-1075776 pexels-photo-1544724
    pexels-photo-1933873 pexels-photo-2598024 pexels-photo-2686358 pexels-photo-2811087 pexels-photo-2846602 pexels-
    photo-3155588 pexels-photo-3193731 pexels-photo-3214683 pexels-photo-3568544 pexels-photo-3586798 pexels-
    photo-4352249 pexels-photo-4354221 pexels-photo-4672246 pexels-photo-6096399 pexels-photo-6635187 pexels-
    photo-7114620 pexels-photo-7266811 pexels-photo-796526 stockquotegraph-20120521 temperament-pie-chart-according-
    to-eysenck verkehrstote_deutschland_1953-2012
"""  # of CID22: people from near by, charts, posters, clip art


class Repository(NamedTuple):
    """What is wanted of a repository; its licence was read there, at that commit, by a person."""

    commit: str
    folder: str
    licence: str  # its name, or the path of a DEP-5 copyright file
    copyright: str = ""
    only: str = ""  # pattern of the paths that are taken
    without: str = r"(?!)"  # pattern of the paths that are left out
    least: int = 512  # short side, px
    most: int = 10_000  # pictures, evenly spread; for photographs that look alike


REPOSITORIES = {
    "alicevision/dataset_buddha": Repository(
        "9067f679eb5a772c3e818b7a12dc35882c071858", "buddha", "CC-BY-4.0", "Gasparini, Castan, Lanthony", most=25
    ),
    "BuddiesOfBudgie/budgie-backgrounds": Repository(
        "4d3f4c9bb0731e6a86777cde42805c2a0dbc705a", "backgrounds", "CC0-1.0", "the photographers, waived"
    ),
    "imazen/codec-corpus": Repository(
        "55decfe826d350815e3af3b5ac69b882fb2943d3",
        "CID22",
        "CC-BY-SA-4.0",
        "Cloudinary and the photographers",
        without="/(" + "|".join(NO_PHOTOGRAPHS.split()) + r")\.png",
        least=256,
    ),
    "ubuntu-mate/ubuntu-mate-artwork": Repository(
        "7d8984c302dfb328bbb7c67aada46277c4e5e7aa",
        "usr/share/backgrounds",
        "debian/copyright",
        # The others carry a logo, or come from a site whose licence is not free, whatever the copyright file says.
        only=r"xenial/(blissful_sky|honey-island)\.jpg|simplematetunnel",
    ),
}


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
    listing = git(repository, "ls-tree", "-r", "-z", wanted.commit, "--", wanted.folder).decode()
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


def stated(repository: Path, wanted: Repository, name: str) -> dict[str, str | list[str]]:
    """Return the licences and the copyright holders of one file of a repository."""
    if "/" in wanted.licence:
        return licence(git(repository, "show", f"{wanted.commit}:{wanted.licence}").decode(), name)
    return {"licences": [wanted.licence], "copyright": wanted.copyright, "stated_for": wanted.folder}


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
        origin = {"repository": name, "commit": commit}
        return [copied(found, origin, stated(repository, wanted, found.name), out) for found in kept[::stride]]


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
