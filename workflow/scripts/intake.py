"""Read, call seriome, write. No science lives here."""

from pathlib import Path

from seriome.files import write_json
from seriome.intake import check_unit
from seriome.logs import log_to

with log_to(snakemake.log[0]) as log:
    unit, data = dict(snakemake.params.unit), Path(snakemake.params.data)
    for column in {"path1", "path2", "path3"} & set(unit):  # named as in the sheet: from the data folder
        path = Path(unit[column])
        unit[column] = str(path.relative_to(data)) if path.is_relative_to(data) else str(path)
    record = check_unit(unit, snakemake.input.files)
    log.info("%s %s %s", record["status"], record["reason"], record["detail"])
    write_json(snakemake.output[0], record)
