"""Read, call seriome, write. No science lives here."""

from seriome.files import write_json
from seriome.logs import log_to

with log_to(snakemake.log[0]):
    write_json(snakemake.output[0], {"unit": str(snakemake.params.unit)})
