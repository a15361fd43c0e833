"""The cohort as one MuData file: samples × features, one modality per assay, for Python and R tools that read h5mu.

MuData: Bredikhin, Kats and Stegle 2022, Genome Biol 23:42, doi:10.1186/s13059-021-02577-8.
"""

import numpy as np
import pandas as pd

from seriome import __version__
from seriome.features.cohort import read_cohort_table
from seriome.features.store import STATES
from seriome.files import moved_into_place

MAIN = {"dna": "variant", "rna": "expression", "proteome": "protein", "metabolome": "metabolite"}
LAYERS = {"rna": {"counts": "count"}}  # modality: {layer: kind}
OBS = ["patient", "timepoint", "day", "specimen", "phase", "site"]


def as_mudata(tables: dict, samples: pd.DataFrame):
    """A MuData with one modality per assay that has features.

    tables   {assay: path of its cohort table}
    samples  one row per sample: sample and OBS; the order of the rows of every modality
    Returns  mudata.MuData; each modality has all samples, in X the values of its main kind (MAIN; NaN where there is
             no value), and the layers `state` (place in uns["states"], int8), `lod`, and for rna `counts`
    """
    import anndata
    import mudata

    names = samples["sample"].astype(str).tolist()
    obs = pd.DataFrame(index=pd.Index(names, name="sample", dtype=object))
    for column in OBS:
        cells = samples[column] if column in samples else pd.Series([None] * len(samples))
        if column == "day":
            obs[column] = pd.array(cells.tolist(), dtype="Int32")
        else:
            obs[column] = [str(cell) if pd.notna(cell) else "" for cell in cells]
            obs[column] = obs[column].astype(object)
    modalities = {}
    for assay, kind in MAIN.items():
        if assay not in tables:
            continue
        table = read_cohort_table(tables[assay], kind)
        if table["value"].notna().sum() == 0 and not table["state"].ne("not_measured").any():
            continue
        var = table.drop_duplicates("feature").set_index("feature")[["name", "kind", "unit"]].astype(object)
        var.index = var.index.astype(object)
        shape = (names, list(var.index))
        one = anndata.AnnData(X=_wide(table, "value", *shape), obs=obs.copy(), var=var)
        codes = table.assign(code=table["state"].map({state: code for code, state in enumerate(STATES)}))
        one.layers["state"] = _wide(codes, "code", *shape).astype(np.int8)
        one.layers["lod"] = _wide(table, "lod", *shape)
        for layer, other in LAYERS.get(assay, {}).items():
            one.layers[layer] = _wide(read_cohort_table(tables[assay], other), "value", *shape)
        one.uns["states"] = np.array(STATES, dtype=object)
        modalities[assay] = one
    with mudata.set_options(pull_on_update=False):
        cohort = mudata.MuData(modalities)
    if modalities:
        for column in OBS:
            cohort.obs[column] = obs[column].reindex(cohort.obs_names)
    cohort.uns["seriome"] = __version__
    return cohort


def write_mudata(path, cohort) -> None:
    """Write a MuData; equal content gives equal bytes."""
    import mudata

    with moved_into_place(path) as temporary, mudata.set_options(pull_on_update=False):
        cohort.write(temporary, compression="gzip")


def _wide(table: pd.DataFrame, column: str, samples, features) -> np.ndarray:
    """float64 samples × features; NaN where the table has none."""
    wide = table.pivot(index="sample", columns="feature", values=column)
    return wide.reindex(index=samples, columns=features).to_numpy(dtype="float64", na_value=np.nan)
