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
bins         reads in targets and between them, against the normal
snps         heterozygous SNPs of the normal and their alleles everywhere
segments     the genome cut where any sample's copies change, all samples together
purity       purity and ploidy of all samples, whole copies of both alleles
copies       the tables of these three

Coordinates are 0-based and half-open unless a name says `pos` (1-based, as in VCF).
"""
