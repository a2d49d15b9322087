"""The tags of a TIFF file that say how its pixels are stored.

Source: TIFF 6.0; XMP and profile as Adobe and ICC registered them.
"""

from __future__ import annotations

IMAGE_WIDTH, IMAGE_LENGTH = 256, 257
BITS_PER_SAMPLE = 258
TIFF_COMPRESSION = 259
PHOTOMETRIC = 262  # what the samples mean: grey, RGB, a palette, inks
STRIP_OFFSETS = 273
SAMPLES_PER_PIXEL = 277
ROWS_PER_STRIP = 278
STRIP_BYTE_COUNTS = 279
X_RESOLUTION, Y_RESOLUTION = 282, 283
PLANAR_CONFIGURATION = 284
RESOLUTION_UNIT = 296
PREDICTOR = 317
COLOUR_MAP = 320
EXTRA_SAMPLES = 338
SAMPLE_FORMAT = 339
XMP_PACKET = 700
ICC_PROFILE = 34675
# All tags that say how pixels are stored, which are written anew.
STORING_TAGS = (254, 255, *range(256, 260), *range(262, 267), 273, *range(277, 286), *range(286, 298), 301, 305, 317,
                *range(318, 327), 332, 333, 334, 336, 338, 339, 340, 341, 347, *range(512, 522), 529, 530, 531, 532,
                50838, 50839, 34665, 34853)  # fmt: skip
