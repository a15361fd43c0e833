"""Read, call seriome, write. No science lives here."""

import pandas as pd

from seriome.features.multimodal import OBS, as_mudata, write_mudata
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log:
    samples = pd.DataFrame(snakemake.params.samples, columns=["sample", *OBS])
    cohort = as_mudata(dict(snakemake.input.items()), samples)
    log.info("%s", cohort)
    write_mudata(snakemake.output[0], cohort)
