"""One patient's somatic variants at all samples with DNA, as a table."""

import tempfile

import numpy as np
import pandas as pd

from seriome.dna import calling, pileup, scatter
from seriome.dna.background import PRIOR_RATE, ErrorModel
from seriome.dna.consequence import effects
from seriome.dna.imports import Imported
from seriome.dna.limits import detection_limit, jeffreys
from seriome.dna.normals import Population, read_panel
from seriome.dna.pileup import Allele
from seriome.dna.tools import Regions, read_bed, read_contigs
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


class Call:
    """A variant of the union while it is being judged."""

    def __init__(self, one: Allele, evidence: float, reasons=(), imported=False):
        self.allele, self.evidence, self.reasons, self.imported = one, evidence, list(reasons), imported


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
        calls = _judge(piled, given, model, tumour, normal, bams, reference, settings, folder)
        _ask_others(calls, model, tumour, normal, [specimen[one] for one in read], reference, settings)
        said = effects(
            [c.allele.key for c in calls], reference["genome"], reference["gff"], reference["transcripts"], folder
        )
        units = _units([c.allele for c in calls], reference["genome"])
    frames = []
    for call, effect, unit in zip(calls, said, units, strict=True):
        frames += _rows(call, effect, unit, samples, read, listed, model, normal, settings)
    callable_bases = dict(zip(read, map(int, piled.callable_bases), strict=True))
    return typed(frames), callable_bases, model.rows(read)


def typed(rows) -> pd.DataFrame:
    """Rows as a table with the columns and types of COLUMNS; no rows is a valid table."""
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({c: kind if kind != "str" else "object" for c, kind in COLUMNS.items()})


def has_reads(bam) -> bool:
    """True when a BAM has an alignment on the genome."""
    import pysam

    with pysam.AlignmentFile(str(bam), "rb") as file:
        return file.mapped > 0


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


def _units(alleles, genome) -> list[int]:
    """Repeat units at each indel; 1 for other changes."""
    import pysam

    with pysam.FastaFile(str(genome)) as fasta:
        return [1 if len(o.ref) == len(o.alt) else calling.repeat_units(fasta, *o.key) for o in alleles]


def _judge(piled, given, model, tumour, normal, bams, reference, settings, folder) -> list[Call]:
    """The alleles with enough evidence, and the imported ones, each with what speaks against it; sorted by place."""
    import pysam

    read, order = piled.samples, {name: i for i, name in enumerate(read_contigs(f"{reference['genome']}.fai"))}
    # a first look at every allele with the rates that need no reference keeps the costly steps for few
    first = [one for one in piled.alleles if one.snv]
    rest = [one for one in piled.alleles if not one.snv]
    keep = _joint(first, [1] * len(first), model, tumour) >= settings["min_evidence"] - 1 if first else []
    near = {(chrom, pos) for chrom, pos, _, _ in given}
    alleles = [one for one, good in zip(first, keep, strict=True) if good or (one.chrom, one.pos) in near] + rest
    alleles = pileup.normalise(alleles, reference["genome"], folder) if alleles else []
    known = {one.key for one in alleles}
    zero = np.zeros(len(read), int)
    for key in given:
        if key not in known:
            depth = piled.depth_at.get(key[:2], zero)
            alleles.append(Allele(*key, zero, zero, zero, zero, depth))
    alleles.sort(key=lambda one: (order[one.chrom], one.pos, one.ref, one.alt))
    units = _units(alleles, reference["genome"])
    joint = _joint(alleles, units, model, tumour)
    calls = []
    for one, unit, weight in zip(alleles, units, joint, strict=True):
        if weight < settings["min_evidence"] and one.key not in given:
            continue
        rate, _ = model.of(one.ref, one.alt, one.around, unit)
        reasons = calling.filters_of(one, tumour, normal, rate, settings, unit)
        if one.key in given:  # the caller looked at its reads; here only the normal may speak against it
            reasons = [reason for reason in reasons if reason in ("germline", "in_normal")]
        calls.append(Call(one, float(weight), reasons, one.key in given))
    opened = [pysam.AlignmentFile(str(bams[sample]), "rb") for sample in read]
    try:
        _look_at_reads(calls, opened, tumour, settings)
        return _merge(calls, opened, settings)
    finally:
        for bam in opened:
            bam.close()


def _joint(alleles, units, model, tumour) -> np.ndarray:
    """Evidence of each allele summed over the tumour samples."""
    if not alleles or not tumour:
        return np.zeros(len(alleles))
    rates = [model.of(one.ref, one.alt, one.around, unit) for one, unit in zip(alleles, units, strict=True)]
    rate, rho = (np.array([pair[i][tumour] for pair in rates]) for i in (0, 1))
    alt = np.array([one.alt_count[tumour] for one in alleles])
    depth = np.array([one.depth[tumour] for one in alleles])
    return calling.evidence(alt, depth, rate, rho).sum(1)


def _ask_others(calls, model, tumour, normal, specimens, reference, settings) -> None:
    """What others know of variants that nothing speaks against: the blood's clones, other normals, the population."""
    sites = read_panel(reference["panel_of_normals"]) if reference.get("panel_of_normals") else {}
    common = Population(reference["population"]) if normal is None and reference.get("population") else None
    plasma = [i for i in tumour if specimens[i] == "plasma"]
    tissue = [i for i in tumour if specimens[i] != "plasma"]
    for call in calls:
        one = call.allele
        if call.reasons == ["in_normal"] and calling.haematopoietic(one, plasma, tissue, normal):
            call.reasons.append("chip")
        if call.reasons:
            continue
        rate, rho = model.of(one.ref, one.alt, one.around)
        call.reasons += calling.panel_says(
            *(one, tumour, normal is not None, sites.get(one.key), rate, rho, settings["min_evidence"])
        )
        if common is not None and common.frequency(*one.key) >= settings["population_af"]:
            call.reasons.append("population")


def _look_at_reads(calls, opened, tumour, settings) -> None:
    """Filters that need single reads, for variants that nothing else speaks against."""
    for call in calls:
        if call.reasons or call.imported or not tumour:
            continue
        best = max(tumour, key=lambda i: (call.allele.alt_count[i], -i))
        found = calling.reads_of(
            opened[best], call.allele, settings["min_base_quality"], settings["min_mapping_quality"]
        )
        call.reasons += calling.read_filters(found)


def _merge(calls, opened, settings) -> list[Call]:
    """Neighbouring single-base variants that stand on the same reads become one."""
    passed = {id(call.allele): call for call in calls if not call.reasons and not call.imported}
    for run in calling.runs_of_neighbours([call.allele for call in passed.values()]):
        joined = calling.merged_neighbours(run, opened, settings)
        if joined is not None:
            members = [passed[id(one)] for one in run]
            calls[calls.index(members[0])] = Call(joined, max(call.evidence for call in members))
            calls = [call for call in calls if call not in members[1:]]
    return calls


def _rows(call, effect, unit, samples, read, listed, model, normal, settings) -> list[dict]:
    """One variant at every sample of the patient."""
    one, rows = call.allele, []
    rate, rho = model.of(one.ref, one.alt, one.around, unit)
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
