"""What is known of a patient's variants, fusions and amplifications: drugs, whether they work, and who showed it.

Two tables are asked: the project's own (`seriome.known`, which says how a row fits), every row of it compared with its
source, and, where the user names it, CIViC's nightly file of evidence items (`ClinicalEvidenceSummaries`), as it was up
to 2022 (columns gene, variant, drugs) or as it is since (molecular_profile, therapies).
    variants         that pass; a `reversion` is one that may restore what another, inherited or not, truncates
    fusions          junctions that pass and may drive (fusions.drives)
    amplifications   AMPLIFIED copies per cancer cell where the sample's purity is stated; else twice the reads that two
                     copies give, for sure (DOUBLED, lower bound of log2), which is four copies or more at any purity
Evidence of any `Mutation` of a gene is not matched: most changes would inherit what few of them do. Nor is that of
several variants together (AND, OR, NOT), of expression, or of a loss of copies.
Sources  Griffith et al. 2017, Nat Genet 49:170, doi:10.1038/ng.3774 (CIViC); six copies: Wolff et al. 2018, J Clin
         Oncol 36:2105, doi:10.1200/JCO.2018.77.8738 (ERBB2, where reads are of the gene alone)
"""

import re

import pandas as pd

from seriome.errors import InputError
from seriome.files import read_tsv, write_tsv
from seriome.known import CUT, MATCHES, fit, rows_of, rows_of_kind

COLUMNS = [
    *("variant", "name", "source", "match", "known_as", "drug", "disease", "effect", "direction", "level"),
    *("pmid", "evidence"),
]
AMPLIFIED, DOUBLED = 6, 1.0
BACK_IN_FRAME = 150  # bases: of random stretches of 50 codons one in eleven has no stop
FUSION_WORDS = {"fusion", "fusions", "rearrangement"}


def read_civic(path) -> list[dict]:
    """Predictive evidence items of one gene's variant: gene known_as drug disease effect direction level pmid evidence.

    Accepted ones where the file says which are; flagged ones are left out. pmid is empty where the source is not in
    PubMed.
    Raises    InputError where the file has the columns of neither form
    """
    rows = read_tsv(path)
    columns = set(rows[0]) if rows else set()
    profile, old = "molecular_profile" in columns, {"gene", "variant"} <= columns
    drug = next((name for name in ("therapies", "drugs") if name in columns), None)
    effect = next((name for name in ("significance", "clinical_significance") if name in columns), None)
    pmid = next((name for name in ("pmid", "pubmed_id", "citation_id") if name in columns), None)
    if not (profile or old) or None in (drug, effect, pmid) or "evidence_level" not in columns:
        raise InputError(
            f"reference.civic {path}: not CIViC's file of evidence items (molecular_profile or gene and variant, "
            "therapies or drugs, significance, evidence_level, citation_id)"
        )
    found = []
    for row in rows:
        gene, known_as = (row["molecular_profile"].partition(" ")[::2]) if profile else (row["gene"], row["variant"])
        if (
            row.get("evidence_type", "Predictive") != "Predictive"
            or row.get("evidence_status", "accepted") != "accepted"
            or row.get("is_flagged", "").lower() == "true"
            or re.search(r"\b(AND|OR|NOT)\b", known_as)
            or not row[drug]
        ):
            continue
        about = {"gene": gene, "known_as": known_as, "drug": row[drug], "disease": row.get("disease", "")}
        about |= {"effect": row[effect], "direction": row.get("evidence_direction", ""), "level": row["evidence_level"]}
        in_pubmed = row.get("source_type", "PubMed") in ("PubMed", "")
        about |= {"pmid": row[pmid] if in_pubmed else "", "evidence": row.get("evidence_id", "")}
        found.append(about)
    return found


def of_patient(variants: pd.DataFrame, civic=(), fusions=(), copy_number=None) -> list[dict]:
    """Rows of COLUMNS: everything known of what was found in a patient, best match and level first.

    variants      table of variants of a patient
    civic         rows of read_civic
    fusions       rows of fusions.COLUMNS
    copy_number   table of copy number per sample and gene; None without one
    """
    by_gene = {}
    for row in civic:
        by_gene.setdefault(row["gene"].rpartition("::")[2], []).append(row)
        if "::" in row["gene"]:
            by_gene.setdefault(row["gene"].partition("::")[0], []).append(row)
    result = [*_of_variants(variants, by_gene)]
    for gene in sorted(amplified(copy_number)):
        same = [row | {"match": "class"} for row in by_gene.get(gene, ()) if row["known_as"].lower() == "amplification"]
        result += _ranked({"variant": gene, "name": f"{gene} amplification"}, rows_of_kind(gene, "amplification"), same)
    result += _of_fusions(fusions, by_gene)
    return result


def _of_variants(variants, by_gene):
    passed = variants[variants["filter"] == "PASS"].drop_duplicates("variant")
    restored = reversions(variants)
    for one in passed.to_dict("records"):
        change = "" if pd.isna(one["hgvs_p"]) else one["hgvs_p"].removeprefix("p.")
        exon = one["exon"]
        ours = rows_of(str(one["name"]), one["consequence"], exon)
        if one["variant"] in restored:
            ours += [
                row | {"alteration": f"reversion of {restored[one['variant']]}"}
                for row in rows_of_kind(one["gene"], "reversion")
            ]
        theirs = [
            row | {"match": how}
            for row in by_gene.get(one["gene"], ())
            if (how := fit(change, one["consequence"], row["known_as"], exon))
        ]
        yield from _ranked({"variant": one["variant"], "name": one["name"]}, ours, theirs)


def _of_fusions(fusions, by_gene):
    told = set()
    for one in fusions:
        key = one["fusion"], one["name"]
        if one["filter"] != "PASS" or str(one["drives"]) != "1" or key in told:
            continue
        told.add(key)
        five, three = one["five"], one["three"]
        genes = dict.fromkeys((five, three))
        theirs = [
            row | {"match": how} for gene in genes for row in by_gene.get(gene, ()) if (how := joins(row, five, three))
        ]
        theirs = list({tuple(row.items()): row for row in theirs}.values())
        ours = [row for gene in genes for row in rows_of_kind(gene, "fusion")]
        yield from _ranked({"variant": one["fusion"], "name": one["name"]}, ours, theirs)


def _ranked(key: dict, ours, theirs) -> list[dict]:
    about = ("match", "drug", "disease", "effect", "level", "pmid")
    found = [
        key
        | {name: row[name] for name in about}
        | {"source": "seriome", "known_as": row["alteration"], "direction": "Supports", "evidence": row["source"]}
        for row in ours
    ]
    found += [key | {name: row[name] for name in row if name != "gene"} | {"source": "civic"} for row in theirs]
    return sorted(found, key=_rank)


def joins(row: dict, five: str, three: str) -> str | None:
    """How evidence fits a fusion of `five` and `three`: `variant` where it names both, `class` where one; else None.

    Up to 2022 CIViC had the pair, or `FUSION`, as a variant of the gene, since then as its feature: `v::ALK Fusion`,
    where v stands for any partner.
    """
    pair = row["gene"] if "::" in row["gene"] else row["known_as"].split(" ")[0]
    if "::" in pair:
        first, second = pair.split("::")[:2]
        second = {"ABL": "ABL1"}.get(second, second)
        if first not in ("v", five) or second not in ("v", three):
            return None
        return "class" if "v" in (first, second) else "variant"
    word = row["known_as"].lower().removeprefix(f"{row['gene'].lower()} ")
    return "class" if row["gene"] in (five, three) and word in FUSION_WORDS else None


def amplified(copy_number) -> set[str]:
    """Genes that are amplified in a sample of the table of copy number."""
    if copy_number is None or not len(copy_number):
        return set()
    copies = (
        copy_number["total_copies"] if "total_copies" in copy_number else pd.Series(float("nan"), copy_number.index)
    )
    known = copies.notna()
    high = (known & (copies >= AMPLIFIED)) | (~known & (copy_number["lower"] >= DOUBLED))
    return set(copy_number.loc[high & (copy_number["state"] == "measured"), "gene"])


def reversions(variants: pd.DataFrame) -> dict[str, str]:
    """{variant that passes: name of the truncating one of the same gene that it may undo}.

    A frameshift is undone by another change of length nearby that brings the frame back, a frameshift or a stop by a
    loss in frame that takes its place away, a stop by another change of its residue. Whether the stretch read in
    another frame between two of them holds a stop, and whether both lie on one chromosome, is not looked at.
    """
    found = {}
    kept = variants[variants["filter"].isin(["PASS", "germline"]) & variants["gene"].notna()]
    for _, rows in kept.drop_duplicates("variant").groupby("gene", sort=True):
        rows = rows.to_dict("records")
        for lost in (one for one in rows if one["consequence"] in CUT):
            for other in rows:
                if other["filter"] == "PASS" and other is not lost and _undoes(other, lost):
                    found.setdefault(other["variant"], str(lost["name"]))
    return found


def _undoes(other: dict, lost: dict) -> bool:
    longer, shift = len(other["alt"]) - len(other["ref"]), len(lost["alt"]) - len(lost["ref"])
    if lost["consequence"] == "frameshift_variant" and other["consequence"] == "frameshift_variant":
        return (longer + shift) % 3 == 0 and abs(other["pos"] - lost["pos"]) <= BACK_IN_FRAME
    if longer < 0 and longer % 3 == 0:
        return other["pos"] < lost["pos"] <= other["pos"] + len(other["ref"]) - 1
    residues = [re.match(r"p\.[A-Z](\d+)", str(one["hgvs_p"])) for one in (other, lost)]
    missense = other["consequence"] == "missense_variant" and lost["consequence"] == "stop_gained"
    return missense and all(residues) and residues[0][1] == residues[1][1]


def _rank(row: dict) -> tuple:
    number = int(row["evidence"]) if row["evidence"].isdigit() else 0
    return MATCHES.index(row["match"]), row["level"], row["source"] != "seriome", row["drug"], number, row["known_as"]


def write_meaning(path, rows) -> None:
    write_tsv(path, rows, COLUMNS)
