"""Somatic calling on patients whose every mutation is known: raw reads, aligned and called as in a run.

What is scored is a variant at a sample: planted with what allele fraction, called or not, at or above its stated limit.
"""

import copy
import os
import shutil
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import pandas as pd

from seriome.config import with_defaults
from seriome.dna import reference as references
from seriome.dna.align import align_pairs
from seriome.dna.coverage import merge_and_mark
from seriome.dna.pileup import Pileup
from seriome.dna.tables import call_patient, count_patient
from seriome.dna.tools import c_output_to, read_contigs
from seriome.simulate.genome import build_reference
from seriome.simulate.patient import draw_patient

from .. import genomes
from .freebayes import freebayes_on
from .mutect2 import mutect2_on

GENOME_SEED = 7
DAMAGED = 5e-5  # damage per base from which a sample of tissue counts as an old block
BANDS = ((0.001, 0.005), (0.005, 0.01), (0.01, 0.05), (0.05, 0.2), (0.2, 1.01))
SETTINGS = with_defaults({"dna": {}})["dna"]
WAYS = {
    "joint": "all samples together",
    "alone": "each sample alone",
    "freebayes": "freebayes",
    "mutect2": "Mutect2",
}  # recall, precision


def prepared(folder) -> tuple[object, dict]:
    """The simulated genome and what the stage makes of it once per run: (Reference, paths)."""
    return genomes.simulated(folder, GENOME_SEED)


def limited(at: dict, simulated, genes, folder) -> dict:
    """The paths with targets and regions of these genes alone."""
    bed, regions = Path(folder, "targets.bed"), Path(folder, "regions.bed")
    bed.write_text("".join(f"{c}\t{s}\t{e}\t{g}\n" for c, s, e, g in simulated.targets(genes)))
    contigs = read_contigs(f"{at['genome']}.fai")
    targets = references.read_targets(bed, contigs)
    references.write_bed(regions, references.calling_regions(contigs, targets, SETTINGS["padding"]))
    return at | {"targets": bed, "regions": regions}


def bam_of(genome, folder, name: str, write) -> Path:
    """The marked BAM of reads that `write(path1, path2)` makes."""
    files = [Path(folder, f"{name}_R{mate}.fastq.gz") for mate in (1, 2)]
    write(*files)
    unit, bam = Path(folder, f"{name}.unit.bam"), Path(folder, f"{name}.bam")
    align_pairs(genome, files, unit, sample=name, run="L1")
    merge_and_mark([unit], bam, genome, sample=name, umi=False)
    for one in (*files, unit):
        one.unlink()
    return bam


def some_of(piled: Pileup, samples) -> Pileup:
    """The counts of some of the samples, the normal first, as if they had been counted without the others."""
    at, least = [piled.samples.index(one) for one in samples], SETTINGS["min_alt_reads"]
    own = copy.copy(piled)
    own.samples, own.callable_bases = list(samples), piled.callable_bases[at]
    own.background = copy.copy(piled.background)
    for name in ("counts", "depth", "indels"):
        setattr(own.background, name, getattr(piled.background, name)[at])
    counts = ("ref_forward", "ref_reverse", "alt_forward", "alt_reverse", "depth")
    kept = (one for one in piled.alleles if one.alt_count[at[1:]].sum() >= least)
    own.alleles = [replace(one, **{name: getattr(one, name)[at] for name in counts}) for one in kept]
    return own


def _patient(words) -> dict:
    """One patient: every planted mutation at every sample, and every call; jointly and sample by sample."""
    seed, folder, more = words
    simulated = build_reference(GENOME_SEED)
    patient = draw_patient(simulated, seed, **more)
    paths = {"genome": Path(folder, "dna.fa"), "gff": Path(folder, "genes.gff3")}
    paths["transcripts"] = Path(folder, "transcripts.tsv")
    seconds = {"align": 0.0, "call": 0.0}
    with tempfile.TemporaryDirectory() as own, c_output_to(f"{own}/log"):
        paths = limited(paths, simulated, patient.genes, own)
        start = time.process_time()
        bams = {
            one.name: bam_of(paths["genome"], own, one.name, lambda *files, s=s: patient.write(s, *files))
            for s, one in enumerate(patient.samples)
        }
        bams["N"] = bam_of(paths["genome"], own, "N", lambda *files: patient.write_normal(*files, 150))
        seconds["align"] += time.process_time() - start
        rows = [
            {"patient": "P", "sample": one.name, "timepoint": one.name, "day": one.day, "specimen": one.specimen}
            for one in patient.samples
        ]
        normal = {"patient": "P", "sample": "N", "timepoint": "T0", "day": 0, "specimen": "normal"}
        start = time.process_time()
        counted = count_patient([normal, *rows], bams, {}, paths, SETTINGS)
        every = {row["sample"]: some_of(counted, ["N", row["sample"]]) for row in rows}
        joint, *_ = call_patient([normal, *rows], bams, {}, paths, SETTINGS, counted=counted)
        seconds["call"] += time.process_time() - start
        alone = [
            call_patient(
                *([normal, row], {one: bams[one] for one in ("N", row["sample"])}, {}, paths, SETTINGS),
                counted=every[row["sample"]],
            )[0]
            for row in rows
        ]
        found = {"joint": joint, "alone": pd.concat(alone, ignore_index=True)}
        if program := shutil.which("freebayes"):
            found["freebayes"], seconds["freebayes"] = freebayes_on(
                program, bams, paths["genome"], paths["regions"], own
            )
        if jars := os.environ.get("GATK"):
            found["mutect2"], seconds["mutect2"] = mutect2_on(jars, bams, paths["genome"], paths["regions"], own)
    kind = {one.name: one.specimen for one in patient.samples}
    damaged = [one.name for one in patient.samples if one.specimen == "tumor" and one.damage >= DAMAGED]
    truth = pd.DataFrame(
        [
            {"variant": str(one), "sample": patient.samples[s].name, "true": vaf, "patient": seed}
            for one, row in zip(patient.mutations, patient.vaf(), strict=True)
            for s, vaf in enumerate(row)
        ]
    )
    rows = {name: scored(truth, table[table["sample"] != "N"], kind) for name, table in found.items()}
    return {"seconds": seconds} | {
        name: table.assign(damaged=table["sample"].isin(damaged)) for name, table in rows.items()
    }


def scored(truth, table, kind) -> pd.DataFrame:
    """A row per variant and sample, planted or called: true (its fraction, 0 of a false one), said, vaf, lod."""
    if "said" not in table:
        table = table.assign(said=table["called"] & (table["filter"] == "PASS"))
    columns = [one for one in ("variant", "sample", "said", "vaf", "lod") if one in table]
    merged = truth.drop(columns="patient").merge(table[columns], on=["variant", "sample"], how="outer")
    merged["planted"] = merged["true"].notna()
    merged["true"] = merged["true"].fillna(0.0)
    merged["said"] = merged["said"].eq(True)
    merged["specimen"] = merged["sample"].map(kind)
    return merged[merged["planted"] | merged["said"]].assign(patient=truth["patient"].iloc[0])


def share(mask) -> float | None:
    return float(mask.mean()) if len(mask) else None


def summary(rows: pd.DataFrame) -> list[dict]:
    """Recall by true fraction, precision by observed fraction, per kind of sample."""
    found = []
    for specimen in ("tumor", "plasma"):
        own = rows[rows["specimen"] == specimen]
        for low, high in BANDS:
            planted = own[(own["true"] >= low) & (own["true"] < high)]
            said = own[own["said"] & (own["vaf"] >= low) & (own["vaf"] < high)]
            found.append(
                {
                    "specimen": specimen,
                    "band": f"{low:g}-{min(high, 1):g}",
                    "planted": len(planted),
                    "recall": share(planted["said"]),
                    "called": len(said),
                    "precision": share(said["true"] > 0),
                }
            )
    return found


def calling(patients: int = 6, processes: int = 2, seed: int = 1000, **more) -> dict:
    """The figures of somatic calling; prints them."""
    with tempfile.TemporaryDirectory() as folder:
        with c_output_to(f"{folder}/log"):
            prepared(folder)
        jobs = [(seed + number, folder, more) for number in range(patients)]
        with ProcessPoolExecutor(processes) as pool:
            done = list(pool.map(_patient, jobs))
    ways = [way for way in WAYS if way in done[0]]
    kept = {way: pd.concat([one[way] for one in done], ignore_index=True) for way in ways}
    spent = {key: sum(one["seconds"][key] for one in done) for key in done[0]["seconds"]}
    print(f"somatic calling, {patients} patients x 5 samples: recall by planted, precision by observed fraction")
    print(f"  {'':18s} planted   " + "".join(f"{WAYS[way]:24s}" for way in ways))
    for lines in zip(*(summary(kept[way]) for way in ways), strict=True):
        cells = [f"{_of(line['recall'])}, {_of(line['precision'])} of {line['called']:4d}" for line in lines]
        first = lines[0]
        print(
            f"  {first['specimen']:7s} {first['band']:10s} {first['planted']:6d}    "
            + "  ".join(f"{x:22s}" for x in cells)
        )
    print("  CPU s: " + ", ".join(f"{key} {value:.0f}" for key, value in spent.items()))
    figures = key_figures(kept["joint"], kept["alone"])
    for name, value in figures.items():
        print(f"  {name}: {_of(value)}")
    return figures | {"bands": {way: summary(rows) for way, rows in kept.items()}, "calling_cpu_s": spent}


def _of(value) -> str:
    return "  -  " if value is None else f"{value:.3f}"


def key_figures(joint, alone) -> dict:
    """What is asked of the stage; shares, None of nothing."""
    tissue, plasma = (joint[joint["specimen"] == kind] for kind in ("tumor", "plasma"))
    low = [
        rows.loc[(rows["specimen"] == "tumor") & rows["true"].between(0.01, 0.05), "said"] for rows in (joint, alone)
    ]
    right = [rows.loc[rows["said"], "true"] > 0 for rows in (joint, alone)]
    above = joint[(joint["true"] > 0) & (joint["true"] >= joint["lod"])]
    old, absent = tissue[tissue["damaged"]], joint[joint["planted"] & (joint["true"] == 0)]
    return {
        "recall_tissue_vaf5": share(tissue.loc[tissue["true"] >= 0.05, "said"]),
        "precision_tissue_vaf5": share(tissue.loc[tissue["said"] & (tissue["vaf"] >= 0.05), "true"] > 0),
        "recall_damaged_vaf5": share(old.loc[old["true"] >= 0.05, "said"]),
        "precision_damaged": share(old.loc[old["said"], "true"] > 0),
        "recall_plasma_vaf05": share(plasma.loc[plasma["true"] >= 0.005, "said"]),
        "precision_plasma": share(plasma.loc[plasma["said"], "true"] > 0),
        "joint_recall_gain_1_5": float(low[0].mean() - low[1].mean()),
        "joint_precision_change": float(right[0].mean() - right[1].mean()),
        "missed_above_lod": share(~above["said"]),
        "called_where_absent": share(absent["said"]),
    }
