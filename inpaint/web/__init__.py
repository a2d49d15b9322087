"""The page: pictures are restored in a browser, on this machine; programs use the same under /api/v1."""
