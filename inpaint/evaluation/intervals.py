"""How sure a mean is: its standard error, and paired bootstrap intervals of the difference between two methods.

Source: Efron and Tibshirani, "An introduction to the bootstrap", 1993, percentile intervals.  Pairs: both methods met
the same damage to the same pictures, and pictures differ far more than methods do.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from inpaint.randomness import rng_for

RESAMPLES = 2000
LEVEL = 0.95
NORMAL_QUANTILE = 1.96  # of LEVEL
MOST_RESAMPLED = 2000  # pictures; beyond, the mean is normal and its interval is the mean ± 1.96 standard errors
FEWEST_PICTURES = 2  # that an error or an interval can be told from


class PairedDifference(NamedTuple):
    """How one method's numbers differ from another's on the same pictures."""

    mean: float
    low: float  # of the interval, NaN below FEWEST_PICTURES
    high: float
    wins: int  # pictures on which it is the better one; a tie is none
    pairs: int  # pictures that both have numbers for

    @property
    def told_apart(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0 or self.high < 0


def standard_error(values: np.ndarray) -> float:
    """Return the standard error of the mean of (N,) values, NaN for fewer than two; NaN values do not count."""
    values = values[~np.isnan(values)]
    return float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) >= FEWEST_PICTURES else math.nan


def paired_difference(ours: np.ndarray, theirs: np.ndarray, *, better: str, seed: int = 0) -> PairedDifference:
    """Compare two methods picture by picture.

    ours, theirs: (N,), NaN where one has no number; such pictures are left out.  better: "higher", "lower" or "near
    one".  The resamples depend on the seed and the number of pairs alone, so that two equal calls give equal intervals.
    """
    both = ~(np.isnan(ours) | np.isnan(theirs))
    ours, theirs = ours[both], theirs[both]
    gaps = ours - theirs
    merit = {"higher": lambda x: x, "lower": lambda x: -x, "near one": lambda x: -np.abs(x - 1)}[better]
    wins = int((merit(ours) > merit(theirs)).sum())
    if len(gaps) < FEWEST_PICTURES:
        return PairedDifference(float(gaps.mean()) if len(gaps) else math.nan, math.nan, math.nan, wins, len(gaps))
    if len(gaps) > MOST_RESAMPLED:
        reach = NORMAL_QUANTILE * standard_error(gaps)
        low, high = gaps.mean() - reach, gaps.mean() + reach
    else:
        means = resample_counts(seed, len(gaps)) @ gaps / len(gaps)
        low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return PairedDifference(float(gaps.mean()), float(low), float(high), wins, len(gaps))


@lru_cache(maxsize=4)
def resample_counts(seed: int, pictures: int) -> np.ndarray:
    """Return how often each resample holds each picture, (RESAMPLES, pictures)."""
    rng = np.random.default_rng(rng_for(seed, "bootstrap", pictures).initial_seed())
    return rng.multinomial(pictures, np.full(pictures, 1 / pictures), size=RESAMPLES).astype(np.float64)


def decimals_of(error: float, most: int) -> int:
    """Return how many decimals of a number mean anything: two digits of its error up to 3.54 of them, then one.

    Source: the rounding rule of the Particle Data Group.
    """
    if math.isnan(error) or error <= 0:
        return most
    return min(most, max(0, -math.floor(math.log10(error / 3.55))))
