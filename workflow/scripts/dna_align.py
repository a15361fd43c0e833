"""Read, call seriome, write. No science lives here."""

from seriome.dna.align import adopt_bam, align_pairs, empty_bam
from seriome.dna.tools import c_output_to
from seriome.files import write_json
from seriome.intake import read_status
from seriome.ledger import Gaps
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log, c_output_to(snakemake.log[0]):
    unit, record = snakemake.params.unit, read_status(snakemake.input.record)
    genome, bam, names = snakemake.input.genome, snakemake.output.bam, {key: unit[key] for key in ("sample", "run")}
    gaps, counts = Gaps(), None
    with gaps.spoil(patient=unit["patient"], assay="dna", stage="dna", **names):
        if record["status"] != "ok":
            log.info("left out, as intake said: %s", record["reason"])
        elif unit["format"] == "bam":
            name = record["files"][0]["path"]
            counts = adopt_bam(genome, snakemake.input.files[0], bam, name=name, threads=snakemake.threads, **names)
        else:
            about = names | {"structure": unit.get("umi", ""), "host_genome": next(iter(snakemake.input.host), None)}
            about |= {"trim": snakemake.params.trim, "aligner": snakemake.params.aligner}
            counts = align_pairs(genome, list(snakemake.input.files), bam, threads=snakemake.threads, **about)
    if counts is None:
        empty_bam(bam, genome, **names)
    log.info("%s", counts)
    write_json(snakemake.output.counts, counts)
    gaps.write(snakemake.output.gaps)
