"""Windows are left out before combs are tried only where none of these could gain enough."""

from __future__ import annotations

import numpy as np

from inpaint.detection.mosaics.proposals import LEAST_SHARPNESS_SUM, best_combs, comb_teeth, may_gain
from inpaint.detection.mosaics.rescaled_proposals import best_soft_combs, soft_teeth


def test_no_window_is_left_out_in_which_a_comb_gains_enough():
    rng = np.random.default_rng(4)
    windows = rng.random((6, 50, 56)).astype(np.float32) ** np.array([1, 2, 4, 8, 16, 32])[:, None, None]
    for combs, named in (comb_teeth(7, 16, 56), soft_teeth(7, 16, 56)):
        gain = windows @ combs / (windows.sum(2, keepdims=True) + LEAST_SHARPNESS_SUM) - named[:, 2] / 56
        for least in (0.1, 0.2, 0.3):
            kept = may_gain(windows, named[:, 2], least)
            assert kept[gain.max(2) > least].all()
            assert 0 < kept.sum() < kept.size  # and many are left out


def test_only_what_is_wanted_is_looked_at_and_the_clearest_comb_is_found():
    steps = np.full((96, 96), 0.05, np.float32)
    steps[:, 5::9] = 0.9
    wanted = np.zeros((3, 3), bool)
    wanted[1:3, 2] = True
    for look in (best_combs, best_soft_combs):
        found = look(steps, 7, 16, 56, wanted=wanted)
        assert ((found.gain > 0.5) == wanted).all()
        assert np.allclose(found.period[wanted], 9, atol=0.1)
        assert np.allclose(found.phase[wanted], (5 - 2 * 14) % 9, atol=0.6)  # from the window's start
