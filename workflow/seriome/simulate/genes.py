"""The genes of the simulated genome: real names, real hotspot codons, made-up rest.

A row is name, strand, residues, exons, description; residues marked with `~` are fewer than in the real protein,
all others are its true number. `HOTSPOTS` gives the real codon of single residues, from the coding sequence of the
transcript that clinics number by (in brackets below); everything between them is generated, never copied.
"""

from dataclasses import dataclass

TABLE = """
EGFR     +  1210  28  Epidermal growth factor receptor
ALK      -  1620  29  ALK tyrosine kinase receptor
BRAF     -   766  18  Serine/threonine-protein kinase B-raf
KRAS     -   189   5  GTPase KRas
TP53     -   393  11  Cellular tumor antigen p53
PIK3CA   +  1068  21  Phosphatidylinositol 3-kinase catalytic subunit alpha
EML4     +   981  23  Echinoderm microtubule-associated protein-like 4
NRAS     -   189   5  GTPase NRas
MET      +  1390  21  Hepatocyte growth factor receptor
ACTB     -   375   6  Actin, cytoplasmic 1
ACTG1    -   375   6  Actin, cytoplasmic 2
GAPDH    +   335   6  Glyceraldehyde-3-phosphate dehydrogenase
B2M      +   119   4  Beta-2-microglobulin
STK11    +  ~300   6  Serine/threonine-protein kinase STK11
KEAP1    -  ~280   4  Kelch-like ECH-associated protein 1
PTEN     +   403   9  Phosphatidylinositol 3,4,5-trisphosphate 3-phosphatase PTEN
RB1      +  ~320   7  Retinoblastoma-associated protein
CDKN2A   -   156   3  Cyclin-dependent kinase inhibitor 2A
ERBB2    +  ~360   7  Receptor tyrosine-protein kinase erbB-2
JAK1     -  ~280   6  Tyrosine-protein kinase JAK1
JAK2     +  ~280   6  Tyrosine-protein kinase JAK2
CD274    +   290   6  Programmed cell death 1 ligand 1
PDCD1    -   288   5  Programmed cell death protein 1
CTLA4    +   223   4  Cytotoxic T-lymphocyte protein 4
CD8A     -   235   5  T-cell surface glycoprotein CD8 alpha chain
CD3E     +   207   5  T-cell surface glycoprotein CD3 epsilon chain
GZMB     -   247   5  Granzyme B
AXL      +  ~280   5  Tyrosine-protein kinase receptor UFO
VIM      +  ~300   5  Vimentin
CDH1     +  ~280   6  Cadherin-1
ZEB1     +  ~260   4  Zinc finger E-box-binding homeobox 1
EPCAM    +   314   6  Epithelial cell adhesion molecule
MKI67    -  ~300   4  Proliferation marker protein Ki-67
AURKA    -   403   6  Aurora kinase A
HIF1A    +  ~280   5  Hypoxia-inducible factor 1-alpha
VEGFA    +   232   5  Vascular endothelial growth factor A
LDHA     +   332   6  L-lactate dehydrogenase A chain
HK2      +  ~300   6  Hexokinase-2
SLC2A1   -  ~260   5  Solute carrier family 2, facilitated glucose transporter member 1
ALB      +  ~300   6  Albumin
CRP      -   224   2  C-reactive protein
SERPINA1 -  ~280   4  Alpha-1-antitrypsin
PTPRC    +  ~280   5  Receptor-type tyrosine-protein phosphatase C
COL1A1   -  ~300   6  Collagen alpha-1(I) chain
HLA-A    +  ~280   5  HLA class I histocompatibility antigen, A alpha chain
"""

# residue: its real codon. Source: the coding sequences of the RefSeq transcripts named here
HOTSPOTS = {
    "EGFR": {  # NM_005228; 745 to 751 carry the exon 19 deletion E746_A750del
        719: "GGC",
        **dict(zip(range(745, 752), ("AAG", "GAA", "TTA", "AGA", "GAA", "GCA", "ACA"), strict=True)),
        790: "ACG",
        797: "TGC",
        858: "CTG",
    },
    "ALK": {1171: "ATC", 1174: "TTC", 1196: "CTG", 1202: "GGA"},  # NM_004304
    "BRAF": {600: "GTG"},  # NM_004333
    "KRAS": {12: "GGT", 13: "GGC", 61: "CAA"},  # NM_004985 and NM_033360
    "NRAS": {12: "GGT", 61: "CAA"},  # NM_002524
    "TP53": {175: "CGC", 213: "CGA", 245: "GGC", 248: "CGG", 273: "CGT"},  # NM_000546
    "PIK3CA": {542: "GAA", 545: "GAG", 1047: "CAT"},  # NM_006218
    "MET": {1228: "GAC", 1230: "TAC"},  # NM_000245
    "PTEN": {130: "CGA", 233: "CGA"},  # NM_000314
    "CDKN2A": {58: "CGA", 80: "CGA"},  # NM_000077
    "ERBB2": {310: "TCC"},  # NM_004448
}

# exon: the residue whose codon it starts with, so that EML4 exon 13 joins ALK exon 20 in frame (variant 1 of
# Soda et al. 2007, Nature 448:561, doi:10.1038/nature05945: residues 1-496 of EML4, ALK from 1058 on)
BREAKS = {"EML4": {14: 497}, "ALK": {20: 1058}}

PARALOGUES = {"ACTG1": "ACTB"}  # copy: original; their exons are about 95 % identical


@dataclass(frozen=True)
class GeneRow:
    """One row of the table; `number` is its place in it, from 1."""

    number: int
    name: str
    strand: str
    residues: int
    shortened: bool
    exons: int
    description: str


def _rows():
    for number, line in enumerate(TABLE.strip().splitlines(), 1):
        name, strand, residues, exons, description = line.split(maxsplit=4)
        yield GeneRow(number, name, strand, int(residues.strip("~")), residues.startswith("~"), int(exons), description)


GENES = tuple(_rows())

# Codons per thousand in human coding sequences: they give natural amino acid frequencies, K and R among them, and so
# natural tryptic peptides. Source: Codon Usage Database, Nakamura et al. 2000, doi:10.1093/nar/28.1.292
_USAGE = """
        TTT:17.6 TTC:20.3 TTA:7.7 TTG:12.9 CTT:13.2 CTC:19.6 CTA:7.2 CTG:39.6 ATT:16.0 ATC:20.8 ATA:7.5 ATG:22.0
        GTT:11.0 GTC:14.5 GTA:7.1 GTG:28.1 TCT:15.2 TCC:17.7 TCA:12.2 TCG:4.4 CCT:17.5 CCC:19.8 CCA:16.9 CCG:6.9
        ACT:13.1 ACC:18.9 ACA:15.1 ACG:6.1 GCT:18.4 GCC:27.7 GCA:15.8 GCG:7.4 TAT:12.2 TAC:15.3 CAT:10.9 CAC:15.1
        CAA:12.3 CAG:34.2 AAT:17.0 AAC:19.1 AAA:24.4 AAG:31.9 GAT:21.8 GAC:25.1 GAA:29.0 GAG:39.6 TGT:10.6 TGC:12.6
        TGG:13.2 CGT:4.5 CGC:10.4 CGA:6.2 CGG:11.4 AGT:12.1 AGC:19.5 AGA:12.2 AGG:12.0 GGT:10.8 GGC:22.2 GGA:16.5
        GGG:16.5"""
CODON_USAGE = {pair[:3]: float(pair[4:]) for pair in _USAGE.split()}

_ORDER = "TCAG"
CODE = dict(
    zip(
        (a + b + c for a in _ORDER for b in _ORDER for c in _ORDER),
        "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
        strict=True,
    )
)  # the standard genetic code


def translate(sequence: str) -> str:
    """Protein of a coding sequence, stops as `*`; what is left over of the last codon is dropped."""
    return "".join(CODE[sequence[i : i + 3]] for i in range(0, len(sequence) - 2, 3))
