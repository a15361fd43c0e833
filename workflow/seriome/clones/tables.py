"""Tables: the dna stage's variants and copy number of one patient, to the tables of `results`."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from seriome.clones import events
from seriome.clones.fit import fit
from seriome.clones.likelihood import Counts
from seriome.clones.model import CopyNumber, Model, Settings
from seriome.clones.results import COLUMNS, LIQUID, TABLES, Patient, Results, conclude
from seriome.dna.consequence import nonsynonymous
from seriome.errors import DataError
from seriome.known import known_effects, resists

BY_COPIES = ("copies", "both")  # what the dna stage says a purity rests on, where copies tell it
NO_TUMOUR = ("normal", "blank", "pool")  # specimens that clones are not looked for in


@dataclass
class Clones:
    """What is known of one patient's clones: a table of each of TABLES, the fit as a dict, the data problems."""

    results: Results
    problems: list  # (sample or "", DataError)

    def __getattr__(self, name):
        if name in TABLES:
            return pd.DataFrame(self.results.rows[name], columns=COLUMNS[name]).convert_dtypes(
                convert_string=False, convert_floating=False, convert_boolean=False
            )
        return getattr(self.results, name)


def clones(
    variants: pd.DataFrame, copy_number=None, treatments=(), settings: Settings | None = None, purity=(), phased=None
) -> Clones:
    """Clones of one patient.

    variants     somatic variants, a row per variant and sample with DNA: variant gene name consequence sample day
                 timepoint specimen ref_count alt_count depth state lod called filter; used are those that pass
                 (filter PASS in any sample), and every sample but the normal
    copy_number  a row per sample and gene: sample gene chrom start end (0-based, half-open) log2_ratio lower upper and,
                 where they are known, major minor
    treatments   dicts with drug, start and, unless it goes on, end
    purity       of the dna stage: dicts with sample, state, trusted, by_copies, by_copies_lower, by_copies_upper
    phased       {(variant, variant): "cis" or "trans"} where reads span both
    """
    settings = settings or Settings()
    passing = variants.loc[variants["filter"] == "PASS", "variant"].unique()
    rows = variants[variants["variant"].isin(passing) & ~variants["specimen"].isin(NO_TUMOUR)]
    samples = _samples(rows)
    mutations = rows.drop_duplicates("variant").set_index("variant").sort_index()
    counts = _counts(rows, mutations, samples)
    copies = _copy_number(copy_number, mutations, samples, settings.copy_number_change)
    stated, sd = _purity(purity, samples, settings.purity_sd)
    model = fit(counts, copies, settings, stated, purity_sd=sd)
    names = mutations["name"].astype(object) if len(mutations) else []
    exons = mutations["exon"] if "exon" in mutations else [None] * len(mutations)
    effect = {str(name): rest for name, *rest in zip(names, mutations["consequence"], exons, strict=True)}
    limits = _wide(rows, "lod", mutations, samples).astype(float) if len(mutations) else np.zeros((0, len(samples)))
    patient = Patient(
        samples=[{key: _plain(value) for key, value in row.items()} for row in samples.to_dict("records")],
        mutations=[
            {"name": _plain(name), "gene": _plain(gene)} for name, gene in zip(names, mutations["gene"], strict=True)
        ]
        if len(mutations)
        else [],
        altering=np.array([nonsynonymous(one) for one in mutations["consequence"]], bool),
        drivers=np.array([bool(known_effects(str(name), *effect[str(name)])) for name in names], bool),
        states=_states(rows, mutations, samples),
        limits=limits,
        treatments=list(treatments),
        resists=lambda name, drugs: resists(name, drugs, *effect.get(name, ())),
        phased=phased or {},
    )
    return Clones(conclude(model, patient, settings), _problems(model, patient, len(variants)))


def _plain(value):
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value


def _samples(rows) -> pd.DataFrame:
    columns = ["sample", "day", "timepoint", "specimen", *(["site"] if "site" in rows else [])]
    return rows[columns].drop_duplicates("sample").sort_values(["day", "sample"]).reset_index(drop=True)


def _wide(rows, column, mutations, samples):
    wide = rows.pivot(index="variant", columns="sample", values=column)
    return wide.reindex(index=mutations.index, columns=samples["sample"]).to_numpy()


def _counts(rows, mutations, samples) -> Counts:
    if rows.empty:
        nothing = np.zeros((0, len(samples)), int)
        return Counts((), tuple(samples["sample"]), nothing, nothing)
    alt, ref = (
        np.nan_to_num(_wide(rows, column, mutations, samples).astype(float)).astype(int)
        for column in ("alt_count", "ref_count")
    )
    return Counts(tuple(mutations.index), tuple(samples["sample"]), alt, alt + ref)


def _copy_number(table, mutations, samples, threshold) -> CopyNumber | None:
    """Copies of the gene a mutation lies in, found by position; see model.CopyNumber.

    Those of both alleles where the dna stage tells them of every mutation, in one of the samples at least; the others
    are taken to have the same. Else the coverage of the gene against the normal.
    """
    shape = (len(mutations), len(samples))
    if table is None or table.empty or not shape[0]:
        return None
    if (alleles := _alleles(table, mutations, samples)) is not None:
        return CopyNumber(*alleles, np.full(shape, 2.0))
    ratio, error, beyond = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape, bool)
    table = table.dropna(subset=["log2_ratio", "lower", "upper"])
    for number, here in enumerate(_genes_of(table, mutations, samples)):
        for one in here.itertuples():
            cell = number, one.column
            ratio[cell] = 2**one.log2_ratio
            error[cell] = ratio[cell] * np.log(2) * (one.upper - one.lower) / 3.92
            beyond[cell] = one.lower > threshold or one.upper < -threshold
    return CopyNumber(ratio=ratio, error=error, changed=beyond.any(axis=1))


def _purity(rows, samples, least):
    """Purity (S,) that a sample's copies alone ask for, where the dna stage trusts them, and its standard deviation.

    What mutations say of purity is left out: their reads are counted by the fit itself. NaN where there is none.
    """
    value, sd = np.full((2, len(samples)), np.nan)
    for row in rows:
        if row["state"] == "measured" and row["trusted"] in BY_COPIES:
            here = (samples["sample"] == row["sample"]).to_numpy()
            centre, lower, upper = (float(row[key]) for key in ("by_copies", "by_copies_lower", "by_copies_upper"))
            value[here], sd[here] = centre, max((upper - lower) / 3.92, least)
    return value, sd


def _alleles(table, mutations, samples):
    """(major, minor), each (N, S), or None where they are not known of some mutation."""
    if "major" not in table:
        return None
    table = table.dropna(subset=["major", "minor"])
    found = np.full((2, len(mutations), len(samples)), np.nan)
    for number, here in enumerate(_genes_of(table, mutations, samples)):
        if here.empty:
            return None
        usual = here.groupby(["major", "minor"]).size().idxmax()
        found[:, number] = np.array(usual, float)[:, None]
        for one in here.itertuples():
            found[:, number, one.column] = one.major, one.minor
    found[0] = np.maximum(found[0], 1)  # a mutation that is seen is on a copy
    return found


def _genes_of(table, mutations, samples):
    """Of each mutation the rows of the genes it lies in, with `column`, the place of their sample among the samples."""
    place = {sample: one for one, sample in enumerate(samples["sample"])}
    table = table[table["sample"].isin(place)]
    table = table.assign(column=table["sample"].map(place).astype(int), chrom=table["chrom"].astype(str))
    table = table.sort_values(["sample", "start", "end", "gene"])
    for variant, row in mutations.iterrows():
        chrom, pos = _place(variant, row)
        yield table[(table["chrom"] == chrom) & (table["start"] < pos) & (table["end"] >= pos)]


def _place(variant, row):
    """Chromosome and 1-based position of `chrom:pos:ref:alt`."""
    if "chrom" in row and "pos" in row:
        return str(row["chrom"]), int(row["pos"])
    chrom, pos, _, _ = variant.rsplit(":", 3)
    return chrom, int(pos)


def _states(rows, mutations, samples):
    """measured (seen), below_lod (covered, not seen) or not_covered of every mutation and sample (N, S)."""
    if rows.empty:
        return np.zeros((0, len(samples)), object)
    depth = np.nan_to_num(_wide(rows, "depth", mutations, samples).astype(float))
    called = _wide(rows.assign(called=rows["called"].fillna(False).astype(bool)), "called", mutations, samples) == True  # noqa: E712
    return np.where(called, "measured", np.where(depth > 0, "below_lod", "not_covered"))


def _problems(model: Model, patient: Patient, looked_at) -> list:
    if not model.counts.mutations:
        detail = f"no somatic variant passed in any tumour or plasma sample ({looked_at} rows looked at)"
        return [("", DataError("no_somatic_mutations", detail, "deeper reads, a wider panel, or a tumour sample"))]
    problems = []
    for s, sample in enumerate(patient.samples):
        cleared = sample["specimen"] in LIQUID and model.founder_depth[s]  # an answer with its limit, not a gap
        if np.isfinite(model.purity[s]) or cleared:
            continue
        if not model.founder_depth[s]:
            detail = "none of the founder's mutations was covered"
        else:
            detail = (
                f"{model.founder_reads[s]} of {model.founder_depth[s]} reads of the founder's mutations show them, no "
                f"more than misreadings; a tumour fraction of {events.percent(min(model.purity_limit[s], 1))} could "
                "have been seen"
            )
        way_out = "deeper reads, or tissue with more tumour in it"
        problems.append((str(sample["sample"]), DataError("purity_not_estimable", detail, way_out)))
    return problems
