"""Figures of a run on the real public data beside the known answers: `python tests/real/figures.py RESULTS`.

The known answers were counted from the raw files by those who prepared them; here they stand beside what the
workflow found.  Exit code 1 when one of the conclusions does not hold.
"""

import json
import sys
from pathlib import Path

import pandas as pd

SLICES = {"BRAF V600E": ("chr7_140723200_140783361", 140723200), "TERT": ("chr5_1000000_2000000", 1000000)}
SLICES["CDKN2A"] = ("chr9_21967152_21996301", 21967152)
DNA = (  # what, slice, position on the chromosome (1-based) and how far from it, reads (tumour, normal) as counted
    ("BRAF V600E, A>T", "BRAF V600E", 140753336, 0, ("187/275", "0/29")),
    ("TERT promoter, GG>AA", "TERT", 1295113, 1, ("68/70", "0/45")),
    ("CDKN2A, 2-bp deletion", "CDKN2A", 21971155, 10, ("108/115", "0/36")),
)
GENES = ("PLA2R1", "RBMS1", "TANK", "MARCH7")


def dna(results: Path):
    """Lines about the three somatic variants of COLO829, each with whether it holds."""
    table = pd.read_parquet(results / "dna/variants/COLO829.parquet")
    yield f"dna: {table['variant'].nunique()} variants of COLO829, of them PASS:", None
    passed = table[table["filter"] == "PASS"]
    for what, piece, position, within, known in DNA:
        contig, start = SLICES[piece]
        near = passed[(passed["chrom"] == contig) & ((passed["pos"] + start - 1 - position).abs() <= within)]
        rows = near.set_index("specimen")
        if not {"tumor", "normal"} <= set(rows.index) or len(set(near["variant"])) != 1:
            yield f"  {what}: {near['variant'].nunique()} variants found where one is known", False
            continue
        tumour, normal = rows.loc["tumor"], rows.loc["normal"]
        counts = f"tumour {tumour['alt_count']}/{tumour['depth']}, normal {normal['alt_count']}/{normal['depth']}"
        holds = bool(tumour["called"]) and not normal["called"] and normal["alt_count"] == 0
        yield f"  {what}: {tumour['name']}, {counts} (known {known[0]}, {known[1]})", holds


def rna(results: Path):
    """Lines about the quantified genes of HCC1395."""
    run = json.loads((results / "rna/quant/HCC1395-T/run_info.json").read_text())
    share = 100 * run["n_pseudoaligned"] / run["n_processed"]
    yield f"rna: HCC1395, {run['n_processed']} pairs, {share:.1f} % fit an annotated transcript", share > 80
    table = pd.read_parquet(results / "features/assay=rna/patient=HCC1395/sample=HCC1395-T.parquet")
    counts = table[table["kind"] == "count"].set_index("name")["value"]
    told = ", ".join(f"{gene} {counts[gene]:.0f} reads" for gene in GENES)
    yield f"  {told}", all(counts[gene] > 0 for gene in GENES)


def proteome(results: Path):
    """Lines about peptides and proteins identified at 1 % FDR over the pooled runs."""
    passed = {}
    for path in sorted((results / "proteome/qc").glob("*.json")):
        for run, qc in json.loads(path.read_text()).items():
            passed.setdefault(run.split(" ")[0], []).append(qc)
    known = {"A549-T": 66, "HeLa-T": 34, "Jurkat-T": 3}
    total = 0
    for sample, runs in passed.items():
        psms = sum(run["psms_at_fdr"] for run in runs)
        total += psms
        yield f"  {sample}: {psms} PSMs (known {known[sample]})", abs(psms - known[sample]) <= 0.1 * known[sample] + 1
    yield f"proteome: {total} PSMs at 1 % FDR over the pooled runs (known 103)", abs(total - 103) <= 10
    tables = sorted((results / "features/assay=proteome").glob("*/*.parquet"))
    proteins = pd.concat(map(pd.read_parquet, tables))
    measured = proteins[proteins["state"] == "measured"]
    yield (
        f"  {measured['feature'].nunique()} proteins quantified in {measured['sample'].nunique()} samples",
        len(measured) > 0,
    )


def metabolome(results: Path):
    """Lines about the features of the two pooled injections."""
    atlas = pd.read_parquet(results / "metabolome/atlas.parquet")
    tables = sorted((results / "features/assay=metabolome").glob("*/*.parquet"))
    features = pd.concat(map(pd.read_parquet, tables))
    measured = features[features["state"] == "measured"].groupby("sample").size().to_dict()
    yield f"metabolome: {len(atlas)} features in the atlas; measured: {measured}", len(atlas) >= 118
    wide = features[features["state"] == "measured"].pivot(index="feature", columns="sample", values="value")
    yield f"  correlation of the two injections, log2 area: {wide.corr().iloc[0, 1]:.3f}", wide.corr().iloc[0, 1] > 0.95


def main(results: str) -> int:
    bad = 0
    for section in (dna, rna, proteome, metabolome):
        for line, holds in section(Path(results)):
            print(line + {True: "  ok", False: "  NOT AS KNOWN", None: ""}[holds])
            bad += holds is False
    print("all known answers hold" if not bad else f"{bad} known answers do not hold")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
