"""The geometry of mosaics.

`whole_grid` holds a grid of whole pixels, `grid` the arithmetic of its cells; `lattice` one of fractions of a pixel;
`projection` what a mosaic measures, and correcting an answer by it; `resampling` makes cells whole pixels.
"""
