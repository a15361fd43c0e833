"""Seriome: longitudinal multi-omics in oncology."""

import os

__version__ = "0.1.0"

for _library in ("OMP", "OPENBLAS", "MKL"):  # jobs run side by side, and equal input gives equal bytes: one thread each
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
