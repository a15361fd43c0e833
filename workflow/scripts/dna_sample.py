"""Read, call seriome, write. No science lives here."""

from seriome.dna import coverage, damage, evenness, host, trim
from seriome.dna.tools import c_output_to, read_bed, read_contigs
from seriome.errors import DataError
from seriome.files import read_json, write_json, write_tsv
from seriome.ledger import Gaps
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log, c_output_to(snakemake.log[0]):
    about, source, out, gaps = snakemake.params.about, snakemake.input, snakemake.output, Gaps()
    coverage.merge_and_mark(
        *(list(source.units), out.bam, source.genome),
        sample=about["sample"],
        umi=snakemake.params.umi,
        mark=snakemake.params.mark,
        threads=snakemake.threads,
    )
    stats = coverage.stats_text(out.bam)
    families = read_json(source.numbers) if source.get("numbers") else {}
    quality = coverage.quality(out.bam, stats, source.get("targets") or None) | families
    units = list(filter(None, map(read_json, source.counts)))
    quality |= host.summary(units) | trim.summary(units)
    genes = [(*place, gene) for *place, _, gene in read_bed(source.parts)]
    places, contigs = read_bed(source.targets) if source.get("targets") else genes, read_contigs(source.fai)
    even, by_target = evenness.evenness(out.bam, places, contigs, threads=snakemake.threads)
    quality |= even
    limits = snakemake.params.min_base_quality, snakemake.params.min_mapping_quality
    changes = damage.damage(out.bam, source.genome, read_bed(source.parts), *limits)
    quality |= damage.scores(changes)
    log.info("%s", quality)
    with gaps.spoil(patient=about["patient"], sample=about["sample"], assay="dna", stage="dna"):
        if families.get("molecules") and not families["consensus_molecules"]:
            raise DataError(
                "no_consensus",
                f"none of the {families['molecules']} molecules of {about['sample']} has enough reads for a consensus",
                "lower dna.consensus_min_reads, or set dna.consensus to single; see qc/*.families.tsv",
            )
        if not quality["mapped"]:
            raise DataError(
                "no_reads",
                f"{about['sample']} has no read on the genome ({quality['reads']} reads in {len(source.units)} units)",
                "see what intake says of its units; if they are whole, check that they are of this genome",
            )
    coverage.write_stats(out.stats, stats)
    write_json(out.quality, about | quality)
    write_tsv(out.damage, changes, damage.COLUMNS)
    coverage.write_coverage(
        out.coverage, coverage.gene_coverage(out.bam, source.parts, snakemake.params.min_mapping_quality)
    )
    evenness.write_targets(out.targets, by_target)
    gaps.write(out.gaps)
