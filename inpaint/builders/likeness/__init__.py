"""What only all pictures together show: which look alike, which belong together, and which split each gets."""
