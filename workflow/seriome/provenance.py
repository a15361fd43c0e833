"""Provenance: which code made a result."""

import hashlib
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent


@cache
def fingerprint(*modules: str) -> str:
    """A short sha256 over the source of modules or packages of seriome, to stand in a rule's params.

    Snakemake does not see a change in imported code, but it does see a changed param.
    Raises FileNotFoundError when a name is neither a module nor a package.
    """
    digest = hashlib.sha256()
    for name in modules:
        place = HERE / name
        files = sorted(filter(_is_source, place.rglob("*"))) if place.is_dir() else [place.with_suffix(".py")]
        for file in files:
            digest.update(file.relative_to(HERE).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def _is_source(file: Path) -> bool:
    """Modules, templates, styles, tables: what a package is made of, without what Python or an editor leaves there."""
    return file.is_file() and file.suffix in (".py", ".html", ".css", ".tsv", ".yaml", ".json")
