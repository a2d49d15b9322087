"""Pages for the benchmark of detection: blacked-out text, drawings with bars on white, many bars in photographs.

Half of the pages hold no bar, but boxes, rules and keys of their own.
"""

from __future__ import annotations

import cv2
import numpy as np
from detection_cases import Case, Truth
from PIL import Image, ImageDraw, ImageFont

WORDS = [
    "the",
    "report",
    "was",
    "sent",
    "on",
    "monday",
    "to",
    "our",
    "office",
    "and",
    "it",
    "says",
    "that",
    "nobody",
    "there",
    "knew",
    "who",
    "had",
    "signed",
    "for",
    "it",
]
PAGE = (700, 560)


def text_page(rng: np.random.Generator, bars: int) -> Case:
    """Draw lines of words on paper and black out so many places of one height; (H, W, 3) uint8."""
    size, (red, green, blue) = int(rng.integers(13, 22)), rng.integers(235, 256, 3).tolist()
    paper = (red, green, blue)
    drawn = Image.new("RGB", (PAGE[1], PAGE[0]), paper)
    pen, font, step = ImageDraw.Draw(drawn), ImageFont.load_default(size), round(size * 1.7)
    tops = range(40, PAGE[0] - 40, step)
    for top in tops:
        words = " ".join(rng.choice(WORDS, 12))
        pen.text((40, top), words, fill=(20, 20, 20), font=font)
    page, truths = np.array(drawn), []
    page[:, PAGE[1] - 38 :] = paper
    for top in rng.permutation(np.array(tops))[:bars].tolist():
        left, length = int(rng.integers(45, 250)), int(rng.integers(60, 150))
        truths.append(laid(page, top - 1, left, size + 5, length, (0, 0, 0)))
    if not bars:
        page[18:21, 40:-40] = 0  # a rule, and a box
        cv2.rectangle(page, (40, PAGE[0] - 36), (160, PAGE[0] - 12), (0, 0, 0), 2)
    return Case(page, truths)


def drawn_page(rng: np.random.Generator, bars: int) -> Case:
    """Draw black lines on white and lay so many black bars over them; (H, W, 3) uint8."""
    page = np.full((*PAGE, 3), 255, np.uint8)
    for _ in range(int(rng.integers(60, 110))):
        points = np.cumsum(rng.normal(0, 40, (6, 2)), 0) + rng.uniform(0, PAGE[1], 2)
        cv2.polylines(page, [points.astype(np.int32)], False, (0, 0, 0), int(rng.integers(1, 4)), cv2.LINE_AA)
    cv2.rectangle(page, (6, 6), (PAGE[1] - 7, PAGE[0] - 7), (0, 0, 0), 4)
    truths = []
    for number in range(bars):
        top, left = 60 + number * (PAGE[0] - 120) // max(bars, 1), int(rng.integers(60, 380))
        truths.append(laid(page, top, left, int(rng.integers(14, 26)), int(rng.integers(50, 110)), (0, 0, 0)))
    return Case(page, truths)


def many_bars(picture: np.ndarray, rng: np.random.Generator, bars: int) -> Case:
    """Lay so many bars of one size and colour over a photograph."""
    page, truths = picture.copy(), []
    height, width = int(rng.integers(10, 24)), int(rng.integers(50, 80))
    colour = (0, 0, 0) if rng.random() < 0.7 else (255, 255, 255)
    columns, rows = picture.shape[1] // (width + 14), picture.shape[0] // (height + 14)
    for place in rng.permutation(columns * rows)[:bars].tolist():
        top, left = place // columns * (height + 14) + 4, place % columns * (width + 14) + 4
        truths.append(laid(page, top, left, height, width, colour))
    return Case(page, truths)


def thin_bars(picture: np.ndarray, rng: np.random.Generator, bars: int) -> Case:
    """Lay so many bars of 4 to 8 px over a photograph."""
    page, truths = picture.copy(), []
    for number in range(bars):
        top = 20 + number * (picture.shape[0] - 40) // max(bars, 1)
        left, length = int(rng.integers(10, 120)), int(rng.integers(60, 140))
        truths.append(laid(page, top, left, int(rng.integers(4, 9)), length, (0, 0, 0)))
    return Case(page, truths)


def laid(page: np.ndarray, top: int, left: int, height: int, width: int, colour: tuple[int, int, int]) -> Truth:
    """Paint a bar, in place, and return it."""
    mask = np.zeros(page.shape[:2], bool)
    mask[top : top + height, left : left + width] = True
    page[mask] = colour
    return Truth((0, 0), (0, 0), mask)
