"""Labelled data of invented people, and comparisons with other programs on it."""
