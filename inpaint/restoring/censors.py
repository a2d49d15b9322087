"""What can have been done to a region that is restored."""

CENSORS = ("hole", "mosaic")  # a bar, a scribble or anything else that hides all; pixelation
