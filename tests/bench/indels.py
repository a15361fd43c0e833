"""Indels from one base to ninety in reads of 100 and 150 bases: which are found, and at what fraction.

Deletions, insertions of new sequence and tandem duplications, each 500 bases from the next, in a third of the molecules
(and in a tenth) of a tumour of 120x; a normal without them. Unique sequence, so that what is missed is missed for its
size. Where freebayes is on PATH and where GATK names its jars they call the same alignments.
"""

import os
import random
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from seriome.dna import align, coverage, pileup
from seriome.dna.tables import call_patient
from seriome.dna.tools import c_output_to

from ..dna import made
from .calling import SETTINGS
from .freebayes import freebayes_on
from .mutect2 import mutect2_on

SIZES = (1, 2, 3, 6, 9, 15, 21, 30, 45, 60, 90)
COPIES = 2  # of each kind and size
DEPTH, SPACE = 120, 500
BANDS = ((1, 9), (10, 29), (30, 90))


def planted(text: str, seed: int) -> list[tuple]:
    """(kind, size, (pos, ref, alt)) along a contig, SPACE bases apart; pos 1-based."""
    rng, found, pos = random.Random(seed), [], SPACE
    for _ in range(COPIES):
        for size in SIZES:
            for kind in ("deletion", "insertion", "duplication"):
                before, after = text[pos - 1], text[pos : pos + size]
                new = after if kind == "duplication" else "".join(rng.choice("ACGT") for _ in range(size))
                change = (before + after, before) if kind == "deletion" else (before, before + new)
                found.append((kind, size, (pos, *change)))
                pos += SPACE
    return found


def _called(length: int, share: float, seed: int) -> pd.DataFrame:
    """A row per planted indel: kind, size and, per caller, the fraction it is called at (NaN: missed)."""
    bases = SPACE * (3 * len(SIZES) * COPIES + 2)
    text = made.genome(seed, bases)["c1"]
    rows = planted(text, seed)
    with tempfile.TemporaryDirectory() as folder, c_output_to(f"{folder}/log"):
        places, bams = made.places(folder, {"c1": text}), {}
        changed = made.changed(text, [one for _, _, one in rows])
        for sample in "NT":
            pairs = round(bases * DEPTH / min(2 * length, 230))
            tumour = round(pairs * share) if sample == "T" else 0
            mixture = [(text, pairs - tumour, 0, len(text)), (changed, tumour, 0, len(changed))]
            reads = made.pairs(mixture, seed, read=length, error=1e-3)
            unit, bams[sample] = Path(folder, f"{sample}.unit.bam"), Path(folder, f"{sample}.bam")
            align.align_pairs(places["genome"], made.write_fastq(folder, sample, reads), unit, sample=sample, run="L1")
            coverage.merge_and_mark([unit], bams[sample], places["genome"], sample=sample, umi=False)
        about = {"patient": "P", "timepoint": "T0", "day": 0}
        samples = [about | {"sample": "N", "specimen": "normal"}, about | {"sample": "T", "specimen": "tumor"}]
        table, *_ = call_patient(samples, bams, {}, places, SETTINGS)
        found = {"seriome": table[table["called"] & (table["filter"] == "PASS")]}
        if program := shutil.which("freebayes"):
            found["freebayes"], _ = freebayes_on(program, bams, places["genome"], places["regions"], folder)
        if jars := os.environ.get("GATK"):
            found["mutect2"], _ = mutect2_on(jars, bams, places["genome"], places["regions"], folder)
        keys = pileup.normalised([("c1", *one) for _, _, one in rows], places["genome"], folder)
    result = pd.DataFrame([(kind, size) for kind, size, _ in rows], columns=["kind", "size"])
    names = [":".join(map(str, key)) for key in keys]
    for caller, calls in found.items():
        vaf = calls[calls["sample"] == "T"].drop_duplicates("variant").set_index("variant")["vaf"]
        result[caller] = vaf.reindex(names).to_numpy(float)
        result.attrs[f"{caller} false"] = len(set(vaf.index) - set(names))
    return result


def indels(seed: int = 3, lengths=(100, 150), shares=(0.33, 0.1)) -> dict:
    """Recall and fraction by size and kind, per caller; prints them."""
    figures, false = [], {}
    print("indels planted at a share of molecules: recall, mean called fraction")
    for length in lengths:
        for share in shares:
            rows = _called(length, share, seed)
            callers = [one for one in rows.columns if one not in ("kind", "size")]
            for caller in callers:
                false[caller] = false.get(caller, 0) + rows.attrs[f"{caller} false"]
            for low, high in BANDS:
                for kind in ("deletion", "insertion", "duplication"):
                    some = rows[(rows["kind"] == kind) & rows["size"].between(low, high)]
                    about = {
                        "reads": length,
                        "share": share,
                        "kind": kind,
                        "bases": f"{low}-{high}",
                        "planted": len(some),
                    }
                    told = {caller: (float(some[caller].notna().mean()), _mean(some[caller])) for caller in callers}
                    figures.append(about | told)
                    cells = ", ".join(f"{caller} {_said(*one)}" for caller, one in told.items())
                    print(f"  {length} bases, {share:4.2f}, {kind:11s} {low:2d}-{high:2d} ({len(some)}): {cells}")
    print("  others called: " + ", ".join(f"{caller} {number}" for caller, number in false.items()))
    own = [one["seriome"][0] * one["planted"] for one in figures]
    every = sum(one["planted"] for one in figures)
    print(f"  all: seriome {sum(own):.0f} of {every}")
    return {
        "recall_indels": sum(own) / every,
        "indels": figures,
        "indels_false": false,
    }


def _mean(values) -> float | None:
    return float(np.nanmean(values)) if values.notna().any() else None


def _said(recall: float, vaf: float | None) -> str:
    return f"{recall:.2f}" if vaf is None else f"{recall:.2f} at {vaf:.2f}"
