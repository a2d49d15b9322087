"""Checking datasets, and saying what a folder of pictures holds that no builder wrote."""
