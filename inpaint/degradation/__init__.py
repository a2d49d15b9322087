"""Damaging clean pictures: where (`masks`), with what (`fills`), and how the file was kept afterwards (`realism`).

`degrade` draws one of each; `build` makes it from the sections of a YAML.
"""
