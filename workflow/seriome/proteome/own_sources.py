"""What the patient's own proteins are made of: tables of variants and fusions of dna, of fusions of rna.

A sample that is of another person (`dna/identity`, `rna/identity`) makes nothing.
"""

from seriome.dna import fused, hgvs
from seriome.dna.verdicts import held, hold_out
from seriome.files import read_tsv
from seriome.proteome.fusions import of_dna, of_rna, of_transcript
from seriome.proteome.own import KINDS, Product, of_variants, table_of
from seriome.rna import transcripts as rna_transcripts


def read_dna(variants, fusions, identity, transcripts, gff, genome) -> list[Product]:
    """Products of the tables of the stage dna.

    variants     path of dna/variants/{patient}.parquet; fusions, identity: dna/fusions/, dna/identity/{patient}.tsv
    transcripts, gff, genome  dna/reference/transcripts.tsv, genes.gff3, genome.fa
    """
    import pandas as pd
    import pysam

    columns = ["variant", "sample", "pos", "ref", "alt", "gene", "transcript", "consequence", "name"]
    table = pd.read_parquet(variants, columns=[*columns, "filter", "called"])
    whose = read_tsv(identity)
    table, lost = hold_out(table, whose)
    table = table[(table["filter"] == "PASS") & table["called"]].drop_duplicates("variant").sort_values("variant")
    rows = table[table["consequence"].isin(KINDS)].to_dict("records")
    others = held(whose)
    junctions = [
        row
        for row in ([] if lost else read_tsv(fusions))
        if row["filter"] == "PASS" and row["five"] and row["three"]
        if row["state"] == "measured" and row["sample"] not in others
    ]
    genes = {row[key] for row in junctions for key in ("five", "three")}
    models = fused.models_of(read_tsv(transcripts), gff, genes)
    names = {row["transcript"] for row in rows if row["transcript"]}
    with pysam.FastaFile(str(genome)) as fasta:
        rulers = {name: hgvs.Ruler(model, fasta) for name, model in hgvs.read_models(gff, names).items()}
        by_gene = {gene: hgvs.Ruler(model, fasta) for gene, model in models.items()}
    return of_variants(rows, rulers) + of_dna(junctions, by_gene)


def read_rna(fusions, transcripts, sequences, identity=None) -> list[Product]:
    """Products of the tables of the stage rna.

    identity     path of rna/identity/{patient}.tsv, None where RNA has another genome than DNA and nobody compares them
    fusions      paths of rna/fusions/{sample}.tsv; transcripts, sequences: rna/index/transcripts.tsv, transcripts.fa.gz
    """
    others = held(read_tsv(identity)) if identity else ()
    rows = [row for path in fusions for row in read_tsv(path) if row["filter"] == "PASS"]
    rows = [row for row in rows if row["sample"] not in others]
    names = {row[key] for row in rows for key in ("transcript5", "transcript3")}
    if not names:
        return []
    texts = {name: text for name, text in rna_transcripts.read_contigs(sequences) if name in names}
    models = rna_transcripts.read_models(transcripts)
    return of_rna(
        rows,
        {
            one.transcript_id: of_transcript(one, texts[one.transcript_id])
            for one in models
            if one.transcript_id in texts
        },
    )


def read_sources(given) -> list[dict]:
    """Rows of own.table_of from what the rule was given.

    variants, fusions, identity, transcripts, gff, genome (of dna)   where the patient has DNA
    rna_fusions, rna_transcripts, rna_sequences                      where the patient's RNA was aligned
    rna_identity                                                     where it was compared with DNA
    """
    products = []
    if given.get("variants"):
        products += read_dna(given.variants, given.fusions, given.identity, given.transcripts, given.gff, given.genome)
    if given.get("rna_fusions"):
        fusions = [given.rna_fusions] if isinstance(given.rna_fusions, str) else given.rna_fusions
        products += read_rna(fusions, given.rna_transcripts, given.rna_sequences, given.get("rna_identity"))
    return table_of(products)
