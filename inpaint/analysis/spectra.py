"""Spectra of pictures, and what a box filter and a mosaic do to them.

A mosaic is three steps: the mean of b x b pixels around every place (a box filter), one value kept of every b
(sampling), and each repeated b times (a box filter again).  The box filter's response is Dirichlet's kernel; sampling
folds what is beyond 1 / 2b cycles per pixel back over the rest.  Averaged over all phases of the grid the folded parts
cancel, and a mosaic is the box filter twice.  Pictures are taken as periodic, so that theory and measurement agree to
rounding.  Source: Oppenheim and Schafer, "Discrete-time signal processing".
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

LumaPlane = NDArray[np.floating[Any]]  # (H, W)
BAND_EDGES = (1 / 16, 1 / 4)  # cycles per pixel, between low, band and high pass


class RadialSpectrum(NamedTuple):
    """The mean power at every distance from frequency 0."""

    frequency: LumaPlane  # (n,) cycles per pixel, 0 to 0.5
    power: LumaPlane  # (n,)


def power_spectrum(picture: LumaPlane) -> LumaPlane:
    """Return the power of a picture (H, W) by frequency, (H, W), frequency 0 in the middle; its mean is left out.

    A Hann window takes away the cross that the picture's borders would draw.
    """
    height, width = picture.shape
    window = np.outer(np.hanning(height), np.hanning(width))
    faded = (picture - picture.mean()) * window / np.sqrt((window**2).mean())
    return np.fft.fftshift(np.abs(np.fft.fft2(faded)) ** 2) / picture.size


def radial_average(power: LumaPlane) -> RadialSpectrum:
    """Average a spectrum (H, W), frequency 0 in the middle, over circles: a value for each step of the shorter side."""
    distance = np.hypot(*np.meshgrid(*(np.fft.fftshift(np.fft.fftfreq(side)) for side in power.shape), indexing="ij"))
    steps = min(power.shape)
    ring = np.rint(distance * steps).astype(int)
    inside = ring <= steps // 2  # the corners, beyond 0.5, are on no whole circle
    sums = np.bincount(ring[inside], power[inside])
    counts = np.bincount(ring[inside])
    return RadialSpectrum(np.arange(len(sums)) / steps, sums / counts)


def row_spectrum(picture: LumaPlane) -> RadialSpectrum:
    """Average the one-dimensional spectra of the rows of a picture (H, W): what happens across the picture alone."""
    window = np.hanning(picture.shape[1])
    rows = (picture - picture.mean(1, keepdims=True)) * window / np.sqrt((window**2).mean())
    power = (np.abs(np.fft.rfft(rows, axis=1)) ** 2).mean(0) / picture.shape[1]
    return RadialSpectrum(np.fft.rfftfreq(picture.shape[1]), power)


def box_response(frequency: LumaPlane, block: int) -> LumaPlane:
    """Return the response of the mean of so many pixels, centred, at frequencies f in cycles per pixel.

    It is sin(pi f b) / (b sin(pi f)).
    """
    angle = np.pi * np.asarray(frequency, dtype=np.float64)
    below = block * np.sin(angle)
    return np.where(np.abs(below) < 1e-12, 1.0, np.sin(angle * block) / np.where(np.abs(below) < 1e-12, 1.0, below))


def box_blurred(picture: LumaPlane, block: int) -> LumaPlane:
    """Return the mean of the block x block pixels from every pixel on, of a picture (H, W) that repeats."""
    blurred = picture
    for axis in (0, 1):
        blurred = sum(np.roll(blurred, -shift, axis) for shift in range(block)) / block
    return np.asarray(blurred)


def mosaicked(picture: LumaPlane, block: int, phase: tuple[int, int] = (0, 0)) -> LumaPlane:
    """Replace every cell of a picture (H, W) that repeats by its mean; both sides must divide by the block.

    phase: where a grid line lies, (y, x) pixels.
    """
    height, width = picture.shape
    if height % block or width % block:
        raise ValueError(f"a picture of {height} x {width} px does not hold whole cells of {block} px: cut it first")
    moved = np.roll(picture, (-phase[0], -phase[1]), (0, 1))
    means = moved.reshape(height // block, block, width // block, block).mean((1, 3))
    return np.roll(means.repeat(block, 0).repeat(block, 1), phase, (0, 1))


def mean_mosaic(picture: LumaPlane, block: int) -> LumaPlane:
    """Return the mean of the mosaics of all phases of the grid."""
    places = [(y, x) for y in range(block) for x in range(block)]
    total = np.zeros_like(picture)
    for phase in places:
        total += mosaicked(picture, block, phase)
    return total / len(places)


def measured_response(before: LumaPlane, after: LumaPlane) -> LumaPlane:
    """Return by how much every frequency across the picture was kept, (W // 2 + 1,), from the pictures themselves.

    It is the size of the ratio of the row of both spectra that has no change down the picture.
    """
    spectra = [np.fft.rfft(picture.sum(0)) for picture in (before, after)]
    return np.abs(spectra[1]) / np.maximum(np.abs(spectra[0]), 1e-9)


def band_passed(picture: LumaPlane, low: float, high: float) -> LumaPlane:
    """Return the part of a picture (H, W) between two frequencies, from low up to but without high."""
    distance = np.hypot(*np.meshgrid(*(np.fft.fftfreq(side) for side in picture.shape), indexing="ij"))
    return np.fft.ifft2(np.fft.fft2(picture) * ((distance >= low) & (distance < high))).real


def three_bands(picture: LumaPlane) -> tuple[LumaPlane, LumaPlane, LumaPlane]:
    """Split a picture into low, band and high pass at BAND_EDGES; together they are the picture."""
    low, high = BAND_EDGES
    return band_passed(picture, 0, low), band_passed(picture, low, high), band_passed(picture, high, 1)
