"""Draw a contact sheet: what a dataset holds, seen at one glance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from inpaint.files import atomically

THUMBNAIL = 128  # side, pixels
COLUMNS = 12
MOST = 48  # patches shown of each split
LABEL = 24  # height of a label row, pixels


def contact_sheet(rows: Mapping[str, Sequence[Path]], path: Path) -> None:
    """Write a PNG that shows under each label the first 48 of its pictures."""
    lines = {label: -(-min(len(files), MOST) // COLUMNS) for label, files in rows.items()}
    height = sum(LABEL + THUMBNAIL * count for count in lines.values())
    sheet = Image.new("RGB", (COLUMNS * THUMBNAIL, height), "white")
    draw, font, top = ImageDraw.Draw(sheet), ImageFont.load_default(), 0
    for label, files in rows.items():
        draw.text((6, top + 6), label, fill="black", font=font)
        top += LABEL
        for index, file in enumerate(files[:MOST]):
            with Image.open(file) as patch:
                thumbnail = patch.convert("RGB").resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)
            sheet.paste(thumbnail, (index % COLUMNS * THUMBNAIL, top + index // COLUMNS * THUMBNAIL))
        top += THUMBNAIL * lines[label]
    with atomically(path) as temporary:
        sheet.save(temporary)
