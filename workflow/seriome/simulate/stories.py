"""Five patients' stories: clones, what each sample holds of them, treatment, host and state, day by day.

A story is written down, not drawn: seeds vary the passenger mutations, the noise and the small print, never the plot.
Patients beyond the fifth tell the same stories again with other mutations. Drugs, mutations and their order follow
the clinic (EGFR T790M and C797S: Thress et al. 2015, doi:10.1038/nm.3854; ALK G1202R: Gainor et al. 2016,
doi:10.1158/2159-8290.CD-16-0596; change of state under KRAS inhibition: Awad et al. 2021, doi:10.1056/NEJMoa2105281;
B2M loss under checkpoint blockade: Zaretsky et al. 2016, doi:10.1056/NEJMoa1604958); all numbers are made up.
"""

from dataclasses import dataclass, field

from seriome.errors import InputError


@dataclass(frozen=True)
class Clone:
    """A clone; `drivers` are (gene, change) such as ("EGFR", "L858R"), `passengers` how many mutations it adds.

    A driver whose change is `*` is a gain of a stop in the first half of the protein.
    """

    name: str
    parent: str
    passengers: int
    drivers: tuple = ()


@dataclass(frozen=True)
class Visit:
    """One sample. `fraction` is the share of cancer cells (tumour tissue) or of their DNA (plasma); `ccf` gives the
    cancer cell fraction of every clone that is there; `state` says how far the story's programmes are on, 0 to 1."""

    timepoint: str
    day: int
    specimen: str
    phase: str
    assays: tuple
    site: str = ""
    fraction: float = 0.0
    ccf: dict = field(default_factory=dict)
    state: float = 0.0

    @property
    def label(self) -> str:
        return f"{self.timepoint}-{self.specimen}"


@dataclass(frozen=True)
class Course:
    """One drug, as in the treatments sheet."""

    drug: str
    drug_class: str
    start: int
    end: int | None
    dose: str
    reason_ended: str = ""


@dataclass(frozen=True)
class Resistance:
    """A mutation that makes a treatment fail, and the day its clone is born."""

    gene: str
    change: str
    day_emerged: int


@dataclass(frozen=True)
class Story:
    """Everything that is planted in one patient.

    burden       (day, sum of diameters relative to day 0), joined by straight lines
    lesions      {name: mm at day 0}
    copies       {gene: copies per cancer cell}, in all cancer cells from the start
    expression   {gene: log2 fold change of RNA at state 1 against state 0}; proteins follow with 0.7 of it
    metabolites  {compound_id: log2 fold change in plasma at state 1 against state 0}
    signature    what the passengers look like, see reference.SIGNATURES
    resistance   mutations that end a treatment;  fusion (5' gene, 3' gene), clonal;  new_lesion (name, day)
    """

    key: str
    title: str
    diagnosis: str
    sex: str
    age: int
    group: str
    outcome: str
    outcome_day: int
    clones: tuple
    visits: tuple
    courses: tuple
    burden: tuple
    lesions: dict
    copies: dict
    expression: dict
    metabolites: dict
    signature: str | dict = "clock"
    resistance: tuple = ()
    fusion: tuple = ()
    new_lesion: tuple = ()

    def check(self) -> None:
        """Raise InputError where a sample's clones break the tree: children beyond their parent, an unknown name."""
        parents = {clone.name: clone.parent for clone in self.clones}
        for visit in self.visits:
            for name in visit.ccf.keys() - parents.keys():
                raise InputError(f"story {self.key}, {visit.label}: no clone {name!r}")
            for parent in parents:
                children = sum(visit.ccf.get(name, 0.0) for name, of in parents.items() if of == parent)
                if children > visit.ccf.get(parent, 0.0) + 1e-9:
                    raise InputError(
                        f"story {self.key}, {visit.label}: the children of {parent} make {children:g}, more than "
                        f"its own {visit.ccf.get(parent, 0.0):g}"
                    )


# genes of the DNA panel; expression and proteins are those of the whole genome
PANEL = (
    "EGFR", "ALK", "BRAF", "KRAS", "NRAS", "TP53", "B2M", "STK11", "KEAP1", "PTEN", "RB1", "CDKN2A", "ERBB2", "JAK1",
    "JAK2",
)  # fmt: skip
ULTRAVIOLET = {"T[C>T]N": 8, "C[C>T]N": 8, "N[C>T]N": 1, "N[T>C]N": 0.5}  # after SBS7 (Alexandrov et al. 2020)
ALL = ("dna", "rna", "proteome")
NORMAL = Visit("T0", 0, "normal", "baseline", ("dna",), "blood")


def _serum(timepoint: str, day: int, phase: str, state: float) -> Visit:
    return Visit(timepoint, day, "serum", phase, ("metabolome",), "blood", state=state)


EGFR = Story(
    key="egfr",
    title="EGFR-mutant lung cancer: T790M under erlotinib, then C797S under osimertinib",
    diagnosis="lung adenocarcinoma, EGFR-mutant",
    sex="female",
    age=61,
    group="targeted",
    outcome="deceased",
    outcome_day=421,
    clones=(
        Clone("A", "", 10, (("EGFR", "L858R"), ("TP53", "R175H"))),
        Clone("B", "A", 7),
        Clone("C", "A", 7, (("EGFR", "T790M"),)),
        Clone("D", "C", 6, (("EGFR", "C797S"),)),
    ),
    visits=(
        NORMAL,
        Visit("T0", 0, "tumor", "baseline", ALL, "lung", 0.62, {"A": 1, "B": 0.45}),
        _serum("T0", 0, "baseline", 0.0),
        Visit("T1", 42, "plasma", "response", ("dna", "metabolome"), "blood", 0.06, {"A": 1, "B": 0.35}, 0.1),
        Visit(
            "T2", 126, "plasma", "on_treatment", ("dna", "metabolome"), "blood", 0.22, {"A": 1, "B": 0.2, "C": 0.5}, 0.4
        ),
        Visit("T3", 168, "tumor", "progression", ("dna", "rna"), "lung", 0.55, {"A": 1, "B": 0.12, "C": 0.75}, 0.7),
        Visit("T4", 336, "tumor", "progression", ALL, "liver", 0.7, {"A": 1, "C": 0.96, "D": 0.66}, 1.0),
        _serum("T4", 336, "progression", 1.0),
    ),
    courses=(
        Course("erlotinib", "EGFR inhibitor, first generation", 3, 170, "150 mg/d", "progression"),
        Course("osimertinib", "EGFR inhibitor, third generation", 177, 338, "80 mg/d", "progression"),
        Course("carboplatin and pemetrexed", "chemotherapy", 350, None, "AUC 5 and 500 mg/m2"),
    ),
    burden=((0, 1.0), (42, 0.55), (84, 0.5), (126, 0.58), (168, 0.8), (220, 0.48), (280, 0.55), (336, 0.9), (420, 1.2)),
    lesions={"right upper lobe": 41.0, "hilar node": 23.0},
    copies={"CDKN2A": 0, "TP53": 1, "ERBB2": 5},
    expression={"AXL": 1.6, "VEGFA": 1.2, "MKI67": 1.4, "CDH1": -1.1, "LDHA": 0.9},
    metabolites={"lactate": 1.1, "tryptophan": -0.9, "kynurenine": 1.2, "glutamine": -0.7},
    resistance=(Resistance("EGFR", "T790M", 90), Resistance("EGFR", "C797S", 260)),
    new_lesion=(("liver segment 6", 336),),
)

ALK = Story(
    key="alk",
    title="EML4-ALK lung cancer: crizotinib, then G1202R under alectinib",
    diagnosis="lung adenocarcinoma, ALK-rearranged",
    sex="male",
    age=47,
    group="targeted",
    outcome="alive",
    outcome_day=480,
    clones=(
        Clone("A", "", 10),
        Clone("B", "A", 7),
        Clone("C", "A", 7, (("ALK", "G1202R"),)),
        Clone("D", "B", 6),
    ),
    visits=(
        NORMAL,
        Visit("T0", 0, "tumor", "baseline", ALL, "lung", 0.5, {"A": 1, "B": 0.6, "D": 0.3}),
        _serum("T0", 0, "baseline", 0.0),
        Visit(
            "T1", 182, "plasma", "progression", ("dna", "metabolome"), "blood", 0.2, {"A": 1, "B": 0.75, "D": 0.2}, 0.6
        ),
        Visit("T2", 252, "plasma", "response", ("dna", "metabolome"), "blood", 0.02, {"A": 1, "B": 0.5}, 0.2),
        Visit("T3", 420, "tumor", "progression", ALL, "pleura", 0.6, {"A": 1, "B": 0.15, "C": 0.8}, 1.0),
        _serum("T3", 420, "progression", 1.0),
    ),
    courses=(
        Course("crizotinib", "ALK inhibitor, first generation", 2, 183, "2x250 mg/d", "progression"),
        Course("alectinib", "ALK inhibitor, second generation", 190, 421, "2x600 mg/d", "progression"),
        Course("lorlatinib", "ALK inhibitor, third generation", 428, None, "100 mg/d"),
    ),
    burden=((0, 1.0), (60, 0.6), (120, 0.55), (182, 0.78), (252, 0.38), (330, 0.4), (420, 0.7), (476, 0.42)),
    lesions={"left lower lobe": 52.0, "pleural rind": 17.0},
    copies={"CDKN2A": 1, "JAK2": 4},
    expression={"AXL": 1.3, "MKI67": 1.2, "VEGFA": 0.9, "CDH1": -0.9, "HK2": 1.0},
    metabolites={"lactate": 0.9, "tryptophan": -0.7, "kynurenine": 1.0, "carnitine": -0.6},
    resistance=(Resistance("ALK", "G1202R", 300),),
    fusion=("EML4", "ALK"),
)

STATE = Story(
    key="state",
    title="KRAS G12C lung cancer: resistance by a change of state (EMT), no new mutation",
    diagnosis="lung adenocarcinoma, KRAS G12C",
    sex="male",
    age=68,
    group="targeted",
    outcome="deceased",
    outcome_day=260,
    clones=(
        Clone("A", "", 9, (("KRAS", "G12C"),)),
        Clone("B", "A", 8),
        Clone("C", "B", 6),
    ),
    visits=(
        NORMAL,
        Visit("T0", 0, "tumor", "baseline", ALL, "lung", 0.7, {"A": 1, "B": 0.62, "C": 0.28}),
        _serum("T0", 0, "baseline", 0.0),
        Visit("T1", 49, "plasma", "response", ("dna",), "blood", 0.07, {"A": 1, "B": 0.6, "C": 0.3}, 0.3),
        Visit("T2", 182, "tumor", "progression", ALL, "lung", 0.65, {"A": 1, "B": 0.65, "C": 0.31}, 1.0),
        _serum("T2", 182, "progression", 1.0),
    ),
    courses=(
        Course("sotorasib", "KRAS G12C inhibitor", 5, 185, "960 mg/d", "progression"),
        Course("docetaxel", "chemotherapy", 196, 240, "75 mg/m2", "progression"),
    ),
    burden=((0, 1.0), (49, 0.66), (98, 0.62), (140, 0.8), (182, 1.02), (240, 1.35)),
    lesions={"right lower lobe": 47.0, "adrenal": 21.0},
    copies={"RB1": 1, "CDKN2A": 1},
    expression={"VIM": 2.6, "ZEB1": 2.4, "AXL": 2.2, "CDH1": -2.5, "EPCAM": -1.6, "MKI67": 1.0, "VEGFA": 0.8},
    metabolites={"lactate": 1.3, "tryptophan": -1.0, "kynurenine": 1.1, "lysopc-16-0": -0.8},
    signature="tobacco",
)

RESPONSE = Story(
    key="response",
    title="BRAF V600E melanoma: deep response, the plasma clears and stays clear",
    diagnosis="cutaneous melanoma, BRAF V600E",
    sex="female",
    age=39,
    group="targeted",
    outcome="alive",
    outcome_day=371,
    clones=(
        Clone("A", "", 9, (("BRAF", "V600E"),)),
        Clone("B", "A", 7),
        Clone("C", "A", 6),
    ),
    visits=(
        NORMAL,
        Visit("T0", 0, "tumor", "baseline", ("dna", "proteome"), "skin", 0.78, {"A": 1, "B": 0.5, "C": 0.27}),
        _serum("T0", 0, "baseline", 0.0),
        Visit("T1", 28, "plasma", "response", ("dna", "metabolome"), "blood", 0.12, {"A": 1, "B": 0.3, "C": 0.4}, 0.3),
        Visit("T2", 112, "plasma", "response", ("dna", "metabolome"), "blood", 0.0, {}, 1.0),
        _serum("T3", 364, "follow_up", 1.0),
    ),
    courses=(Course("dabrafenib and trametinib", "BRAF and MEK inhibitor", 4, None, "2x150 mg/d and 2 mg/d"),),
    burden=((0, 1.0), (28, 0.6), (70, 0.25), (112, 0.0), (371, 0.0)),
    lesions={"left thigh": 28.0, "inguinal node": 31.0},
    copies={"CDKN2A": 0, "PTEN": 1},
    expression={},
    metabolites={"lactate": -0.8, "tryptophan": 0.6, "kynurenine": -0.7},
    signature=ULTRAVIOLET,
)

SWEEP = Story(
    key="sweep",
    title="lung cancer of a smoker under pembrolizumab: many mutations, response, then a B2M-mutated clone takes over",
    diagnosis="lung adenocarcinoma, high mutation burden",
    sex="male",
    age=57,
    group="immunotherapy",
    outcome="alive",
    outcome_day=350,
    clones=(
        Clone("A", "", 22, (("KRAS", "G12V"),)),
        Clone("B", "A", 15),
        Clone("C", "A", 11),
        Clone("D", "B", 10, (("B2M", "*"),)),
    ),
    visits=(
        NORMAL,
        Visit("T0", 0, "tumor", "baseline", ALL, "lung", 0.6, {"A": 1, "B": 0.5, "C": 0.38}),
        _serum("T0", 0, "baseline", 0.0),
        Visit(
            "T1",
            63,
            "plasma",
            "response",
            ("dna", "metabolome"),
            "blood",
            0.08,
            {"A": 1, "B": 0.6, "C": 0.2, "D": 0.06},
            0.2,
        ),
        Visit("T2", 294, "tumor", "progression", ALL, "lymph node", 0.5, {"A": 1, "B": 0.94, "D": 0.85}, 1.0),
        _serum("T2", 294, "progression", 1.0),
    ),
    courses=(Course("pembrolizumab", "anti-PD-1", 0, 294, "200 mg every 3 weeks", "progression"),),
    burden=((0, 1.0), (63, 0.6), (126, 0.35), (189, 0.33), (245, 0.45), (294, 0.62), (350, 0.8)),
    lesions={"left upper lobe": 36.0, "mediastinal node": 19.0},
    copies={"CDKN2A": 0},
    expression={"B2M": -2.2, "HLA-A": -1.3, "CD8A": -1.5, "GZMB": -1.8, "PDCD1": -0.9, "MKI67": 1.3, "AXL": 0.9},
    metabolites={"lactate": 0.8, "tryptophan": -1.2, "kynurenine": 1.5, "arginine": -0.8},
    signature="tobacco",
    resistance=(Resistance("B2M", "*", 50),),
)

STORIES = (EGFR, ALK, STATE, RESPONSE, SWEEP)


def story_of(number: int) -> Story:
    """The story of patient `number`, counted from 1; they repeat after the fifth."""
    return STORIES[(number - 1) % len(STORIES)]
