"""DNA: reads or variant files of a patient's samples to variants, copy number and biomarkers at every timepoint.

reference    the genome, gene models for consequence calling, regions
index        bwa's index
umi          molecular barcodes: where they are, which are copies of one another
align        read pairs to sorted alignments of one unit
families     the reads of one molecule
consensus    one read per molecule from them
coverage     one sample: duplicates marked, quality, coverage per gene
pileup       counts of every allele at every sample, error rates
calling      which alleles are somatic; what each sample says about each
imports      variants that another caller wrote
consequence  gene, transcript, protein change and a name for each variant
tables       the patient's VCF and table
limits       detection limits and intervals
features     the sample's features
copy_number  coverage per gene against the matched normal

Coordinates are 0-based and half-open unless a name says `pos` (1-based, as in VCF).
"""
