"""Building datasets from pictures, and looking into those that are there.

dataset.py is the whole build and settings.py what can be chosen.  The rooms, in the order in which a picture meets
them: sources, annotations, examining, likeness, writing, report; work keeps what is known so far, and inspection
checks a dataset that is finished.
"""
