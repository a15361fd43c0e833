"""Read, call seriome, write. No science lives here."""

from seriome.features import read_features
from seriome.files import read_tsv, write_json, write_text
from seriome.logs import log_to
from seriome.report.figures import as_files, as_parts, patient_pictures
from seriome.report.inputs import CLONE_TABLES, COURSE, TRANSLATED, VARIANTS, read_table
from seriome.report.pages import patient_part, patient_summary

with log_to(snakemake.log[0]):
    patient = snakemake.params.patient["patient"]
    with_dna = hasattr(snakemake.input, "variants")
    variants = read_table(snakemake.input.variants, VARIANTS) if with_dna else None
    clones = {name: read_table(snakemake.input.get(name), columns) for name, columns in CLONE_TABLES.items()}
    course = read_table(snakemake.input.course, COURSE)
    pictures = patient_pictures(patient, course, clones)
    for name, svg in as_files(patient, pictures).items():
        write_text(snakemake.output[name], svg)
    part = patient_part(
        snakemake.params.patient,
        snakemake.params.samples,
        snakemake.params.treatments,
        variants=variants,
        translated=read_table(snakemake.input.translated, TRANSLATED) if snakemake.input.get("translated") else None,
        clones=clones,
        course=course,
        features=read_features(snakemake.input.get("features", [])),
        figures=as_parts(patient, pictures),
        variants_shown=snakemake.params.variants_shown,
        changes_shown=snakemake.params.changes_shown,
        meaning=read_tsv(snakemake.input.meaning) if with_dna else (),
    )
    write_text(snakemake.output.part, part)
    write_json(snakemake.output.summary, patient_summary(patient, variants, clones))
