"""The files of a finished dataset: patches, manifest, censored samples that are baked in, and tar shards."""
