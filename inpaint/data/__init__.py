"""Training data as a pure function of (seed, position).

`samples` draws from `sources`: folders of pictures, tar `shards`, or `synthetic` scenes (`leaves` and `cels`).
"""
