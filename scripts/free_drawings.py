"""Build drawings without end from freely licensed vector art: fetch the art, then draw scenes of it.

Art comes from icon sets on npm, each with the licence that its info.json states; styles of DiceBear, which put drawn
people together (needs node); and Debian's openclipart (public domain).  ART/SOURCE.jsonl holds an SVG a line,
ART/licences.jsonl the source, version, licence and author.  Scene number i of seed s is always the same.
    python scripts/free_drawings.py art runs/art
    python scripts/free_drawings.py draw runs/art runs/drawings --number 500
    python scripts/free_drawings.py draw runs/art runs/held_out --number 100 --held-out
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from drawn_scene import Art, scene
from PIL import Image

ICON_SETS = {  # npm packages @iconify-json/NAME; the licence as read in the package, which is checked
    "flat-color-icons": "MIT",
    "fluent-emoji": "MIT",
    "fluent-emoji-flat": "MIT",
    "fxemoji": "Apache-2.0",
    "game-icons": "CC-BY-3.0",
    "meteocons": "MIT",
    "noto": "Apache-2.0",
    "noto-v1": "Apache-2.0",
    "streamline-emojis": "CC-BY-4.0",
    "streamline-freehand-color": "CC-BY-4.0",
    "streamline-kameleon-color": "CC-BY-4.0",
    "streamline-plump-color": "CC-BY-4.0",
    "streamline-ultimate-color": "CC-BY-4.0",
    "twemoji": "CC-BY-4.0",
}
PEOPLE = {  # npm packages @dicebear/NAME; the licence of the design and its author, as read in the package's LICENSE
    "adventurer": ("CC-BY-4.0", "Lisa Wischofsky"),
    "big-ears": ("CC-BY-4.0", "The Visual Team"),
    "big-smile": ("CC-BY-4.0", "Ashley Seo"),
    "croodles": ("CC-BY-4.0", "vijay verma"),
    "lorelei": ("CC0-1.0", "Lisa Wischofsky"),
    "micah": ("CC-BY-4.0", "Micah Lanier"),
    "notionists": ("CC0-1.0", "Zoish"),
    "open-peeps": ("CC0-1.0", "Pablo Stanley"),
    "personas": ("CC-BY-4.0", "Draftbit"),
}
PEOPLE_EACH = 300
PAINTED_WEIGHT = 2  # paintings are as likely as this many sources of vector art
PEOPLE_VERSION = "9.4.3"
CLIP_ART = ("animals", "buildings", "education", "food", "plants", "recreation", "tools", "transportation")
HELD_OUT = {"fxemoji", "adventurer", "lorelei", "openclipart-buildings", "openclipart-education"}
UNWANTED = (
    "flag",
    "religion",
    "cards",
    "weapon",
    "pistol",
    "gun",
    "knife",
    "cigarette",
    "smoking",
    "alcohol",
    "syringe",
)
LONGEST_SVG = 150_000  # characters; longer ones take seconds


def icon_set(name: str, folder: Path) -> tuple[dict, Iterator[tuple[str, str]]]:
    """Fetch an icon set below the folder; return its record and its pictures, (name, SVG)."""
    packed = subprocess.run(
        ["npm", "pack", "--silent", f"@iconify-json/{name}"], cwd=folder, check=True, capture_output=True
    )
    archive = folder / packed.stdout.decode().split()[-1]
    (folder / name).mkdir()
    subprocess.run(["tar", "-xzf", archive.name, "-C", name], cwd=folder, check=True)
    inside = folder / name / "package"
    info = json.loads((inside / "info.json").read_text(encoding="utf-8"))
    if info["license"]["spdx"] != ICON_SETS[name]:
        raise SystemExit(f"{name} is under {info['license']['spdx']} now, not {ICON_SETS[name]}; read it again")
    version = json.loads((inside / "package.json").read_text(encoding="utf-8"))["version"]
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    facts = {"source": name, "version": version, "sha256": digest}
    stated = {"licences": [ICON_SETS[name]], "copyright": info["author"]["name"]}
    return {**facts, **stated}, icons(json.loads((inside / "icons.json").read_text(encoding="utf-8")))


def icons(collection: dict) -> Iterator[tuple[str, str]]:
    """Return the pictures of an icon set as (name, SVG)."""
    for name, icon in sorted(collection["icons"].items()):
        fields = ((key, icon.get(key, collection.get(key, default))) for key, default in BOX.items())
        box = " ".join(str(value) for _, value in fields)
        body = icon["body"].replace("currentColor", "#222")
        links = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
        yield name, f'<svg xmlns="http://www.w3.org/2000/svg" {links} viewBox="{box}">{body}</svg>'


BOX = {"left": 0, "top": 0, "width": 16, "height": 16}


def people(folder: Path) -> Iterator[tuple[dict, list[tuple[str, str]]]]:
    """Fetch the styles of drawn people into the folder; return for each its record and its pictures, (name, SVG)."""
    packages = [f"@dicebear/{name}@{PEOPLE_VERSION}" for name in ("core", *PEOPLE)]
    quiet = ["--silent", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(["npm", "install", *quiet, *packages], cwd=folder, check=True, capture_output=True)
    (folder / "people.mjs").write_text(
        "import { createAvatar } from '@dicebear/core';\n"
        "const [name, number] = process.argv.slice(2);\n"
        "const style = await import('@dicebear/' + name);\n"
        "for (let seed = 0; seed < number; seed++)\n"
        "  console.log(JSON.stringify(createAvatar(style, { seed: String(seed) }).toString()));\n"
    )
    for name, (stated, author) in PEOPLE.items():
        command = ["node", "people.mjs", name, str(PEOPLE_EACH)]
        lines = subprocess.run(command, cwd=folder, check=True, capture_output=True).stdout.decode().splitlines()
        record = {"source": name, "version": PEOPLE_VERSION, "licences": [stated], "copyright": author}
        yield record, [(f"{name}-{seed}", json.loads(line)) for seed, line in enumerate(lines)]


def clip_art(folder: Path) -> tuple[dict, Path]:
    """Fetch openclipart below the folder; return its record and where its pictures lie."""
    subprocess.run(["apt-get", "download", "openclipart-svg"], cwd=folder, check=True, capture_output=True)
    archive = next(folder.glob("openclipart-svg_*.deb"))
    subprocess.run(["dpkg-deb", "-x", archive.name, "openclipart"], cwd=folder, check=True)
    facts = {"source": "openclipart-svg", "version": archive.name.split("_")[1]}
    facts["sha256"] = hashlib.sha256(archive.read_bytes()).hexdigest()
    stated = {"licences": ["public-domain"], "copyright": "the authors named in the package, waived"}
    return {**facts, **stated}, folder / "openclipart/usr/share/openclipart/svg"


def drawings(folder: Path) -> Iterator[tuple[str, str]]:
    """Return the SVG files below a folder as (name, SVG)."""
    for path in sorted(folder.rglob("*.svg")):
        text = path.read_text(encoding="utf-8", errors="replace")
        if path.is_file() and "<image" not in text:
            yield path.relative_to(folder).as_posix(), text


def write_source(out: Path, source: str, pictures: Iterator[tuple[str, str]]) -> int:
    """Write the wanted pictures of a source, one a line, and return their number."""
    wanted = [
        {"name": name, "svg": svg}
        for name, svg in pictures
        if len(svg) <= LONGEST_SVG and not any(word in name.lower() for word in UNWANTED)
    ]
    lines = (json.dumps(one, ensure_ascii=False) + "\n" for one in wanted)
    (out / f"{source}.jsonl").write_text("".join(lines), encoding="utf-8")
    return len(wanted)


def gather(out: Path) -> None:
    """Fetch all art into a new folder and write down its licences."""
    out.mkdir(parents=True)
    records = []
    with tempfile.TemporaryDirectory() as temporary:
        for name in ICON_SETS:
            record, pictures = icon_set(name, Path(temporary))
            records.append({**record, "pictures": write_source(out, name, pictures)})
            print(records[-1])
        for record, pictures in people(Path(temporary)):
            records.append({**record, "pictures": write_source(out, record["source"], iter(pictures))})
            print(records[-1])
        record, folder = clip_art(Path(temporary))
        for category in CLIP_ART:
            source = f"openclipart-{category}"
            number = write_source(out, source, drawings(folder / category))
            records.append({**record, "source": source, "pictures": number})
            print(records[-1])
    (out / "licences.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")


class Shelf(Sequence[Art]):
    """The art of several sources, of which each is as likely as any other, however many pictures it has."""

    SLOTS = 10_000  # per source

    def __init__(self, sources: list[list[Art]]) -> None:
        self.sources = [source for source in sources if source]

    def __len__(self) -> int:
        return len(self.sources) * self.SLOTS

    def __getitem__(self, index):
        source = self.sources[index // self.SLOTS]
        return source[(index % self.SLOTS) * len(source) // self.SLOTS]


def load_art(folder: Path, *, held_out: bool, painted: Path | None = None) -> Shelf:
    """Return the art of the sources that are held out, or of all the others, and cut-out paintings (PNG) beside it."""
    sources = []
    for path in sorted(folder.glob("*.jsonl")):
        if path.stem != "licences" and (path.stem in HELD_OUT) == held_out:
            lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
            sources.append([Art(path.stem, one["name"], one["svg"]) for one in lines])
    if painted is not None:
        sources += [
            [Art(painted.name, path.name, path=path) for path in sorted(painted.glob("*.png"))]
        ] * PAINTED_WEIGHT
    return Shelf(sources)


def draw(options: argparse.Namespace) -> None:
    """Draw the scenes from --first on as PNG files."""
    arts = load_art(options.art, held_out=options.held_out, painted=options.painted)
    options.out.mkdir(parents=True, exist_ok=True)
    for index in range(options.first, options.first + options.number, options.step):
        picture = scene(arts, options.seed, index)
        Image.fromarray(picture).save(options.out / f"scene-{options.seed}-{index:05}.png")


def main() -> None:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(required=True)
    art = commands.add_parser("art", help="fetch the art")
    art.add_argument("out", type=Path, help="folder to make")
    art.set_defaults(do=lambda options: gather(options.out))
    drawing = commands.add_parser("draw", help="draw scenes of it; needs the package resvg_py")
    drawing.add_argument("art", type=Path)
    drawing.add_argument("out", type=Path)
    drawing.add_argument("--number", type=int, default=100)
    drawing.add_argument("--first", type=int, default=0)
    drawing.add_argument("--step", type=int, default=1, help="draw every n-th, to share the work")
    drawing.add_argument("--seed", type=int, default=0)
    drawing.add_argument("--painted", type=Path, help="folder of cut-out paintings, PNG, to use beside the art")
    drawing.add_argument("--held-out", action="store_true", help="use only the sources that are kept from training")
    drawing.set_defaults(do=draw)
    options = parser.parse_args()
    options.do(options)


if __name__ == "__main__":
    main()
