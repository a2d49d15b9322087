"""The public repositories that free pictures come from: at which commit, what of them, and where their licence stands.

Each was looked at by a person, as were the lists of what is left out.
"""

from __future__ import annotations

from typing import NamedTuple

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
CONTESTS = """
    karmic lucid maverick natty oneiric precise quantal raring saucy trusty utopic vivid wily xenial yakkety zesty
    artful bionic cosmic disco eoan
"""  # releases of Ubuntu whose wallpapers were sent in by their photographers under this licence
NO_WALLPAPERS = """
    150305-cinqAA 80s_Disco Cielo_estrellado Disco_Dingo_Alt Encounter_by Ermine_lines Fairground_at Grass_by_Jeremy
    Morning_Sun_on Quandro Saucy_Salamander_Abstract Sunny_Autumn Tesla_by This_Is_Bionic Warm_grasses
    Winter_Morning larung_gar there_is_something touch_de_vert
"""  # renderings, abstractions, and pictures without a sharp place
NO_SNAPSHOTS = """
    117425 121647 122745 000165 168974 196393 199055 253955 253956 256353 000294 294920 000308 000309 329323 343937
    347254 352257 357888 369771 000389 397133 405279 412151 431848 000436 000459 475546 491525 005001 519208 520707
    000529 547336 547503 060623 000790
"""  # of COCO: portraits and blurs that the boxes of people did not tell
OF_COCO = rf"/0*({'|'.join(NO_SNAPSHOTS.split())})\.jpg"


class Repository(NamedTuple):
    """What is wanted of a repository; its licence was read there, at that commit, by a person."""

    commit: str
    folder: str
    licence: str  # its name, or paths of files that state it: DEP-5, credits, annotations as COCO's
    copyright: str = ""
    only: str = ""  # pattern of the paths that are taken
    without: str = r"(?!)"  # pattern of the paths that are left out
    least: int = 512  # short side, px
    most: int = 10_000  # pictures, evenly spread; for photographs that look alike


REPOSITORIES = {
    "410630486/114_web_midterm_project": Repository(
        "54fef83eb63ab22d00e43919391d6faa9a036908", "assets/animal", "ATTRIBUTION.md", without="hummingbird|armadillo"
    ),
    "azzamsa/ubuntu-wallpapers": Repository(
        "7cb53ad9c56a993b5f2e8d5505421f813ecfb6d2",
        "curated",
        "CC-BY-SA-3.0",
        "the photographers whom the file's name tells, of Ubuntu's wallpaper contests",
        only=f"/({'|'.join(CONTESTS.split())})/",  # later releases took pictures from sites whose licence is not free
        without="|".join(NO_WALLPAPERS.split()),
    ),
    "alicevision/dataset_buddha": Repository(
        "9067f679eb5a772c3e818b7a12dc35882c071858", "buddha", "CC-BY-4.0", "Gasparini, Castan, Lanthony", most=25
    ),
    "bloopletech/akc": Repository(
        "1f09b222493285b23d25c091ead97dbed51af86d",
        "akc/images",
        "akc/images/index.js",
        without="wave|gaif|nebula",
    ),
    "BuddiesOfBudgie/budgie-backgrounds": Repository(
        "4d3f4c9bb0731e6a86777cde42805c2a0dbc705a", "backgrounds", "CC0-1.0", "the photographers, waived"
    ),
    "developer0hye/COCO128": Repository(
        "47a3de30aaf7ad1c02105bd80598fb03ac0d0789",
        "train2017",
        "annotations/instances_train2017.json",
        without=OF_COCO,
        least=320,
    ),
    "enginbozaba/tiny_coco": Repository(
        "44ee1df5a4f5c3fa6ab7c68d85a0d45590758584",
        "images",
        "annotations/instances_train2017.json annotations/instances_val2017.json",
        without=OF_COCO,
        least=320,
    ),
    "epfl-lara/bolts": Repository("80f8bbbcc3770d45e8b58796022a684fa9a81804", "qoi/images", "qoi/images/README.md"),
    "ezfibuilds/NPC-Thought-Starter-Generator": Repository(
        "acfdfec38c3406af176513fe15da02d9d49240fa", "images/animals", "generator-data/animals.js", least=320
    ),
    "imazen/codec-corpus": Repository(
        "55decfe826d350815e3af3b5ac69b882fb2943d3",
        "CID22",
        "CC-BY-SA-4.0",
        "Cloudinary and the photographers",
        without="/(" + "|".join(NO_PHOTOGRAPHS.split()) + r")\.png",
        least=256,
    ),
    "lizhogn/tiny_coco_dataset": Repository(
        "68523ddd6c27f9ba5d2f0caf7f6fe95cc2c99311",
        "tiny_coco",
        "tiny_coco/annotations/instances_train2017.json tiny_coco/annotations/instances_val2017.json",
        without=OF_COCO,
        least=320,
    ),
    "Obmutescence/COCO-MINI": Repository(
        "644f29e7c1d2eefd9c4412d39bc5b0ee6fd0afd4",
        "",
        "annotations/instances_train2017.json annotations/instances_val2017.json",
        only="(train|val)2017/",
        without=OF_COCO,
        least=320,
    ),
    "ruevko/journal": Repository(
        "a597202e5f716ab446ce47c15a67f4daabcb7e12", "content", "CC0-1.0", "Rafael Castro, waived"
    ),
    "ubuntu-mate/ubuntu-mate-artwork": Repository(
        "7d8984c302dfb328bbb7c67aada46277c4e5e7aa",
        "usr/share/backgrounds",
        "debian/copyright",
        # The others carry a logo, or come from a site whose licence is not free, whatever the copyright file says.
        only=r"xenial/(blissful_sky|honey-island)\.jpg|simplematetunnel",
    ),
    "Urban-Research-Lab/building-facades-advertising-dataset": Repository(
        "9782a3e7b6fc5bf830e4f46ef3cdfd0e5ad426b2",
        "FacadeDatasetConverted/images",
        "CC0-1.0",
        "the Urban Research Lab, waived",
        only=r"img_(29[89]|[345]\d\d)\.jpg",  # the others were cut out of panoramas or found on the web
        least=720,
        most=90,
    ),
    "zzowenzz/COCO_Tiny": Repository(
        "e7a689f7d6d1a1908df287c3e79eccdadfdba1fe",
        "",
        "annotations/instances_train2017.json annotations/instances_val2017.json",
        only="(train|val)2017/",
        without=OF_COCO,
        least=320,
    ),
}
