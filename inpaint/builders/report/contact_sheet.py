"""Draw a contact sheet: what a dataset holds, seen at one glance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from inpaint.files import atomically

SHEET_PATCH_SIDE = 128  # side, pixels
SHEET_COLUMNS = 12
SHEET_PATCHES = 48  # patches shown of each split
LABEL_HEIGHT = 24  # height of a label row, pixels


def contact_sheet(rows: Mapping[str, Sequence[Path]], path: Path) -> None:
    """Write a PNG that shows under each label the first 48 of its pictures."""
    lines = {label: -(-min(len(files), SHEET_PATCHES) // SHEET_COLUMNS) for label, files in rows.items()}
    height = sum(LABEL_HEIGHT + SHEET_PATCH_SIDE * count for count in lines.values())
    sheet = Image.new("RGB", (SHEET_COLUMNS * SHEET_PATCH_SIDE, height), "white")
    draw, font, top = ImageDraw.Draw(sheet), ImageFont.load_default(), 0
    for label, files in rows.items():
        draw.text((6, top + 6), label, fill="black", font=font)
        top += LABEL_HEIGHT
        for index, file in enumerate(files[:SHEET_PATCHES]):
            with Image.open(file) as patch:
                thumbnail = patch.convert("RGB").resize((SHEET_PATCH_SIDE, SHEET_PATCH_SIDE), Image.Resampling.BOX)
            sheet.paste(
                thumbnail, (index % SHEET_COLUMNS * SHEET_PATCH_SIDE, top + index // SHEET_COLUMNS * SHEET_PATCH_SIDE)
            )
        top += SHEET_PATCH_SIDE * lines[label]
    with atomically(path) as temporary:
        sheet.save(temporary)
