"""Weights of the authors' own files, and of the best-known PyTorch ports, brought into checkpoints of this package."""
