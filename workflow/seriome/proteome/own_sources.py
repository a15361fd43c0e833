"""What the patient's own proteins are made of: tables of variants and fusions of dna, of fusions of rna."""

from seriome.dna import fused, hgvs
from seriome.files import read_tsv
from seriome.proteome.fusions import of_dna, of_rna, of_transcript
from seriome.proteome.own import KINDS, Product, of_variants, table_of
from seriome.rna import transcripts as rna_transcripts


def read_dna(variants, fusions, transcripts, gff, genome) -> list[Product]:
    """Products of the tables of the stage dna.

    variants     path of dna/variants/{patient}.parquet; fusions: path of dna/fusions/{patient}.tsv
    transcripts, gff, genome  dna/reference/transcripts.tsv, genes.gff3, genome.fa
    """
    import pandas as pd
    import pysam

    columns = ["variant", "pos", "ref", "alt", "gene", "transcript", "consequence", "name", "filter", "called"]
    table = pd.read_parquet(variants, columns=columns)
    table = table[(table["filter"] == "PASS") & table["called"]].drop_duplicates("variant").sort_values("variant")
    rows = table[table["consequence"].isin(KINDS)].to_dict("records")
    junctions = [row for row in read_tsv(fusions) if row["filter"] == "PASS" and row["five"] and row["three"]]
    genes = {row[key] for row in junctions for key in ("five", "three")}
    models = fused.models_of(read_tsv(transcripts), gff, genes)
    names = {row["transcript"] for row in rows if row["transcript"]}
    with pysam.FastaFile(str(genome)) as fasta:
        rulers = {name: hgvs.Ruler(model, fasta) for name, model in hgvs.read_models(gff, names).items()}
        by_gene = {gene: hgvs.Ruler(model, fasta) for gene, model in models.items()}
    return of_variants(rows, rulers) + of_dna(junctions, by_gene)


def read_rna(fusions, transcripts, sequences) -> list[Product]:
    """Products of the tables of the stage rna.

    fusions      paths of rna/fusions/{sample}.tsv; transcripts, sequences: rna/index/transcripts.tsv, transcripts.fa.gz
    """
    rows = [row for path in fusions for row in read_tsv(path) if row["filter"] == "PASS"]
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
    """Rows of own.table_of from what the rule was given: variants, fusions, transcripts, gff, genome of dna, where the
    patient has DNA; rna_fusions, rna_transcripts, rna_sequences, where the patient's RNA was aligned."""
    products = []
    if given.get("variants"):
        products += read_dna(given.variants, given.fusions, given.transcripts, given.gff, given.genome)
    if given.get("rna_fusions"):
        fusions = [given.rna_fusions] if isinstance(given.rna_fusions, str) else given.rna_fusions
        products += read_rna(fusions, given.rna_transcripts, given.rna_sequences)
    return table_of(products)
