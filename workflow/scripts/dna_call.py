"""Read, call seriome, write. No science lives here."""

from seriome.dna import mutect2, phase, scatter
from seriome.dna.imports import variants_of
from seriome.dna.tables import CALLABLE_COLUMNS, ERROR_COLUMNS, call_patient, typed, write_table
from seriome.dna.tools import c_output_to, has_reads, read_contigs
from seriome.dna.vcf import write_vcf
from seriome.errors import DataError
from seriome.files import write_tsv
from seriome.ledger import Gaps
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log, c_output_to(snakemake.log[0]):
    source, out, gaps, samples = snakemake.input, snakemake.output, Gaps(), snakemake.params.samples
    bams = dict(zip(snakemake.params.reads, source.bams, strict=True))
    contigs = read_contigs(source.fai) if samples else {}
    vcfs = variants_of(snakemake.params.called, source.records, source.get("genome"), gaps, snakemake.wildcards.patient)
    vcfs |= mutect2.candidates(source.mutect2, source.get("genome"))
    with gaps.spoil(patient=snakemake.wildcards.patient, assay="dna", stage="dna"):
        normal = [row["sample"] for row in samples if row["specimen"] == "normal" and row["sample"] in bams]
        if len(bams) > len(normal) and not any(has_reads(bams[sample]) for sample in normal):
            raise DataError(
                "no_matched_normal",
                f"{snakemake.wildcards.patient} has no normal with DNA reads: its variants are less certain, some may "
                "be germline, and its copy number is not measured",
                "sequence a normal (blood, saliva, tissue far from the tumour) and add it as specimen normal",
            )
    if samples:
        reference = {key: source[key] for key in ("genome", "gff", "transcripts", "regions")}
        reference |= {key: source.get(key) or None for key in ("targets", "panel_of_normals", "population")}
        counted = scatter.gathered(source.counts)
        table, callable_bases, errors = call_patient(
            *(samples, bams, vcfs, reference, snakemake.params.settings), counted=counted, threads=snakemake.threads
        )
    else:
        table, callable_bases, errors = typed([]), {}, []
    log.info("%d rows, %s", len(table), table.groupby("filter")["variant"].nunique().to_dict())
    write_table(out.table, table)
    write_vcf(out.vcf, table, [row["sample"] for row in samples], contigs)
    rows = [{"sample": sample, "callable_bases": bases} for sample, bases in callable_bases.items()]
    write_tsv(out.callable, rows, CALLABLE_COLUMNS)
    write_tsv(out.errors, errors, ERROR_COLUMNS)
    write_tsv(out.phased, phase.phases(table, bams, snakemake.params.settings), phase.COLUMNS)
    gaps.write(out.gaps)
