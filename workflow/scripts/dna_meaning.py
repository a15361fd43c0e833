"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.dna import meaning
from seriome.files import read_tsv
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log:
    source = snakemake.input
    civic = meaning.read_civic(source.civic) if source.get("civic") else []
    copies = pd.read_parquet(source.copy_number)
    rows = meaning.of_patient(pd.read_parquet(source.variants), civic, read_tsv(source.fusions), copies)
    log.info("%d rows, of %d evidence items of CIViC", len(rows), len(civic))
    meaning.write_meaning(snakemake.output[0], rows)
