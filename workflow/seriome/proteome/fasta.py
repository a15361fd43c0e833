"""The proteins that are searched for."""

import re
from dataclasses import dataclass

from seriome.errors import InputError
from seriome.files import open_text, read_tsv

CONTAMINANT = "CON_"  # before the accessions of contaminants


@dataclass(frozen=True)
class Protein:
    """gene: the GN= of the header, or the accession where it has none; sequence: upper case, without stop."""

    accession: str
    gene: str
    sequence: str


def read_fasta(path) -> dict[str, Protein]:
    """The proteins of a FASTA (plain or .gz) by accession, in the order of the file.

    The accession of `>sp|P00533|EGFR_HUMAN ...` is P00533, of any other header its first word.
    Raises InputError: no protein, an accession that stands twice with different sequences
    """
    proteins = {}
    with open_text(path) as file:
        for record in re.split(r"^>", file.read(), flags=re.MULTILINE)[1:]:
            header, _, body = record.partition("\n")
            first = header.split(maxsplit=1)[0] if header.strip() else ""
            parts = first.split("|")
            accession = parts[1] if len(parts) >= 3 and parts[1] else first
            gene = re.search(r"\bGN=(\S+)", header)
            protein = Protein(
                accession, gene.group(1) if gene else accession, re.sub(r"[\s*]", "", body).upper().replace("-", "")
            )
            if proteins.setdefault(accession, protein).sequence != protein.sequence:
                raise InputError(f"{path}: accession {accession!r} stands twice with different sequences")
    proteins = {accession: protein for accession, protein in proteins.items() if protein.sequence and accession}
    if not proteins:
        raise InputError(f"{path} holds no protein: `reference.proteins` must be a FASTA of amino acid sequences")
    return proteins


def read_contaminants(path) -> dict[str, Protein]:
    """What gets into a sample by the laboratory, by accession behind CON_.

    path   a FASTA; or a table of tryptic peptides (.tsv: accession, name, organism, peptide), those of an accession
           joined to one sequence, which trypsin takes apart again
    """
    if not str(path).endswith(".tsv"):
        return {
            CONTAMINANT + name: Protein(CONTAMINANT + name, one.gene, one.sequence)
            for name, one in read_fasta(path).items()
        }
    peptides, names = {}, {}
    for row in read_tsv(path):
        peptides.setdefault(row["accession"], []).append(row["peptide"])
        names[row["accession"]] = row["name"]
    return {
        CONTAMINANT + accession: Protein(
            CONTAMINANT + accession, names[accession], "".join(sorted(own, key=lambda one: (one[-1] not in "KR", one)))
        )
        for accession, own in peptides.items()
    }
