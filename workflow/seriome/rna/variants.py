"""Somatic variants of a patient in RNA: expressed, silent, or not covered.

Fragments are counted at the place of each variant that passes in DNA, by the alignments of RNA: a read shows it, or
shows the reference, or something else; mates that both cover the place count once, and not where they disagree. What
is expected is the fraction in DNA of the same specimen, or else the highest of the patient's tumours at that time, or
ever.

    expressed     two fragments show it, at least
    silent        covered well enough that the expected fraction would have shown two fragments with a chance of 95 %,
                  and less was seen: the mutated copy is not transcribed, or its RNA decays (stops early in a gene)
    not_expected  not seen in DNA of that specimen either
    undecided     covered, but not well enough to tell
    not_covered   no fragment over the place

Limits: an allele's share of RNA is no share of cells. Reads are aligned to the reference, which costs those that carry
an indel near an exon's end. Places of RNA editing (A to G) that were called in DNA cannot be told from editing.
"""

from scipy import stats

from seriome.files import write_tsv

SEEN = 2  # fragments that make a variant expressed
SURE = 0.05  # chance of seeing fewer than SEEN, at the fraction of DNA, below which a variant counts as silent
COLUMNS = [
    *("patient", "sample", "variant", "gene", "name", "consequence", "dna_sample", "dna_vaf"),
    *("depth", "alt_count", "rna_vaf", "rna_vaf_lower", "rna_vaf_upper", "p_differs", "verdict"),
]


def in_rna(variants, samples, bams: dict, settings: dict) -> list[dict]:
    """Rows of COLUMNS: each variant that passes x each sample of RNA.

    variants   the dna stage's table of the patient
    samples    rows {patient, sample, timepoint, day} of RNA
    bams       {sample: path}, indexed
    settings   min_mapping_quality and min_base_quality of the config's `dna` section
    rna_vaf has Jeffreys' interval of 95 %; p_differs is the binomial test (two-sided) of RNA's fragments against the
    fraction in DNA, empty where there is none or nothing is covered
    """
    import pysam

    rows = []
    passed = variants[(variants["filter"] == "PASS") & (variants["specimen"] != "normal")]
    for about in samples:
        with pysam.AlignmentFile(str(bams[about["sample"]]), "rb") as bam:
            for name, own in passed.groupby("variant", sort=False):
                first = own.iloc[0]
                alt, depth = counted(bam, first["chrom"], first["pos"], first["ref"], first["alt"], settings)
                where, expected = _in_dna(own, about)
                lower, upper = _jeffreys(alt, depth)
                differs = None
                if depth and expected is not None:
                    differs = float(f"{stats.binomtest(alt, depth, expected).pvalue:.4g}")
                rows.append(
                    {"patient": about["patient"], "sample": about["sample"], "variant": name}
                    | {key: first[key] for key in ("gene", "name", "consequence")}
                    | {"dna_sample": where, "dna_vaf": expected, "depth": depth, "alt_count": alt}
                    | {"rna_vaf": round(alt / depth, 5) if depth else None}
                    | {"rna_vaf_lower": lower, "rna_vaf_upper": upper, "p_differs": differs}
                    | {"verdict": verdict(alt, depth, expected)}
                )
    return rows


def verdict(alt: int, depth: int, expected: float | None) -> str:
    if alt >= SEEN:
        return "expressed"
    if not depth:
        return "not_covered"
    if expected == 0:
        return "not_expected"
    if expected and stats.binom.cdf(SEEN - 1, depth, expected) <= SURE:
        return "silent"
    return "undecided"


def _in_dna(own, about: dict):
    """(sample, fraction) of a variant in DNA that its fraction in RNA is held against; (None, None) without reads."""
    own = own[own["vaf"].notna()]
    tumours = own[own["specimen"] != "plasma"]
    for rows in (
        own[own["sample"] == about["sample"]],
        tumours[tumours["timepoint"] == about["timepoint"]],
        tumours,
    ):
        if len(rows):
            best = rows.loc[rows["vaf"].idxmax()]
            return best["sample"], round(float(best["vaf"]), 5)
    return None, None


def _jeffreys(alt: int, depth: int):
    if not depth:
        return None, None
    lower = 0.0 if alt == 0 else float(stats.beta.ppf(0.025, alt + 0.5, depth - alt + 0.5))
    upper = 1.0 if alt == depth else float(stats.beta.ppf(0.975, alt + 0.5, depth - alt + 0.5))
    return round(lower, 5), round(upper, 5)


def counted(bam, chrom: str, pos: int, ref: str, alt: str, settings: dict) -> tuple[int, int]:
    """(fragments with the variant, fragments that cover it) in an open BAM; pos 1-based, as in VCF."""
    start, seen = pos - 1, {}
    if chrom not in bam.references:
        return 0, 0
    for read in bam.fetch(chrom, start, start + len(ref)):
        if read.flag & 0xF04 or read.mapping_quality < settings["min_mapping_quality"]:
            continue
        shown = _shows(read, start, ref, alt, settings["min_base_quality"])
        if shown is not None:
            seen.setdefault(read.query_name, set()).add(shown)
    told = [shown.pop() for shown in seen.values() if len(shown) == 1]
    return sum(told), len(told)


def _shows(read, start: int, ref: str, alt: str, least: int) -> bool | None:
    """True when a read shows the variant, False when it shows anything else, None when it does not cover all of it."""
    pairs = read.get_aligned_pairs()
    at = [n for n, (_, place) in enumerate(pairs) if place is not None and start <= place < start + len(ref)]
    if len(at) < len(ref) or pairs[at[0]][0] is None:
        return None
    behind = next((n for n in range(at[-1] + 1, len(pairs)) if pairs[n][1] is not None), None)
    if len(ref) != len(alt) and behind is None:
        return None
    inside = pairs[at[0] : behind if len(ref) != len(alt) else at[-1] + 1]
    if any(_skipped(read, start, start + len(ref))):
        return None
    query = [place for place, _ in inside if place is not None]
    bases = "".join(read.query_sequence[place] for place in query)
    if min(read.query_qualities[place] for place in query) < least:
        return None
    return bases == alt


def _skipped(read, start: int, end: int):
    """For each intron of an alignment whether it overlaps start..end."""
    place = read.reference_start
    for kind, size in read.cigartuples:
        if kind == 3:
            yield place < end and start < place + size
        if kind in (0, 2, 3, 7, 8):
            place += size


def write_variants(path, rows) -> None:
    write_tsv(path, rows, COLUMNS)


def as_features(rows, sample: str):
    """Rows for the feature store of one sample: kind `rna_variant`, the fraction of RNA's fragments with the variant.

    `below_lod` where none shows it; its lod is the fraction that would have shown SEEN fragments with 95 %.
    """
    import pandas as pd

    table = []
    for row in rows:
        if row["sample"] != sample or row["verdict"] == "not_covered":
            continue
        depth, alt = int(row["depth"]), int(row["alt_count"])
        table.append(
            {"kind": "rna_variant", "feature": row["variant"], "name": row["name"] or row["variant"], "unit": "vaf"}
            | {"value": alt / depth if alt else None, "state": "measured" if alt else "below_lod"}
            | {"lower": float(row["rna_vaf_lower"]) if alt else None}
            | {"upper": float(row["rna_vaf_upper"]) if alt else None, "lod": limit(depth)}
        )
    return pd.DataFrame(table)


def limit(depth: int) -> float | None:
    """The fraction that shows SEEN fragments or more of `depth` with a chance of 95 %; None where none does."""
    return float(stats.beta.ppf(1 - SURE, SEEN, depth - SEEN + 1)) if depth >= SEEN else None
