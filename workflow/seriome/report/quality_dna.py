"""What MultiQC is given of the dna stage: reads, molecules, evenness, damage, errors, identity; a section each."""

from seriome.report.quality import table_section
from seriome.report.words import humane

# key of qc/{sample}.json: title, what it says, format
READS = {
    "reads": ("reads", "primary reads; of consensus reads where there are barcodes", "{:,.0f}"),
    "mapped_share": ("mapped", "of the reads", "{:.1%}"),
    "duplicate_share": ("duplicates", "of the mapped reads; consensus reads have none", "{:.1%}"),
    "on_target_share": ("on target", "of mapped reads that are no duplicates", "{:.1%}"),
    "insert_size_median": ("insert", "median length of the fragments, bases", "{:,.0f}"),
    "insert_size_sd": ("insert sd", "its standard deviation, bases", "{:,.0f}"),
    "read_length": ("read", "mean length of the reads, bases", "{:,.0f}"),
    "mismatch_rate": ("mismatches", "per aligned base", "{:.2%}"),
    "host_share": ("host", "of xenografts: pairs of the host, of those that could be told", "{:.1%}"),
}
TRIMMING = {
    "adapter_share": ("adapter", "reads that end in adapter", "{:.1%}"),
    "trimmed_adapter_share": ("off with it", "bases taken off with the adapter", "{:.2%}"),
    "trimmed_quality_share": ("off for quality", "bases taken off for their low quality", "{:.2%}"),
}
MOLECULES = {
    "raw_templates": ("raw pairs", "with a barcode", "{:,.0f}"),
    "raw_unplaced": ("unplaced", "raw pairs left out, an end being unmapped", "{:,.0f}"),
    "molecules": ("molecules", "places and barcodes", "{:,.0f}"),
    "mean_family_size": ("family", "mean raw pairs per molecule", "{:.2f}"),
    "duplex_share": ("duplex", "molecules that were read from both strands", "{:.1%}"),
    "consensus_molecules": ("consensus", "molecules that have consensus reads", "{:,.0f}"),
}
EVENNESS = {
    "target_bases": ("bases", "of the targets, or of the exons where there is no list of targets", "{:,.0f}"),
    "target_mean_depth": ("mean depth", "mapping and base quality of 20 or more, each pair once", "{:,.1f}"),
    "target_median_depth": ("median depth", "the same", "{:,.0f}"),
    "fold_80": ("fold 80", "so many times more reads bring 80 % of the bases to the mean depth; 1 is even", "{:.2f}"),
    "share_fifth": ("over a fifth", "of the bases with at least 0.2 times the mean depth", "{:.1%}"),
}
DAMAGE = {
    "deamination": ("C>T", "excess over G>A seen from read 1, per base: damage of old tissue before PCR", "{:.1e}"),
    "oxidation": ("G>T", "excess over C>A seen from read 1, per base: oxidation before PCR", "{:.1e}"),
}
IDENTITY = {
    "verdict": ("verdict", "of one person with most of the patient's samples?", None),
    "nearest": ("nearest", "the patient's sample that is likest", None),
    "nearest_log10_ratio": ("log10 ratio", "one person against two, in powers of ten; 3 decides", "{:,.1f}"),
    "nearest_sites": ("places", "that speak", "{:,.0f}"),
    "contamination": ("contamination", "reads that are another person's; empty: not estimable", "{:.2%}"),
    "contamination_lower": ("from", "95 % interval", "{:.2%}"),
    "contamination_upper": ("to", "95 % interval", "{:.2%}"),
    "sex": ("sex", "from the coverage of X and Y", None),
}
MOST = 30  # raw pairs of a molecule that the picture of families shows


def dna_sections(quality: dict, families: dict, errors: list[dict], identity: list[dict]) -> list[dict]:
    """MultiQC's custom content of the dna stage; a section without a number is left out.

    quality   {sample: its dna/qc json};  families: {sample: rows of its dna/qc families.tsv}
    errors    rows of dna/variants errors.tsv of all patients;  identity: rows of dna/identity tsv of all patients
    """
    sections = [
        _numbers(
            *("dna", "DNA: reads", READS, quality),
            "What became of the reads of each sample. Few mapped: another genome, or another species. Many duplicates: "
            "little DNA went in, and more sequencing finds little more.",
        ),
        _numbers(
            *("dna_trimming", "DNA: trimming", TRIMMING, quality),
            "What was taken off the ends of reads before they were aligned. Much adapter: short fragments.",
        ),
        _numbers(
            *("dna_molecules", "DNA: molecules", MOLECULES, quality),
            "Of samples with barcodes: raw read pairs become one consensus pair per molecule.",
        ),
        _families(families),
        _numbers(
            *("dna_evenness", "DNA: evenness", EVENNESS, quality),
            "How evenly the targets are covered, as Picard's CollectHsMetrics counts it. Compare samples of one kit: "
            "one whose fold 80 stands out lost parts of its targets. Empty, a fifth of the bases has no reads.",
        ),
        _numbers(
            *("dna_damage", "DNA: damage", DAMAGE, quality),
            "Damage of single strands before PCR, which looks like mutations of low fraction. Where it comes near the "
            "error rates of the next table it raises the limit of detection.",
        ),
        _errors(errors),
        _numbers(
            *("dna_identity", "DNA: identity", IDENTITY, {row["sample"]: row for row in identity}),
            "Whose a sample is, by common variants. What is not a match of its patient, or unclear, is held out of the "
            "clones and stands in the gap ledger.",
        ),
    ]
    return [section for section in sections if section["data"]]


def _numbers(ident: str, title: str, columns: dict, records: dict, about: str) -> dict:
    """A table: a row per sample, the columns that any sample has."""
    rows = {}
    for sample, record in sorted(records.items()):
        cells = {key: _cell(record.get(key), form) for key, (_, _, form) in columns.items()}
        rows[sample] = {key: cell for key, cell in cells.items() if cell is not None}
    section = table_section(ident, title, about, {sample: row for sample, row in rows.items() if row})
    section["headers"] = {
        key: {"title": name, "description": says} | ({"format": form, "scale": False} if form else {"scale": False})
        for key, (name, says, form) in columns.items()
        if any(key in row for row in rows.values())
    }
    return section


def _cell(value, form):
    if value is None or value == "":
        return None
    return float(value) if form else humane(value)


def _families(families: dict) -> dict:
    """Lines: the share of each sample's molecules that have so many raw pairs; the last point is all with more."""
    lines = {}
    for sample, rows in sorted(families.items()):
        total = sum(int(row["molecules"]) for row in rows)
        sizes = dict.fromkeys(range(1, MOST + 1), 0)
        for row in rows:
            sizes[min(int(row["reads"]), MOST)] += int(row["molecules"])
        if total:
            # pairs: numbers that are keys of a JSON object would be text, and sorted so
            lines[sample] = [[size, round(number / total, 6)] for size, number in sizes.items()]
    return {
        "id": "seriome_dna_families",
        "section_name": "DNA: families",
        "description": f"Molecules by their number of raw read pairs ({MOST}: or more). A peak at 1 says that most "
        "molecules were read once: their consensus mends nothing, and deeper sequencing would find new ones.",
        "plot_type": "linegraph",
        "pconfig": {
            **{"id": "seriome_dna_families_plot", "title": "Seriome: DNA: families"},
            **{"xlab": "raw pairs of a molecule", "ylab": "share of the molecules", "ymin": 0},
        },
        "data": lines,
    }


def _errors(errors: list[dict]) -> dict:
    """A table: error rates per base of each sample, by type of substitution."""
    columns = {
        change: (change, "errors per base, both strands together", "{:.1e}")
        for change in dict.fromkeys(row["change"] for row in errors)
    }
    rows = {}
    for row in errors:
        rows.setdefault(row["sample"], {})[row["change"]] = row["rate"]
    about = (
        "How often a base is misread, learned from the positions of each sample that hold nothing real: what variants "
        "are judged against."
    )
    return _numbers("dna_errors", "DNA: errors", columns, rows, about)
