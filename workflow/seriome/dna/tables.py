"""One patient's somatic variants at all samples with DNA, as a table."""

import tempfile

import numpy as np
import pandas as pd

from seriome.dna import calling, judge, pileup, scatter
from seriome.dna.background import PRIOR_RATE, ErrorModel
from seriome.dna.consequence import effects
from seriome.dna.imports import Imported
from seriome.dna.limits import detection_limit, jeffreys
from seriome.dna.tools import Regions, has_reads, read_bed, read_contigs
from seriome.files import write_parquet

COLUMNS = {
    **dict.fromkeys(("patient", "sample", "timepoint"), "str"),
    "day": "Int32",
    **dict.fromkeys(("specimen", "variant", "chrom"), "str"),
    "pos": "int64",
    **dict.fromkeys(("ref", "alt", "gene", "gene_id", "transcript", "consequence", "hgvs_c", "hgvs_p", "name"), "str"),
    **dict.fromkeys(("exon", "ref_count", "alt_count", "depth"), "Int64"),
    **dict.fromkeys(("vaf", "vaf_lower", "vaf_upper", "lod"), "float64"),
    "state": "str",
    "called": "bool",
    "filter": "str",
    "tumor_only": "bool",
    **dict.fromkeys(("evidence", "presence"), "float64"),
}
CALLABLE_COLUMNS = ["sample", "callable_bases"]
ERROR_COLUMNS = ["sample", "change", "rate", "spread"]


def count_patient(
    samples, bams, vcfs, reference: dict, settings: dict, *, part: int = 0, parts: int = 1, threads: int = 1
) -> pileup.Pileup:
    """Counts of every allele in one of so many shares of the regions; arguments as of `call_patient`.

    part, parts   which share, 0-based, of how many. scatter.add puts the shares together, in their order
    """
    read = [row["sample"] for row in samples if row["sample"] in bams]
    if not any(has_reads(bams[sample]) for sample in read):
        return scatter.empty(read)
    with tempfile.TemporaryDirectory() as folder:
        given, _ = _imported(vcfs, reference["genome"], folder)
    contigs = read_contigs(f"{reference['genome']}.fai")
    regions, places = read_bed(reference["regions"]), {(chrom, pos) for chrom, pos, _, _ in given}
    if places:
        extra = Regions(regions + [(chrom, max(0, pos - 2), min(contigs[chrom], pos + 1)) for chrom, pos in places])
        regions = [(chrom, *pair) for chrom in contigs for pair in extra.intervals.get(chrom, ())]
    specimen = {row["sample"]: row["specimen"] for row in samples}
    reading = {
        "samples": read,
        "tumour": [specimen[sample] != "normal" for sample in read],
        "min_alt_reads": settings["min_alt_reads"],
        "targets": Regions(read_bed(reference["targets"])) if reference["targets"] else None,
        "callable_depth": settings["callable_depth"],
        "imported": places,
    }
    files = [bams[sample] for sample in read]
    shares = {"part": part, "parts": parts, "threads": threads}
    return scatter.count(files, reference["genome"], regions, settings, reading, **shares)


def call_patient(samples, bams, vcfs, reference: dict, settings: dict, *, counted=None, threads: int = 1):
    """Find the patient's somatic variants in all samples together and count each at every sample.

    samples     rows {patient sample timepoint day specimen} of the samples with DNA, in the order of the result
    bams        {sample: BAM}, marked duplicates, indexed; a sample whose reads were lost has an empty one
    vcfs        {sample: [Imported, ...]} of samples that have variants of another caller instead of reads
    reference   {genome, gff, transcripts, regions, targets (or None)}: paths; panel_of_normals, population: those
                of a panel (normals.py) and of a VCF with AF, where there are any
    settings    the config's `dna` section
    counted     what count_patient found, all shares together; None: it is counted here
    threads     processes that count, without effect on the result
    Returns     (table with COLUMNS, one row per variant and sample; {sample: callable bases}; rows of ERROR_COLUMNS:
                per sample and type of substitution, rate of errors per base and overdispersion between positions)
    """
    read = [row["sample"] for row in samples if row["sample"] in bams]
    specimen = {row["sample"]: row["specimen"] for row in samples}
    with tempfile.TemporaryDirectory() as folder:
        given, listed = _imported(vcfs, reference["genome"], folder)
        piled = counted or count_patient(samples, bams, vcfs, reference, settings, threads=threads)
        normals = [i for i, sample in enumerate(read) if specimen[sample] == "normal"]
        normal = normals[0] if normals and has_reads(bams[read[normals[0]]]) else None
        tumour = [i for i in range(len(read)) if i not in normals]
        model = ErrorModel(piled.background)
        calls = judge.judge(piled, given, model, tumour, normal, bams, reference, settings, folder)
        judge.ask_others(calls, tumour, normal, [specimen[one] for one in read], reference, settings)
        said = effects(
            [c.allele.key for c in calls], reference["genome"], reference["gff"], reference["transcripts"], folder
        )
    frames = []
    for call, effect in zip(calls, said, strict=True):
        frames += _rows(call, effect, samples, read, listed, normal, settings)
    callable_bases = dict(zip(read, map(int, piled.callable_bases), strict=True))
    return typed(frames), callable_bases, model.rows(read)


def typed(rows) -> pd.DataFrame:
    """Rows as a table with the columns and types of COLUMNS; no rows is a valid table."""
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({c: kind if kind != "str" else "object" for c, kind in COLUMNS.items()})


def _imported(vcfs, genome, folder):
    """({key: None} of all, {sample: {key: Imported}}), left-aligned; of two units the first with counts wins."""
    found = [(sample, one) for sample, variants in vcfs.items() for one in variants]
    keys = pileup.normalised([(o.chrom, o.pos, o.ref, o.alt) for _, o in found], genome, folder) if found else []
    listed = {sample: {} for sample in vcfs}
    for (sample, one), key in zip(found, keys, strict=True):
        known = listed[sample].get(key)
        if known is None or known.alt_count is None:
            listed[sample][key] = Imported(*key, one.ref_count, one.alt_count)
    return dict.fromkeys(sorted(keys)), listed


def _rows(call, effect, samples, read, listed, normal, settings) -> list[dict]:
    """One variant at every sample of the patient."""
    one, rate, rho, rows = call.allele, call.rate, call.rho, []
    depths = one.depth.astype(float)
    there = calling.presence(one.alt_count, depths, rate, rho)
    least = calling.least_reads(depths, rate, rho, settings["call_error"])
    chrom, pos, ref, alt = one.key
    for row in samples:
        sample, counts, called, lod, present = row["sample"], (None, None, None), False, None, None
        if sample in read:
            index = read.index(sample)
            counts = int(one.ref_count[index]), int(one.alt_count[index]), int(one.depth[index])
            called = bool(counts[1] >= least[index])
            lod = float(detection_limit(counts[2], least[index]))
            present = float(there[index])
        elif one.key in listed.get(sample, ()):
            theirs, called = listed[sample][one.key], True
            if theirs.alt_count is not None and theirs.ref_count + theirs.alt_count > 0:
                counts = theirs.ref_count, theirs.alt_count, theirs.ref_count + theirs.alt_count
                reads = calling.least_reads(counts[2], PRIOR_RATE, 0.0, settings["call_error"])
                lod = float(detection_limit(counts[2], reads))
        depth = counts[2] or 0
        lod = None if lod is None or np.isnan(lod) else lod
        vaf = counts[1] / depth if depth else None
        lower, upper = map(float, jeffreys(counts[1], depth)) if depth else (None, None)
        state = "not_measured" if not depth or (lod is None and not called) else "measured" if called else "below_lod"
        rows.append(
            {
                **{key: row.get(key) for key in ("patient", "sample", "timepoint", "day", "specimen")},
                **{"variant": f"{chrom}:{pos}:{ref}:{alt}", "chrom": chrom, "pos": pos, "ref": ref, "alt": alt},
                **{
                    key: getattr(effect, key)
                    for key in ("gene", "gene_id", "transcript", "consequence", "hgvs_c", "hgvs_p", "name", "exon")
                },
                **{"ref_count": counts[0], "alt_count": counts[1], "depth": counts[2], "vaf": vaf},
                **{"vaf_lower": lower, "vaf_upper": upper, "lod": lod, "state": state, "called": called},
                **{
                    "filter": ";".join(call.reasons) or "PASS",
                    "tumor_only": normal is None,
                    "evidence": call.evidence,
                    "presence": present,
                },
            }
        )
    return rows


def write_table(path, table: pd.DataFrame) -> None:
    """The table as Parquet, its columns typed even where it has no rows."""
    import pyarrow as pa

    kinds = {"str": pa.string(), "Int32": pa.int32(), "Int64": pa.int64(), "int64": pa.int64()}
    kinds |= {"float64": pa.float64(), "bool": pa.bool_()}
    schema = pa.schema([(column, kinds[kind]) for column, kind in COLUMNS.items()])
    arrow = pa.Table.from_pandas(table, schema=schema, preserve_index=False)
    write_parquet(path, arrow)
