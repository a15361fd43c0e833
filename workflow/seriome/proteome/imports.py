"""Tables of proteins made elsewhere: one run out of a table of many, in the stage's own form.

format        file                               amount of a protein               peptides
diann         report.parquet, report.tsv (long)  PG.MaxLFQ, else PG.Quantity       Precursor.Quantity
              report.pg_matrix.tsv               the column of the run             none
maxquant      proteinGroups.txt                  LFQ intensity, else Intensity     none
fragpipe      combined_protein.tsv               MaxLFQ Intensity, else Intensity  none
spectronaut   report (long), or pivoted by run   PG.Quantity                       EG.TotalQuantity, FG.Quantity

What is filtered here: rows of decoys (maxquant's Reverse), `Only identified by site`, and in DIA-NN's long report
precursors with Q.Value or PG.Q.Value above the FDR. Contaminants are marked where the program marks them, or by their
accession (CON_, Cont_, contam_). A protein of the table without an amount in this run was looked for and not seen:
`below_lod`, with the smallest amount of the run as lod, since the programs tell none. Zero is such an absence too.
Sources  DIA-NN: Demichev et al. 2020, doi:10.1038/s41592-019-0638-x; MaxQuant: Cox & Mann 2008, doi:10.1038/nbt.1511;
         FragPipe: Kong et al. 2017, doi:10.1038/nmeth.4256; Spectronaut: Bruderer et al. 2015,
         doi:10.1074/mcp.M114.044305
"""

import re
from pathlib import PurePosixPath, PureWindowsPath

import numpy as np
import pandas as pd

from seriome.errors import DataError, did_you_mean

FORMATS = ("diann", "maxquant", "fragpipe", "spectronaut")
PROTEINS = ["accession", "members", "gene", "intensity", "contaminant"]
PEPTIDES = ["peptide", "modified", "charge", "group", "area"]
DIRT = re.compile(r"^(?:CON_|Cont_|contam_|rev_)", re.IGNORECASE)
ENDINGS = re.compile(r"\.(raw|mzml|d|wiff|htrms|dia|mzxml)(\.(gz|dia|scan))?$", re.IGNORECASE)
MEND = "docs/proteome.md says which tables are read, and which columns of them"
LONG = {  # columns of the long reports: run, group, gene, amounts in order of choice, precursor, area, rates
    "diann": {
        "run": ("Run", "File.Name"),
        "group": ("Protein.Group",),
        "gene": ("Genes",),
        "amount": ("PG.MaxLFQ", "PG.Quantity"),
        "peptide": ("Stripped.Sequence",),
        "modified": ("Modified.Sequence",),
        "charge": ("Precursor.Charge",),
        "area": ("Precursor.Quantity",),
        "q": ("Q.Value", "PG.Q.Value"),
    },
    "spectronaut": {
        "run": ("R.FileName", "R.Run Label"),
        "group": ("PG.ProteinGroups", "PG.ProteinAccessions"),
        "gene": ("PG.Genes",),
        "amount": ("PG.Quantity",),
        "peptide": ("PEP.StrippedSequence",),
        "modified": ("EG.ModifiedSequence", "EG.ModifiedPeptide"),
        "charge": ("FG.Charge",),
        "area": ("EG.TotalQuantity (Settings)", "FG.Quantity", "EG.TotalQuantity"),
        "q": ("EG.Qvalue", "PG.Qvalue"),
    },
}


def read_import(path, kind: str, names, fdr: float = 0.01, shown: str | None = None):
    """(PROTEINS, PEPTIDES, what the amounts are) of one run of a table.

    names    what the run may be called there, in order of choice: `column` of the sheet, or the unit's and the sample's
             name; paths and endings of raw files do not count
    Returns  one row per protein group that the table lists; intensity linear, NaN where this run shows none
    Raises   DataError malformed_table, empty_file, run_not_in_table
    """
    shown = shown or str(path)
    table = _read(path, shown)
    reader = {"diann": _diann, "maxquant": _maxquant, "fragpipe": _fragpipe, "spectronaut": _spectronaut}[kind]
    proteins, peptides, amount = reader(table, list(names), fdr, shown)
    proteins["intensity"] = pd.to_numeric(proteins["intensity"], errors="coerce")
    proteins.loc[~(proteins["intensity"] > 0), "intensity"] = np.nan
    proteins = proteins.sort_values(["accession", "intensity"], na_position="first").drop_duplicates(
        "accession", keep="last"
    )
    return proteins[PROTEINS].reset_index(drop=True), peptides[PEPTIDES].reset_index(drop=True), amount


def check(path, kind: str, shown: str) -> tuple[int, dict]:
    """(rows, {}) of a table of this format. Raises DataError malformed_table, empty_file."""
    table = _read(path, shown)
    needed = {"maxquant": ("Majority protein IDs", "Protein IDs"), "fragpipe": ("Protein ID", "Protein")}
    groups = needed.get(kind) or LONG[kind]["group"]
    _column(table, groups, shown, f"a table of {kind}")
    return len(table), {}


def _read(path, shown: str) -> pd.DataFrame:
    import pyarrow as pa

    try:
        if str(path).lower().endswith(".parquet"):
            table = pd.read_parquet(path)
        else:
            separator = "," if str(path).lower().removesuffix(".gz").endswith(".csv") else "\t"
            table = pd.read_csv(path, sep=separator, low_memory=False, encoding="utf-8-sig")
    except pd.errors.EmptyDataError:
        raise DataError("empty_file", f"{shown} has no line", MEND) from None
    except (pa.ArrowInvalid, UnicodeDecodeError, pd.errors.ParserError, EOFError, OSError) as error:
        raise DataError(
            "malformed_table", f"{shown} cannot be read: {str(error).replace(str(path), shown)}", MEND
        ) from None
    if not len(table):
        raise DataError("empty_file", f"{shown} has no row under its header", MEND)
    return table


def _column(table, choices, shown: str, what: str) -> str:
    for name in choices:
        if name in table.columns:
            return name
    hint = did_you_mean(choices[0], table.columns)
    raise DataError("malformed_table", f"{shown} is not {what}: it has no column {choices[0]!r}{hint}", MEND)


def stem(name: str) -> str:
    """`C:\\data\\run_1.raw` -> `run_1`, as the programs name runs by their files."""
    text = str(name)
    text = PureWindowsPath(text).name if "\\" in text else PurePosixPath(text).name
    return ENDINGS.sub("", text)


def _chosen(names, known: dict, shown: str) -> str:
    """The key of the run among {stem: key}."""
    for name in names:
        if stem(name) in known:
            return known[stem(name)]
    hint = did_you_mean(stem(names[0]), known) or f"; it has {', '.join(sorted(known)[:5])}"
    raise DataError(
        "run_not_in_table",
        f"{shown} has no run {stem(names[0])!r}{hint}",
        "name the run of the table in the sheet's `column`",
    )


def _proteins(groups, genes, amounts, dirty=False) -> pd.DataFrame:
    members = groups.astype(str).str.split(r"[;,]\s*")
    leaders = members.str[0].map(_accession)
    return pd.DataFrame(
        {
            "accession": leaders,
            "members": members.map(lambda names: ";".join(map(_accession, names))),
            "gene": genes.astype(object)
            .where(genes.notna(), None)
            .map(lambda text: str(text).split(";")[0] if text else None),
            "intensity": amounts,
            "contaminant": members.str[0].str.contains(DIRT) | dirty,
        }
    ).assign(gene=lambda table: table["gene"].where(table["gene"].notna(), table["accession"]))


def _accession(text: str) -> str:
    """`sp|P00533|EGFR_HUMAN` -> `P00533`."""
    parts = text.strip().split("|")
    return parts[1] if len(parts) >= 3 else parts[0]


def _no_peptides() -> pd.DataFrame:
    return pd.DataFrame({column: pd.Series(dtype=object) for column in PEPTIDES})


def _of_long(table, kind: str, names, fdr: float, shown: str):
    have = LONG[kind]
    run = _column(table, have["run"], shown, f"a report of {kind}")
    group = _column(table, have["group"], shown, f"a report of {kind}")
    amount = _column(table, have["amount"], shown, f"a report of {kind}")
    key = _chosen(names, {stem(name): name for name in table[run].unique()}, shown)
    for rate in have["q"]:
        if rate in table.columns:
            table = table[pd.to_numeric(table[rate], errors="coerce").fillna(0) <= fdr]
    gene = next((name for name in have["gene"] if name in table.columns), group)
    everything = table.drop_duplicates(group)
    mine = table[table[run] == key]
    amounts = pd.to_numeric(mine[amount], errors="coerce").groupby(mine[group]).max()
    proteins = _proteins(everything[group], everything[gene], everything[group].map(amounts).to_numpy())
    columns = [next((name for name in have[what] if name in table.columns), None) for what in [*PEPTIDES[:3], "area"]]
    if None in columns:
        return proteins, _no_peptides(), amount
    peptides = mine[[*columns, group]].set_axis(["peptide", "modified", "charge", "area", "group"], axis=1)
    peptides["group"] = peptides["group"].astype(str).str.split(r"[;,]").str[0].map(_accession)
    peptides["area"] = pd.to_numeric(peptides["area"], errors="coerce")
    return proteins, peptides[peptides["area"] > 0].sort_values(["group", "modified", "charge"]), amount


def _diann(table, names, fdr: float, shown: str):
    if any(name in table.columns for name in LONG["diann"]["run"]):
        return _of_long(table, "diann", names, fdr, shown)
    group = _column(table, ("Protein.Group",), shown, "a report of diann")
    about = {"Protein.Group", "Protein.Ids", "Protein.Names", "Genes", "First.Protein.Description", "N.Sequences"}
    about |= {"N.Proteotypic.Sequences"}
    column = _chosen(names, {stem(name): name for name in table.columns if name not in about}, shown)
    genes = table["Genes"] if "Genes" in table else table[group]
    return _proteins(table[group], genes, table[column]), _no_peptides(), "pg_matrix"


def _maxquant(table, names, fdr: float, shown: str):
    group = _column(table, ("Majority protein IDs", "Protein IDs"), shown, "MaxQuant's proteinGroups.txt")
    for mark in ("Reverse", "Only identified by site"):
        if mark in table.columns:
            table = table[table[mark].astype(str) != "+"]
    for prefix in ("LFQ intensity ", "Intensity "):
        known = {stem(name.removeprefix(prefix)): name for name in table.columns if name.startswith(prefix)}
        if known:
            break
    else:
        raise DataError("malformed_table", f"{shown} has no column `LFQ intensity ...` nor `Intensity ...`", MEND)
    dirty = table["Potential contaminant"].astype(str) == "+" if "Potential contaminant" in table else False
    genes = table["Gene names"] if "Gene names" in table else table[group]
    column = _chosen(names, known, shown)
    return _proteins(table[group], genes, table[column], dirty), _no_peptides(), prefix.strip()


def _fragpipe(table, names, fdr: float, shown: str):
    group = _column(table, ("Protein ID", "Protein"), shown, "FragPipe's combined_protein.tsv")
    for suffix in (" MaxLFQ Intensity", " Intensity"):
        known = {stem(name.removesuffix(suffix)): name for name in table.columns if name.endswith(suffix)}
        if known:
            break
    else:
        raise DataError("malformed_table", f"{shown} has no column `... Intensity`", MEND)
    dirty = table["Protein"].astype(str).str.contains(DIRT) if "Protein" in table else False
    genes = table["Gene"] if "Gene" in table else table[group]
    column = _chosen(names, known, shown)
    return _proteins(table[group], genes, table[column], dirty), _no_peptides(), suffix.strip()


def _spectronaut(table, names, fdr: float, shown: str):
    if any(name in table.columns for name in LONG["spectronaut"]["run"]):
        return _of_long(table, "spectronaut", names, fdr, shown)
    group = _column(table, LONG["spectronaut"]["group"], shown, "a report of spectronaut")
    suffix = ".PG.Quantity"
    known = {
        stem(re.sub(r"^\[\d+\]\s*", "", name.removesuffix(suffix))): name
        for name in table.columns
        if name.endswith(suffix)
    }
    if not known:
        raise DataError("malformed_table", f"{shown} has neither R.FileName nor columns `... .PG.Quantity`", MEND)
    genes = table["PG.Genes"] if "PG.Genes" in table else table[group]
    return _proteins(table[group], genes, table[_chosen(names, known, shown)]), _no_peptides(), "PG.Quantity"


def joined(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Proteins of one sample from those of its runs: the mean of the runs that show one."""
    table = pd.concat(tables, ignore_index=True)
    first = table.drop_duplicates("accession").set_index("accession")
    first["intensity"] = table.groupby("accession")["intensity"].mean()
    return first.sort_index().reset_index()[PROTEINS]


def features(proteins: pd.DataFrame) -> tuple[pd.DataFrame, float | None]:
    """(rows of kind `protein`, the smallest level): log2 amounts as they came, absences typed; no contaminants."""
    kept = proteins[~proteins["contaminant"].astype(bool)]
    value = np.log2(kept["intensity"].astype(float))
    lod = float(value.min()) if value.notna().any() else None
    seen = value.notna()
    rows = pd.DataFrame(
        {
            "kind": "protein",
            "feature": kept["accession"],
            "name": kept["gene"],
            "value": value,
            "unit": "log2_intensity",
            "state": np.where(seen, "measured", "below_lod" if lod is not None else "failed_qc"),
            "lod": np.where(seen, np.nan, np.nan if lod is None else lod),
        }
    )
    return rows.reset_index(drop=True), lod
