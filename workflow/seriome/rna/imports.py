"""Expression that was quantified elsewhere: folders of kallisto and salmon, STAR's counts of genes.

kallisto and salmon give transcripts, which take the way of those quantified here; bootstraps are read where they lie
beside (kallisto's as text; salmon's, of `--numBootstraps` or `--numGibbsSamples`, as it writes them). STAR's
ReadsPerGene.out.tab (`--quantMode GeneCounts`) counts the reads of genes in three ways, of which the library's strand
chooses; a gene's length is then the mean of its transcripts', not an effective one, and there is no variance.
"""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd

from seriome.errors import DataError
from seriome.files import open_text, read_json, read_tsv
from seriome.ledger import Gaps
from seriome.rna.expression import judge_mapping, known_as, sum_to_genes, with_intervals
from seriome.rna.kallisto import ABUNDANCE, CLEAR, read_abundance, read_bootstraps
from seriome.rna.quant import NOTHING, as_numbers

SALMON = dict(zip(("Name", "Length", "EffectiveLength", "NumReads", "TPM"), ABUNDANCE, strict=True))
STAR_LINES = ("N_unmapped", "N_multimapping", "N_noFeature", "N_ambiguous")
STAR_COLUMNS = {"unstranded": 1, "forward": 2, "reverse": 3}
LIBRARIES = {"U": "unstranded", "SF": "forward", "SR": "reverse"}  # what ends salmon's library types


def import_sample(units: dict, form: str, transcripts, settings: dict, *, gaps: Gaps, about: dict):
    """(rows of abundance.tsv, run_info, genes) of one sample.

    units        {run: [folder or file]}, at most one
    form         kallisto, salmon or star
    transcripts  a DataFrame; abundances of another annotation are a gap (foreign_transcripts)
    settings     the config's section rna; `strand` chooses STAR's column unless it is auto
    """
    if not units:
        return [], NOTHING, None
    ((run, (path,)),) = units.items()
    key = {"patient": about["patient"], "sample": about["sample"], "assay": "rna", "stage": "rna", "run": run}
    rows, genes = [], None
    info = {"state": "failed_qc", "units": [run], "form": form, "strand": None, "strand_share": None}
    with gaps.spoil(**key):
        if form == "star":
            counts, said = read_star(path, settings["strand"])
            info |= said
            judge_mapping(info, settings["min_mapped"])
            genes = genes_of_counts(counts, transcripts)
        else:
            rows, said, draws = (read_salmon if form == "salmon" else read_kallisto)(path)
            info |= said
            if "n_pseudoaligned" in info and "n_processed" in info:
                judge_mapping(info, settings["min_mapped"])
            genes = sum_to_genes(as_numbers(rows), transcripts, draws)
        info["state"] = "measured"
    return rows, info, genes


def read_kallisto(folder):
    """(rows of ABUNDANCE, what run_info.json says, bootstraps) of an output folder of kallisto."""
    said, path = {}, Path(folder) / "run_info.json"
    if path.is_file():
        said = {key: value for key, value in read_json(path).items() if key not in ("start_time", "call")}
    return read_abundance(Path(folder) / "abundance.tsv"), said, read_bootstraps(folder)


def read_salmon(folder):
    """(rows of ABUNDANCE, info, bootstraps) of an output folder of salmon."""
    folder = Path(folder)
    rows = [{ours: row[theirs] for theirs, ours in SALMON.items()} for row in read_tsv(folder / "quant.sf")]
    info, meta = {}, folder / "aux_info" / "meta_info.json"
    if meta.is_file():
        said = read_json(meta)
        info = {"n_processed": said["num_processed"], "n_pseudoaligned": said["num_mapped"]}
        info["salmon_version"] = said.get("salmon_version")
        kinds = {LIBRARIES.get(kind.lstrip("IOM")) for kind in said.get("library_types", [])}
        info["strand"] = kinds.pop() if len(kinds) == 1 else None
    return rows, info, _salmon_draws(folder / "aux_info" / "bootstrap", rows)


def _salmon_draws(folder: Path, rows) -> np.ndarray:
    """Reads of salmon's bootstraps, in the order of the rows; (0, 0) without any."""
    if not (folder / "bootstraps.gz").is_file():
        return np.zeros((0, 0))
    with open_text(folder / "names.tsv.gz") as file:
        names = file.read().split()
    with gzip.open(folder / "bootstraps.gz") as file:
        draws = np.frombuffer(file.read(), "<f8")
    place = {name: n for n, name in enumerate(names)}
    if len(draws) % len(names) or not all(row["target_id"] in place for row in rows):
        raise DataError("malformed_table", f"{folder}: the bootstraps are not of quant.sf", "copy the folder again")
    return draws.reshape(-1, len(names))[:, [place[row["target_id"]] for row in rows]]


def read_star(path, strand: str = "auto"):
    """(reads by gene id, info) of a ReadsPerGene.out.tab.

    strand   auto: the direction that has CLEAR of the reads that are of genes on one strand, else unstranded
    """
    with open_text(path) as file:
        cells = [line.split("\t") for line in file.read().splitlines()]
    numbers = {row[0]: np.array(row[1:4], float) for row in cells}
    summary = np.sum([numbers.pop(name) for name in STAR_LINES], axis=0)
    genes = pd.DataFrame.from_dict(numbers, orient="index", columns=list(STAR_COLUMNS))
    forward, reverse = genes["forward"].sum(), genes["reverse"].sum()
    share = float(forward / (forward + reverse)) if forward + reverse else None
    if strand == "auto":
        unclear = share is None or 1 - CLEAR < share < CLEAR
        strand = "unstranded" if unclear else "forward" if share >= CLEAR else "reverse"
    counts, column = genes[strand], STAR_COLUMNS[strand] - 1
    info = {"n_processed": int(summary[column] + counts.sum()), "n_pseudoaligned": int(counts.sum()), "strand": strand}
    return counts, info | {"strand_share": None if share is None else round(share, 4)}


def genes_of_counts(counts: pd.Series, transcripts) -> pd.DataFrame:
    """The columns expression.GENES of reads by gene id, without variance; the length is the mean of the transcripts'.

    Genes of the annotation that were not counted are left out: they were not looked for.
    Raises  DataError foreign_transcripts
    """
    own = transcripts.assign(length=transcripts["length"].astype(float)).groupby("gene_id", sort=True)
    lengths = own.agg(gene=("gene", "first"), length=("length", "mean"))
    ids = known_as(pd.Series(counts.index), pd.Series(lengths.index), "genes")
    counts = counts.set_axis(ids).loc[lambda one: one.index.notna()].groupby(level=0).sum()
    genes = lengths.loc[counts.index].assign(count=counts).rename_axis("gene_id").reset_index()
    rates = genes["count"] / genes["length"]
    genes["tpm"] = 1e6 * rates / rates.sum()
    return with_intervals(genes, rates.sum())
