"""DNA: reads or variant files of a patient's samples to variants, copy number and biomarkers at every timepoint.

reference    the genome, gene models for consequence calling, regions
index        bwa's index
umi          molecular barcodes: where they are, which are copies of one another
align        read pairs to sorted alignments of one unit
bwa, bwa_mem2    the aligners
trim         adapters and bad ends taken off
families     the reads of one molecule
consensus    one read per molecule from them
coverage     one sample: duplicates marked, quality, coverage per gene
evenness     how evenly targets are covered
damage       damage of single strands before PCR
pileup       counts of every allele at every sample
scatter      the same in parts, by processes and jobs
background   how often each kind of change is an error
normals      other people's normals and the population
calling      which alleles are somatic; what each sample says about each
mutect2      GATK, for further candidates
imports      variants that another caller wrote
consequence  gene, transcript, protein change and a name for each variant
hgvs         c. and p. on the chosen transcript
meaning      drugs that a change is known to make work or fail
tables       the patient's table of variants
vcf          the same as VCF
limits       detection limits and intervals
burden       mutations per megabase, of a target and of the exome
msi          microsatellites and their instability
signatures   mutational signatures
fusions      junctions of driver genes
fused        what such a junction makes: exons, reading frame, name
host         reads of a xenograft's host
fidelity     what xenografts and organoids share with the tumour
features     the sample's features
copy_number  coverage per gene against the matched normal
fingerprint  a sample's reads of each base where people differ
identity     two fingerprints: one person or two
verdicts     which samples are not whose the sheet says, and what is held out
contamination, sex, order    another person's reads; X and Y; timepoints that changed places
nested       clones' own shares, for the order of timepoints
bins         reads in targets and between them, against the normal
snps         heterozygous SNPs of the normal and their alleles everywhere
segments     the genome cut where any sample's copies change, all samples together
purity       purity and ploidy of all samples, whole copies of both alleles
copies       the tables of these three

Coordinates are 0-based and half-open unless a name says `pos` (1-based, as in VCF).
"""
