"""The quality page: what MultiQC is given, its run in a folder of its own, and its page made fit for offline use.

MultiQC: Ewels et al. 2016, Bioinformatics 32:3047, doi:10.1093/bioinformatics/btw354
"""

import base64
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from seriome.report.words import ASSAY_NAMES, humane

CONFIG = Path(__file__).with_name("multiqc.yaml")
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob:; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:; connect-src 'none'; form-action 'none'"
)
KEYS = ("sample", "run", "patient", "assay", "timepoint", "day")  # they name the row already
UUID = "00000000-0000-4000-8000-000000000000"


def units_section(records: list[dict]) -> dict:
    """MultiQC's custom content of intake: a row per raw file set, whether it is whole and how much it holds.

    records  the jsons of intake: assay, sample, run, format, status, reason, records, files
    """
    rows = {}
    for record in sorted(records, key=lambda r: (r["assay"], r["sample"], r["run"])):
        size = sum(file.get("bytes") or 0 for file in record.get("files") or [])
        rows[f"{record['sample']} {record['assay']} {record['run']}"] = {
            "assay": ASSAY_NAMES.get(record["assay"], record["assay"]),
            "format": record.get("format") or "",
            "status": "whole" if record["status"] == "ok" else f"gap: {humane(record.get('reason'))}",
            "records": record.get("records") or 0,
            "megabytes": round(size / 1e6, 3),
        }
    about = "Every raw file set, read through once: reads, spectra or rows, and whether the file is whole."
    section = table_section("intake", "Raw files", about, rows)
    section["headers"] |= {
        "records": {"title": "records", "format": "{:,.0f}"},
        "megabytes": {"title": "MB", "format": "{:,.2f}"},
    }
    return section


def gene_body_section(records: dict[str, dict]) -> dict:
    """MultiQC's custom content of the coverage of genes from 5' to 3': a line per RNA library."""
    lines = {
        name: {round(100 * (n + 0.5) / len(parts), 1): part for n, part in enumerate(parts)}
        for name, record in sorted(records.items())
        if (parts := record.get("gene_body"))
    }
    about = "Coverage along transcripts, mean 1, from 5' (0 %) to 3' (100 %). Degraded RNA leans to its 3' end."
    title = {"id": "seriome_gene_body_plot", "title": "Seriome: coverage along genes", "ylab": "coverage, mean 1"}
    return {
        "id": "seriome_gene_body",
        "section_name": "RNA: coverage along genes",
        "description": about,
        "plot_type": "linegraph",
        "pconfig": title | {"xlab": "% of the transcript"},
        "data": lines,
    }


def assay_section(assay: str, records: dict[str, dict]) -> dict:
    """MultiQC's custom content of an assay: a row per sample or injection, a column per number of its QC record.

    records  {row: flat or nested dict}; nested keys are joined, lists and paths are left out
    """
    rows = {}
    for name, record in sorted(records.items()):
        cells = {key: cell for key, cell in _flat(record) if cell is not None}
        rows[name] = cells
    name = ASSAY_NAMES[assay]
    return table_section(assay, name, f"Numbers of the {name.lower()} stage, one row per sample or injection.", rows)


def pools_section(note: dict, removed: dict[str, int]) -> dict:
    """MultiQC's custom content of the metabolome's pools: a row per batch, and one for the study.

    note     of the stage's constants: pools, batches, median_cv_raw, median_cv, median_cv_predicted (shares)
    removed  {reason: features removed}
    """
    rows = {f"batch {name or '(not named)'}": dict(batch) for name, batch in note.get("batches", {}).items()}
    whole = {f"{key}_percent": round(100 * note[key], 1) for key in note if key.startswith("median_cv") and note[key]}
    whole |= {f"removed_{reason}": count for reason, count in sorted(removed.items())}
    if rows:
        rows["study"] = {"pools": note["pools"]} | whole
    about = (
        "Pooled quality controls: how drift was taken off, and the coefficient of variation of a feature in them, as "
        "measured, corrected, and of each pool predicted by the others; medians over the features that were kept."
    )
    return table_section("metabolome_pools", "Metabolome: pools", about, rows)


def table_section(ident: str, title: str, about: str, rows: dict) -> dict:
    """MultiQC's custom content of one table: {row: {column: cell}}."""
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    return {
        "id": f"seriome_{ident}",
        "section_name": title,
        "description": about,
        "plot_type": "table",
        "pconfig": {"id": f"seriome_{ident}_table", "title": f"Seriome: {title}", "no_violin": True},
        "headers": {column: _header(column, rows) for column in columns},
        "data": rows,
    }


def _header(column: str, rows: dict) -> dict:
    """Title and format of a column: whole numbers whole, others with three digits that count."""
    cells = [row[column] for row in rows.values() if column in row]
    broken = any(isinstance(cell, float) and cell != int(cell) for cell in cells)
    return {"title": column.replace("_", " "), "format": "{:,.3g}" if broken else "{:,.0f}"}


def _flat(record: dict, above: str = ""):
    for key, value in record.items():
        name = f"{above}{key}"
        if isinstance(value, dict):
            yield from _flat(value, f"{name}_")
        elif isinstance(value, bool):
            yield name, "yes" if value else "no"
        elif isinstance(value, int | float | str) and "/" not in str(value) and name not in KEYS:
            yield name, value


def quality_page(sections: list[dict], files: dict[str, str]) -> str:
    """MultiQC's page over these sections and files, as text.

    sections  custom content (`units_section`, `assay_section`); one without rows is left out
    files     {name in the run: path}: `samtools stats` as {sample}.stats, kallisto's log as {sample}.log; what lies
              there under the name is the sample's name in the page
    The clock and the random number of MultiQC are taken out of the page, and a policy is put in that forbids it to
    load or send anything, so that equal input gives equal bytes and the page works without a network.
    Raises RuntimeError with MultiQC's own words when it writes no page
    """
    with tempfile.TemporaryDirectory(prefix="seriome-multiqc-") as folder:
        given, home = Path(folder) / "qc", Path(folder) / "home"
        given.mkdir()
        home.mkdir()
        for section in sections:
            if section["data"]:
                text = json.dumps(section, sort_keys=False)
                (given / f"{section['id']}_mqc.json").write_text(text, encoding="utf-8")
        for name, path in sorted(files.items()):
            shutil.copyfile(path, given / name)
        shutil.copyfile(CONFIG, home / "multiqc.yaml")
        command = [sys.executable, "-m", "multiqc", "qc", "--config", "home/multiqc.yaml", "--outdir", "out"]
        command += ["--filename", "multiqc.html", "--no-data-dir", "--no-version-check", "--no-ai", "--no-ansi"]
        environment = dict(os.environ, HOME=str(home), PYTHONHASHSEED="0", MPLCONFIGDIR=str(home))
        environment.pop("MULTIQC_CONFIG_PATH", None)
        run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        print(run.stdout, run.stderr, sep="")
        page = Path(folder) / "out" / "multiqc.html"
        if run.returncode or not page.is_file():
            raise RuntimeError(f"MultiQC ended with code {run.returncode} and no page:\n{run.stdout}{run.stderr}")
        return _fixed(page.read_text(encoding="utf-8"))


def _fixed(page: str) -> str:
    """The page without its random number and its clock, forbidden to reach out."""
    page = re.sub(r'reportUuid = "[0-9a-f-]{36}"', f'reportUuid = "{UUID}"', page)
    page = re.sub(r'configCreationDate = "[^"]*"', 'configCreationDate = ""', page)
    page = re.sub(r'(id="mqc_compressed_plotdata">)([^<]+)(<)', lambda m: m[1] + _packed(m[2]) + m[3], page)
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    style = "<style>#mqc_welcome{display:none!important}</style>"  # an invitation to a video that cannot be reached
    return page.replace("<head>", f"<head>\n{policy}\n{style}", 1)


def _packed(data: str) -> str:
    """MultiQC's compressed data with a gzip header that has no time."""
    return base64.b64encode(gzip.compress(gzip.decompress(base64.b64decode(data)), mtime=0)).decode()
