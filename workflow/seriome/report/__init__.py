"""The report: one offline HTML page of the cohort, a part per patient, and the quality page.

pages     tables in, HTML out: `patient_part`, `whole_page`
pictures  charts as plain SVG, safe to stand side by side in one page
sparks    the small course of one variant
changes   what changed most between two samples of a patient
words     numbers and states as a person says them; glossary and sources
inputs    reading the stages' files, where any may be empty
quality   what MultiQC is given, and its run; quality_dna: of the dna stage
"""
