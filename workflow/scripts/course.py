"""Read, call seriome, write. No science lives here."""

from seriome.course.table import course, write_course
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log:
    sheets = {name: snakemake.params[name] for name in ("samples", "treatments", "clinical")}
    table = course(snakemake.wildcards.patient, **sheets)
    write_course(snakemake.output[0], table)
    log.info("%d rows", len(table))
