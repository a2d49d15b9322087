"""How a mosaic destroys a picture: its spectrum, its bands, how many pictures fit it, and what restoring trades."""
