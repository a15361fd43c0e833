"""Command: `seriome clones`, from a table of counts to a folder of tables."""

from pathlib import Path

import numpy as np

from seriome.clones.counts import read_counts
from seriome.clones.fit import fit
from seriome.clones.model import Settings
from seriome.clones.results import Patient, Results, conclude, states_of
from seriome.errors import InputError
from seriome.files import read_tsv


def clones_of(table, settings: Settings, treatments=(), phased=None) -> Results:
    """Everything that `seriome clones` says of a table of counts (`counts.Table`)."""
    model = fit(table.counts, table.copy_number, settings, table.purity, table.error)
    model.warnings[:0] = table.warnings
    states, limits = states_of(table.counts, table.error)
    named = np.array([bool(one.get("name") or one.get("gene")) for one in table.mutations])
    patient = Patient(
        samples=table.samples,
        mutations=table.mutations,
        altering=named,
        drivers=named,
        states=states,
        limits=limits,
        treatments=list(treatments),
        resists=_resists if named.any() else None,
        phased=phased or {},
    )
    return conclude(model, patient, settings)


def _resists(name: str, drugs) -> bool:
    from seriome.known import resists

    return resists(name, drugs)


def run(counts, out, samples=None, treatments=None, phased=None, pictures=False, settings=None) -> Results:
    """Read, fit, write. `treatments`: a sheet with drug, start and end (days); `phased`: see `read_phased`."""
    table = read_counts(counts, samples)
    given = read_treatments(treatments) if treatments else []
    pairs = read_phased(phased, table.counts.mutations) if phased else {}
    results = clones_of(table, settings or Settings(), given, pairs)
    try:
        Path(out).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{out} cannot be made a folder ({error.strerror})") from None
    results.write(out)
    if pictures:
        draw(out, given)
    return results


def read_treatments(path) -> list[dict]:
    """Rows of drug, start and, unless it goes on, end, from a sheet like config/treatments.tsv of one patient."""
    rows = []
    for line, row in enumerate(_sheet(path), start=2):
        try:
            one = {"drug": row["drug"], "start": int(row["start"])}
            if row.get("end"):
                one["end"] = int(row["end"])
        except (KeyError, ValueError, TypeError):
            raise InputError(f"{path}, line {line}: needs drug, start and end (whole days; end may be empty)") from None
        rows.append(one)
    return rows


def read_phased(path, mutations=None) -> dict:
    """{(mutation_id, other_mutation_id): "cis" or "trans"} of pairs that reads span; those that are open are left out.

    mutations   those that there are; None: no other is a mistake
    """
    found, known = {}, None if mutations is None else set(mutations)
    for line, row in enumerate(_sheet(path), start=2):
        pair, phase = (row.get("mutation_id"), row.get("other_mutation_id")), row.get("phase")
        if phase not in ("cis", "trans", "open") or not (known is None or known.issuperset(pair)):
            raise InputError(
                f"{path}, line {line}: needs mutation_id and other_mutation_id of the table of counts, and phase, "
                "which is cis, trans or open"
            )
        if phase != "open":
            found[pair] = phase
    return found


def _sheet(path) -> list[dict]:
    try:
        return read_tsv(path)
    except FileNotFoundError:
        raise InputError(f"{path} is not there") from None


def draw(folder, treatments) -> None:
    """Pictures of the tables in a folder, beside them; without days only the tree."""
    import pandas as pd

    from seriome.clones.pictures import write_pictures

    tables = {}
    for name in ("trajectories", "tree", "clusters", "growth", "heterogeneity"):
        tables[name] = pd.read_csv(Path(folder, f"{name}.tsv"), sep="\t")
    write_pictures(folder, tables, treatments)
