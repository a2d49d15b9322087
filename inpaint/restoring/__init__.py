"""An image and a mask in, a restored image out: regions, tiles, cells, blending, and sessions of other runtimes."""
