"""Seriome: longitudinal multi-omics in oncology."""

__version__ = "0.1.0"
