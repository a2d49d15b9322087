"""Which version of the package this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("inpaint")
except PackageNotFoundError:  # run from a checkout that is not installed
    __version__ = "0"
