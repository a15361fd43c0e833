"""
Proteome: spectra to peptides, peptides to proteins.
needs  mzML of assays.tsv, <results>/intake/proteome/{sample}/{run}.json, the protein FASTA; with DNA,
       <results>/dna/variants/{patient}.parquet, <results>/dna/fusions, <results>/dna/identity/{patient}.tsv,
       <results>/dna/reference/*; with aligned RNA, <results>/rna/fusions/{sample}.tsv, <results>/rna/index/transcripts.tsv,
       .fa.gz, and where it is compared with DNA, <results>/rna/identity/{patient}.tsv
gives  <results>/proteome/own/{patient}.tsv             products of the patient's own mutations and fusions
       <results>/proteome/psms/{patient}.parquet        best match of every spectrum, targets and decoys
       <results>/proteome/pooled.parquet                q-values over all runs (fdr_scope: cohort only)
       <results>/proteome/identified/{patient}.parquet  the same matches with groups, q-values, accepted or not
       <results>/proteome/variants/{patient}.tsv        matches to the patient's own proteins, reported or why not
       <results>/proteome/qc/{patient}.json             each run's quality in a few numbers
       <results>/proteome/ions/{patient}.parquet        areas of peptide ions in every run
       <results>/proteome/profiles/{patient}.parquet    what the patient's samples taught: each ion's offset
       <results>/proteome/profile.parquet               the same of the whole cohort, to be given to later runs
       <results>/proteome/proteins/{patient}.{sample}.parquet, peptides/{patient}.{sample}.parquet
       <results>/proteome/changes.parquet, cohort.parquet   within patients; with the phase, by a mixed model
       <results>/features/assay=proteome/patient={patient}/sample={sample}.parquet
Blanks and pools are searched together, as the patient `control`.
"""


include: "proteome/inputs.smk"
include: "proteome/search.smk"
include: "proteome/identify.smk"
include: "proteome/quantity.smk"
include: "proteome/imports.smk"
include: "proteome/change.smk"


GAPS += collect("<results>/gaps/proteome/{patient}.{step}.tsv", patient=PROTEOME_PATIENTS, step=["search", "fdr"])
TABLES += ["<results>/proteome/profile.parquet"] if PROTEOME_PATIENTS else []
TABLES += collect("<results>/proteome/variants/{patient}.tsv", patient=PROTEOME_PATIENTS)
