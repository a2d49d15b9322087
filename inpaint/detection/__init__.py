"""Finding what is censored in a finished picture, where nobody marked it and where somebody did.

Nobody marked it: `censored` looks for `mosaics` first, and then for `bars` and blobs of one colour (`flat_parts`)
outside them, and then for `translucent_bars`.
A mask is given: `damage` tells, region by region, whether the pixels under it are a mosaic, and of which grid.
A picture is painted on: `colour` finds the pixels that have the marking colour.
"""
