"""Benchmarks: commands that print figures (`make bench-...`). Here, so that numpy starts with one thread."""

import seriome  # noqa: F401
