"""Its place makes tests/ importable, so that every room's tests find checksums.py."""
