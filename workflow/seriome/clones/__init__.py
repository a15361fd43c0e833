"""Clones: which mutations travel together, in what share of the cancer cells, from when, and under which treatment.

tables, counts  ways in: the dna stage's variants, or a table of read counts; `command` runs the second
likelihood      reads of one mutation in one sample, given the share of cancer cells that carries it
copies          the ways in which a mutation may lie on its copies
cluster         mutations over all samples of a patient to clusters, their number chosen by the model
sample          clusterings as probable as the best one: what intervals are made of
bias            mutations that are of a clone but for a factor
purity          which cluster is the founder, and the share of cancer cells that its reads speak for
hidden          clones too near one another to be told apart, in the intervals of what looks like one
model           what goes into a fit of one patient, and what comes out
fit             copies, founder, purity, clusters, taken round until they agree
told            what draws of the posterior then say of clusters, mutations and purity
detection       what the reads could have shown
tree            who descends from whom, by the sum rule and time, with probabilities
trajectory      a clone's own share of the cancer cells, day by day
growth          how fast each clone grew in each phase of treatment
heterogeneity   how many clones a sample holds, and what two sites share
events          when a clone or a mutation was first seen, and what could have been seen before
results         all of it as the tables that are written
pictures        Altair charts of those tables
"""
