"""Phase: do two mutations of a gene stand on one copy of it (cis) or on two (trans)? Fragments that cover both tell.

Of two mutations on one copy the younger stands only where the older does: nearly all fragments with the rarer one
show the other as well. On two copies, or in different cells, none does; which of these it is, only the clones' tree can
say. A fragment is read by both of its mates; where they disagree, or a base is neither of the two alleles, it tells
nothing. Fragments of all tumour samples of a patient count together. Positions are 1-based, as in VCF.

Why it is asked: EGFR T790M and C797S in trans respond to drugs of two generations together, in cis they do not
(Niederst et al. 2015, doi:10.1158/1078-0432.CCR-15-0560).
Limits   pairs farther apart than a fragment are not told; a copy lost after both mutations makes cis look like trans in
         the cells that lost it; an indel is seen as the aligner placed it
"""

from itertools import combinations

import pandas as pd
import pysam

from seriome.dna.neighbours import columns

COLUMNS = [
    *("mutation_id", "other_mutation_id", "gene", "name", "other_name"),
    *("both", "first_alone", "other_alone", "neither", "phase"),
]
SPAN = 600  # bases between two mutations within which a fragment may cover both
FEWEST = 3  # fragments that must show it
LINKED = 0.8  # share of the fragments with the rarer mutation that show both (cis), or do not (trans)
EDGE = 10  # bases of a read behind an indel without which it does not show that there is none


def phases(table: pd.DataFrame, bams: dict, settings: dict) -> list[dict]:
    """Rows of COLUMNS: every pair of passing mutations of one gene that lie within SPAN, in order of the genome.

    table      the variants of a patient, tables.COLUMNS
    bams       {sample: path of the BAM, indexed}; normals are not read
    settings   the config's `dna` section
    phase      cis, trans, or open: too few fragments, or some of both kinds
    """
    passed = table[(table["filter"] == "PASS") & table["gene"].notna()].drop_duplicates("variant")
    pairs = []
    for _, own in passed.sort_values(["chrom", "pos", "ref", "alt"], kind="stable").groupby(["gene", "chrom"]):
        rows = own[["variant", "gene", "name", "chrom", "pos", "ref", "alt"]].to_dict("records")
        pairs += [(a, b) for a, b in combinations(rows, 2) if b["pos"] - a["pos"] <= SPAN]
    wanted = {one["variant"]: one for pair in pairs for one in pair}
    tumours = table.loc[table["specimen"] != "normal", "sample"].unique()
    counts = {(a["variant"], b["variant"]): dict.fromkeys(((1, 1), (1, 0), (0, 1), (0, 0)), 0) for a, b in pairs}
    for sample in tumours if wanted else ():
        if sample not in bams:
            continue
        with pysam.AlignmentFile(bams[sample]) as bam:
            if not bam.has_index():
                continue
            shown = {name: alleles(bam, one, settings) for name, one in wanted.items()}
        for (first, other), found in counts.items():
            for fragment in shown[first].keys() & shown[other].keys():
                found[shown[first][fragment], shown[other][fragment]] += 1
    return [_row(a, b, counts[a["variant"], b["variant"]]) for a, b in pairs]


def phase_of(both: int, first: int, other: int) -> str:
    """cis, trans or open, from the fragments with both mutations and with one of them alone."""
    rarer = both + min(first, other)
    if both >= FEWEST and both >= LINKED * rarer:
        return "cis"
    if min(first, other) >= max(FEWEST, LINKED * rarer):
        return "trans"
    return "open"


def _row(a: dict, b: dict, found: dict) -> dict:
    both, first, other, neither = (found[key] for key in ((1, 1), (1, 0), (0, 1), (0, 0)))
    return {
        **{"mutation_id": a["variant"], "other_mutation_id": b["variant"], "gene": a["gene"]},
        **{"name": a["name"], "other_name": b["name"]},
        **{"both": both, "first_alone": first, "other_alone": other, "neither": neither},
        "phase": phase_of(both, first, other),
    }


def alleles(bam, one: dict, settings: dict) -> dict[str, int]:
    """{fragment: 1 with the mutation, 0 without}; of an open file and a row with chrom, pos, ref, alt."""
    found, unsure = {}, set()
    for read, at in columns(bam, one["chrom"], int(one["pos"]), settings["min_mapping_quality"]):
        record = read.alignment
        has = _has(record, read.indel, at, one["ref"], one["alt"], settings["min_base_quality"])
        if has is None or found.setdefault(record.query_name, has) != has:
            unsure.add(record.query_name)
    return {name: has for name, has in found.items() if name not in unsure}


def _has(record, indel: int, at: int, ref: str, alt: str, min_base_quality: int) -> int | None:
    """Does a read show the mutation, whose first base is the read's at `at`? None: it cannot be told."""
    if record.query_qualities[at] < min_base_quality:
        return None
    if len(ref) != len(alt):
        if indel == len(alt) - len(ref):
            return 1
        return 0 if not indel and at + EDGE < record.query_alignment_end else None
    bases = record.query_sequence[at : at + len(alt)]
    return {alt: 1, ref: 0}.get(bases)
