"""What is known of a patient's variants: drugs, whether they work, and who showed it.

Two tables are asked: the project's own small one (`seriome.known`), every row of it checked by hand, and, where the
user names it, CIViC's nightly file of evidence items (`ClinicalEvidenceSummaries`), as it was up to 2022 (columns gene,
variant, drugs) or as it is since (molecular_profile, therapies). A variant is matched by its name, or more loosely:
    variant   the same change of the protein, `EGFR L858R`
    codon     another change of the same residue, where the evidence is of the residue: `BRAF V600`
    class     a stop or a frameshift, where the evidence is of truncating mutations; a deletion or insertion in frame,
              where it is of those of the exon: `EGFR Exon 19 Deletion`
Evidence of any `Mutation` of a gene is not matched: most changes would inherit what few of them do. Nor is that of
several variants together (AND, OR, NOT), of any mutation of an exon, of fusions, expression or copy number.
Source  Griffith et al. 2017, Nat Genet 49:170, doi:10.1038/ng.3774
"""

import re

import pandas as pd

from seriome.errors import InputError
from seriome.files import read_tsv, write_tsv
from seriome.known import rows_of

COLUMNS = [
    *("variant", "name", "source", "match", "known_as", "drug", "disease", "effect", "direction", "level"),
    *("pmid", "evidence"),
]
MATCHES = ("variant", "codon", "class")
TRUNCATING = {"truncating mutation", "truncating", "loss-of-function", "loss of function", "frameshift truncation"}
FRAMESHIFT = {"frameshift", "frameshift mutation"}


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


IN_FRAME = {"deletion": "inframe_deletion", "insertion": "inframe_insertion"}


def match(change: str, consequence: str, known_as: str, exon: int | None = None) -> str | None:
    """How a change of the protein (`L858R`) fits what evidence is of (`V600`, `Truncating Mutation`), if at all.

    consequence    Sequence Ontology term; exon: number of the exon, None outside
    """
    text = re.sub(r"\s*\(.*\)$", "", known_as).strip()
    if change and text == change:
        return "variant"
    if re.fullmatch(r"[A-Z]\d+", text) and re.fullmatch(rf"{text}[A-Z]", change):
        return "codon"
    of_exon = re.fullmatch(r"exon (\d+) (deletion|insertion)", text.lower())
    if of_exon and exon is not None and int(of_exon[1]) == exon:
        shorter = of_exon[2] == "deletion" and "delins" in change and consequence == "protein_altering_variant"
        return "class" if shorter or consequence == IN_FRAME[of_exon[2]] else None
    word, cut = text.lower(), consequence in ("stop_gained", "frameshift_variant")
    if (cut and word in TRUNCATING) or (consequence == "frameshift_variant" and word in FRAMESHIFT):
        return "class"
    return None


def of_patient(variants: pd.DataFrame, civic=()) -> list[dict]:
    """Rows of COLUMNS: every variant that passes with everything known of it, best match and level first.

    variants    table of variants of a patient
    civic       rows of read_civic
    """
    by_gene = {}
    for row in civic:
        by_gene.setdefault(row["gene"], []).append(row)
    passed = variants[variants["filter"] == "PASS"].drop_duplicates("variant")
    result = []
    for one in passed[["variant", "gene", "consequence", "hgvs_p", "name", "exon"]].to_dict("records"):
        change = "" if pd.isna(one["hgvs_p"]) else one["hgvs_p"].removeprefix("p.")
        key, found = {"variant": one["variant"], "name": one["name"]}, []
        for row in rows_of(str(one["name"])):
            about = {name: row[name] for name in ("drug", "disease", "effect", "level", "pmid")}
            how = "variant" if row["protein_change"] == change else "class"
            about |= {"source": "seriome", "match": how, "known_as": row["protein_change"], "direction": "Supports"}
            found.append(key | about | {"evidence": row["civic_evidence"]})
        for row in by_gene.get(one["gene"], ()):
            how = match(change, one["consequence"], row["known_as"], None if pd.isna(one["exon"]) else one["exon"])
            if how:
                found.append(
                    key | {name: row[name] for name in row if name != "gene"} | {"source": "civic", "match": how}
                )
        order = [MATCHES.index(row["match"]) for row in found]
        ranked = sorted(zip(order, found, strict=True), key=lambda pair: (pair[0], *_rank(pair[1])))
        result += [row for _, row in ranked]
    return result


def _rank(row: dict) -> tuple:
    number = int(row["evidence"]) if row["evidence"].isdigit() else 0
    return row["level"], row["source"] != "seriome", row["drug"], number


def write_meaning(path, rows) -> None:
    write_tsv(path, rows, COLUMNS)
