"""Clones: which mutations travel together, in what share of the cancer cells, from when, and under which treatment.

likelihood   reads of one mutation in one sample, given the share of cancer cells that carries it
cluster      mutations over all samples of a patient to clusters, their number chosen by the model
model        one patient: copy number, founder, purity, clusters, taken round until they agree
detection    what the reads could have shown
tree         who descends from whom, by the sum rule, with support
trajectory   a clone's fraction and its own share, day by day
events       when a clone or a mutation was first seen, and what could have been seen before
tables       tables in, tables out
pictures     Altair charts of those tables
"""
