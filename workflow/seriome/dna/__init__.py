"""DNA: reads or variant files of a patient's samples to variants, copy number and biomarkers at every timepoint.

reference    the genome, gene models for consequence calling, regions
index        bwa's index
umi          molecular barcodes taken from reads by a read structure
align        read pairs to sorted alignments of one unit
coverage     one sample: duplicates marked, quality, coverage per gene
pileup       counts of every allele at every sample, error rates
calling      which alleles are somatic; what each sample says about each
imports      variants that another caller wrote
consequence  gene, transcript, protein change and a name for each variant
tables       the patient's VCF and table
limits       detection limits and intervals
features     the sample's features
copy_number  coverage per gene against the matched normal
fingerprint  a sample's reads of each base where people differ
identity     two fingerprints: one person or two
verdicts     which samples are not whose the sheet says, and what is held out
contamination, sex, order    another person's reads; X and Y; timepoints that changed places

Coordinates are 0-based and half-open unless a name says `pos` (1-based, as in VCF).
"""
