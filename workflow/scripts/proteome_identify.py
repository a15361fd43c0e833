"""Read, call seriome, write. No science lives here."""

from seriome.files import read_tsv, write_json, write_tsv
from seriome.ledger import Gaps
from seriome.logs import log_to
from seriome.proteome import evidence, own
from seriome.proteome.fasta import read_contaminants, read_fasta
from seriome.proteome.identify import judged_by_run, prepared, refuse_none, taken_from, with_variants
from seriome.proteome.quantity import quality
from seriome.proteome.tables import plain, read_table, write_table

with log_to(snakemake.log[0]) as log:
    settings, given, gaps = dict(snakemake.params.settings), snakemake.input, Gaps()
    psms, note = read_table(given.psms)
    if given.pooled:
        pooled, pool_note = read_table(given.pooled[0])
        table, told, learned = taken_from(pooled, psms), {}, pool_note["rescored"]
        level = pool_note["decided_by"]
    else:
        psms, learned = prepared(psms, settings)
        table, told = judged_by_run(psms, settings)
        level = None
    rows = own.typed(read_tsv(given.own))
    known = read_fasta(given.proteins) | (read_contaminants(given.contaminants) if given.contaminants else {})
    table, variants = with_variants(table, rows, own.reference_text(known, rows), note["share"], settings)
    log.info(
        "rescored: %s; %d of %d matches to own proteins reported", learned, variants["reported"].sum(), len(variants)
    )
    qc = {}
    for unit in map(dict, snakemake.params.units):
        name, key = f"{unit['sample']} {unit['run']}", (unit["sample"], unit["run"])
        mine = table[(table["sample"] == unit["sample"]) & (table["run"] == unit["run"])]
        decided, problem = told.get(key, (level, None))
        about = {key: unit[key] for key in ("patient", "sample", "assay", "run")}
        if note["runs"][name]["searched"] and unit["sample"] not in snakemake.params.blanks:
            with gaps.spoil(**about, stage="proteome"):
                refuse_none(mine, problem, settings)
        described = {key: value for key, value in note["runs"][name].items() if key != "searched"}
        ms2 = described.get("spectra", {}).get("ms2")
        qc[name] = described | quality(mine, decided) | {"rescored": learned}
        qc[name]["identified_share"] = round(qc[name]["psms_at_fdr"] / ms2, 4) if ms2 else None
    write_table(snakemake.output.identified, table, {"runs": note["runs"]})
    write_tsv(snakemake.output.variants, plain(variants), evidence.COLUMNS)
    write_json(snakemake.output.qc, qc)
    gaps.write(snakemake.output.gaps)
