"""Finding mosaics: first the grid, then where its cells lie.

`search` takes these steps in each tile of a picture, and joins what was found in several tiles:

1. `steps`: how much every pixel differs from the ones beside it.
2. `proposals`: grids of whole pixels, in small windows that show many steps on their lines and few beside them.
3. `finer_grid`: a grid becomes a finer one where its cells have lines inside.
4. `regions`: where the cells of a grid lie, seen from the steps of every cell (`cell_steps`); `not_patterns` leaves out
   walls, tiles and drawings that are as regular.  Each is kept as a `found_region`.
5. `rescaled_proposals`: grids in fractions of a pixel, as rescaling leaves them, made exact by `grid_fitting`.
6. `rescaled_regions`: where their cells lie, in a picture that is sampled so that they are whole pixels.
7. `cells_explain`: regions whose cells explain the picture hardly better than moved ones are left out.
8. `choice`: of regions that share their place, the one that explains more.
9. `not_jpeg_blocks`: the blocks of an enlarged JPEG are no mosaic.
10. `cut_cells`: what the outline of a mosaic left of the cells beside it belongs to it, too.

`grid_under_mask` is the other way, where a mask says which pixels are a mosaic: it finds their grid alone.

The thresholds were chosen with `scripts/bench_detection.py`, on some of the photographs of BSD100 and on drawings and
wallpapers; each file names the parts of the benchmark that measure its own.
"""
