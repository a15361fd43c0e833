"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.files import read_json, write_json
from seriome.logs import log_to
from seriome.rna import library
from seriome.rna.align import open_index
from seriome.rna.transcripts import read_models, read_table

with log_to(snakemake.log[0]) as log:
    source, files = snakemake.input, snakemake.params.files
    info = read_json(source.info)
    record = library.of_sample(
        info,
        library.heads(files[info["units"][0]]) if info["units"] else [],
        pd.read_csv(source.abundance, sep="\t"),
        read_table(source.transcripts),
        read_models(source.transcripts),
        next(iter(source.bam), None),
        (source.foreign[0], open_index(source.index[0])) if source.foreign else None,
    )
    log.info("%s", record)
    write_json(snakemake.output[0], record)
