"""The files of region normalization."""

from __future__ import annotations

from itertools import product

from tests.importing.authors.written import network, without_trunk


def test_entries_have_their_authors_names():
    leaves, blends = ("weight", "bias"), ("gamma", "beta")
    region = {f"encoder_conv{n}.{leaf}" for n, leaf in product((1, 2, 3), leaves)}
    region |= {
        f"encoder_in{n}.{where}_{blend}" for n, where, blend in product((1, 2, 3), ("foreground", "background"), blends)
    }
    region |= {f"middle.{n}.conv_block.{place}.{leaf}" for n, place, leaf in product(range(8), (1, 5), leaves)}
    region |= {f"decoder.{place}.{leaf}" for place, leaf in product((0, 4, 9), leaves)}
    for norm in [*(f"middle.{n}.conv_block.{p}" for n, p in product(range(8), (2, 6))), "decoder.2", "decoder.6"]:
        region |= {f"{norm}.sa.conv1.weight"}
        region |= {f"{norm}.sa.{blend}_conv.{leaf}" for blend, leaf in product(blends, leaves)}
    assert set(without_trunk(network("region_norm", width=4).state_dict())) == region
