"""A benchmark of several parts: each prints its figures and gives them as a dict, all kept in bench/NAME.json."""

import argparse
from collections.abc import Callable
from pathlib import Path

from seriome.files import read_json, write_json

PROJECT = Path(__file__).parents[2]


def run(name: str, about: str, parts: dict[str, Callable[..., dict]], quick: dict[str, dict]) -> None:
    """Run the parts that the command line asks for; the others keep their last figures.

    parts: {name: function that prints its figures and returns them}; quick: {name: keyword arguments with --quick}.
    Writes bench/{name}.json after every part.
    """
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help=f"parts, separated by commas: {', '.join(parts)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="a few small sets: does it run?")
    words = parser.parse_args()
    out = PROJECT / f"bench/{name}.json"
    kept = read_json(out) if out.exists() else {}
    for part in words.only.split(",") if words.only else parts:
        kept |= parts[part](**(quick.get(part, {}) if words.quick else {}))
        write_json(out, kept)
    print(f"written: {out.relative_to(PROJECT)}")
