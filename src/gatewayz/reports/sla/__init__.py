"""Promises in words, figures and pictures: one file per format, found by its name."""
