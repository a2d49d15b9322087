"""A restorer, pictures and baselines in; one table, JSON and a page with pictures out."""
