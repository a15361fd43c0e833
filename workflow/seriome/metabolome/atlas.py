"""The atlas: which features exist in this study, learned once from the pooled quality controls."""

import numpy as np
import pandas as pd

from seriome.errors import DataError
from seriome.metabolome.align import align, match, near_pairs
from seriome.metabolome.openms import parameters, silent

ISOTOPES = (  # heavier isotopes that may stand alone: mass step (Da), largest plausible share of the first peak
    (1.0033548, 1.0),  # 13C
    (2.0067097, 0.5),  # two 13C
    (0.9970349, 0.05),  # 15N
    (1.9957959, 0.15),  # 34S
    (2.0042450, 0.05),  # 18O
)  # masses: AME2020, doi:10.1088/1674-1137/abddaf; shares: generous bounds for molecules below 1000 Da
COLUMNS = [
    "feature",
    "polarity",
    "mz",
    "rt_s",
    "fwhm_s",
    "charge",
    "isotope_ratio",
    "n_pools",
    "pool_log2_area",
    "name",
    "compound_id",
    "adduct",
    "msi_level",
    "ppm_error",
    "spectral_score",
    "matched_peaks",
    "blank_ratio",
    "in_blank",
]
NUMBERS = ["mz", "rt_s", "fwhm_s", "isotope_ratio", "pool_log2_area", "ppm_error", "spectral_score", "matched_peaks"]
NUMBERS += ["blank_ratio"]


def learn(pools, blanks, settings: dict) -> tuple[pd.DataFrame, dict]:
    """Link the features of the pools, keep what stands in enough of them, and hold it against the blanks.

    pools, blanks  lists of (features, found) as `detect` gives them, one per run; found has also `polarity`
    settings       the section `metabolome` of the configuration
    Returns        the atlas (COLUMNS), positive before negative, by m/z; names are those of unknowns (see `naming`)
                   what goes with it, per polarity: fwhm_s, rt_tolerance_s, counts

    Each polarity is an atlas of its own. A feature's m/z and retention time are the medians over the pools that have
    it (retention as it was measured, so that no single run is the truth). Heavier isotopes that stood alone are left
    out.
    Raises         DataError no_atlas
    """
    parts, note = [], {}
    for polarity in ("positive", "negative"):
        own = [(table, found) for table, found in pools if found["polarity"] == polarity and len(table)]
        if own:
            against = [table for table, found in blanks if found["polarity"] == polarity]
            part, note[polarity] = _learn(own, against, polarity, settings)
            parts.append(part)
    if not parts:
        raise DataError(
            "no_atlas",
            "none of the injections that the atlas is learned from has features",
            "mend or repeat them; where only the pools are broken, metabolome.atlas: all learns from every sample",
        )
    return pd.concat(parts, ignore_index=True)[COLUMNS], note


def _learn(pools, blanks, polarity: str, settings: dict) -> tuple[pd.DataFrame, dict]:
    """The atlas of one polarity; `blanks` are tables of features."""
    fwhm_s = float(np.median([found["fwhm_s"] for _, found in pools]))
    rt_tolerance_s = settings["link_rt_s"] or 1.5 * fwhm_s
    grouped = link([table for table, _ in pools], fwhm_s, rt_tolerance_s, settings)
    needed = max(1, int(np.ceil(settings["pool_fraction"] * len(pools))))
    enough = grouped[grouped["n_pools"] >= needed]
    atlas = _one_each(enough, settings["link_ppm"], 0.5 * fwhm_s)
    unique = len(atlas)
    atlas = _without_isotopes(atlas, settings["link_ppm"], 0.5 * fwhm_s)
    isotopes = unique - len(atlas)
    ratio = _blank_ratio(atlas, blanks, fwhm_s, rt_tolerance_s, settings)
    atlas = atlas.assign(
        feature=[f"M{polarity[0].upper()}{number:05d}" for number in range(1, len(atlas) + 1)],
        polarity=polarity,
        pool_log2_area=np.log2(atlas["area"]),
        blank_ratio=ratio,
        in_blank=ratio >= settings["blank_ratio"] if len(blanks) else False,
        name=[f"{mz:.4f}@{rt:.0f}s" for mz, rt in zip(atlas["mz"], atlas["rt_s"], strict=True)],
        compound_id=None,
        adduct=None,
        msi_level=4,
        ppm_error=np.nan,
        spectral_score=np.nan,
        matched_peaks=np.nan,
    )
    note = {
        "pools": len(pools),
        "blanks": len(blanks),
        "fwhm_s": fwhm_s,
        "rt_tolerance_s": float(rt_tolerance_s),
        "linked_groups": len(grouped),
        "in_too_few_pools": len(grouped) - len(enough),
        "doubled_left_out": len(enough) - unique,
        "isotopes_left_out": isotopes,
    }
    return atlas, note


def empty() -> pd.DataFrame:
    """An atlas without features."""
    kinds = dict.fromkeys(COLUMNS, "object") | dict.fromkeys(NUMBERS, "float64")
    kinds |= {"charge": "int64", "n_pools": "int64", "msi_level": "int64", "in_blank": "bool"}
    return pd.DataFrame({column: pd.Series(dtype=kinds[column]) for column in COLUMNS})


def link(tables: list[pd.DataFrame], fwhm_s: float, rt_tolerance_s: float, settings: dict) -> pd.DataFrame:
    """Groups of like features, at most one of each table: mz rt_s area fwhm_s charge isotope_ratio (medians), n_pools.

    Every table is aligned to the one with the most features; groups are then built in a tree of
    m/z and time (OpenMS FeatureGroupingAlgorithmKD, Röst et al. 2016, doi:10.1038/nmeth.3959), which took
    less time with many tables than quality threshold clustering and found the same.
    """
    import pyopenms as oms

    reference = max(range(len(tables)), key=lambda index: (len(tables[index]), -index))
    ppm, maps, headers = settings["link_ppm"], [], {}
    for number, table in enumerate(tables):
        rt = table["rt_s"].to_numpy()
        if number != reference:
            warp = align(table, tables[reference], ppm=ppm, max_shift_s=settings["max_shift_s"], fwhm_s=fwhm_s)
            rt = warp(rt)
        maps.append(_feature_map(table["mz"].to_numpy(), rt, table["area"].to_numpy()))
    if len(tables) == 1:
        members = [[(0, row)] for row in range(len(tables[0]))]
    else:
        grouping, consensus = oms.FeatureGroupingAlgorithmKD(), oms.ConsensusMap()
        parameters(
            grouping,
            warp__enabled="false",  # they are aligned already
            link__charge_merging="Any",
            link__rt_tol=float(rt_tolerance_s),
            link__mz_tol=float(ppm),
            mz_unit="ppm",
        )
        for number, feature_map in enumerate(maps):
            header = oms.ColumnHeader()
            header.filename, header.size = str(number), feature_map.size()
            headers[number] = header
        consensus.setColumnHeaders(headers)
        with silent():
            grouping.group(maps, consensus)
        members = [
            [(handle.getMapIndex(), handle.getUniqueId() - 1) for handle in group.getFeatureList()]
            for group in consensus
        ]
    columns = ["mz", "rt_s", "area", "fwhm_s"]
    parts = [(group, table, row) for group, of in enumerate(members) for table, row in sorted(of)]
    group, starts = [part[0] for part in parts], np.cumsum([0, *map(len, tables)])
    linked = pd.concat(tables).iloc[[starts[table] + row for _, table, row in parts]].reset_index(drop=True)
    charge = linked["charge"].where(linked["charge"] > 0).groupby(group).median()
    linked["isotope_ratio"] = [ratios[1] if len(ratios) > 1 else np.nan for ratios in linked["isotopes"]]
    medians = linked[[*columns, "isotope_ratio"]].astype(float).groupby(group).median()
    medians = medians.assign(charge=charge.fillna(0).astype(int), n_pools=linked.groupby(group).size())
    return medians.sort_values(["mz", "rt_s", "area"], ignore_index=True)


def _feature_map(mz, rt, area):
    import pyopenms as oms

    features = oms.FeatureMap()
    for number, values in enumerate(zip(mz, rt, area, strict=True), start=1):
        feature = oms.Feature()
        feature.setMZ(float(values[0]))
        feature.setRT(float(values[1]))
        feature.setIntensity(float(values[2]))
        feature.setUniqueId(number)
        features.push_back(feature)
    return features


def _one_each(table: pd.DataFrame, ppm: float, rt_s: float) -> pd.DataFrame:
    """Of features that no extraction could tell apart (both differences within the tolerances), the strongest."""
    return _drop(table, *_pairs(table, table["mz"], ppm, rt_s))


def _without_isotopes(table: pd.DataFrame, ppm: float, rt_s: float) -> pd.DataFrame:
    """Without the heavier isotopes of a stronger feature at the same time (charge 1, or the feature's own)."""
    found = []
    for step, share in ISOTOPES:
        pairs = _pairs(table, table["mz"] + step / table["charge"].clip(lower=1), ppm, rt_s)
        found.append([*pairs, np.full(len(pairs[0]), share)])
    return _drop(table, *(np.concatenate(part) for part in zip(*found, strict=True)))


def _pairs(table, mz, ppm, rt_s):
    rt = table["rt_s"].to_numpy()
    return near_pairs(mz.to_numpy(), rt, table["mz"].to_numpy(), rt, ppm=ppm, rt_tolerance_s=rt_s)


def _drop(table, keepers, others, share=1.0) -> pd.DataFrame:
    """Drop from each pair the other, where its area is at most this share of the keeper's; strongest keepers first.

    Of two equal areas the one that comes first is kept.
    """
    area, gone = table["area"].to_numpy(), np.zeros(len(table), bool)
    rows = sorted(zip(-area[keepers], keepers, others, np.broadcast_to(share, len(keepers)), strict=True))
    for _, keeper, other, part in rows:
        weaker = (area[other], -other) < (area[keeper], -keeper)
        if keeper != other and not gone[keeper] and weaker and area[other] <= part * area[keeper]:
            gone[other] = True
    return table[~gone].reset_index(drop=True)


def _blank_ratio(atlas, blanks, fwhm_s, rt_tolerance_s, settings) -> np.ndarray:
    """Median area in the blanks over median area in the pools; 0 where no feature of a blank matches, NaN without."""
    if not blanks:
        return np.full(len(atlas), np.nan)
    areas = np.zeros((len(blanks), len(atlas)))
    for number, blank in enumerate(blanks):
        if len(blank):
            warp = align(blank, atlas, ppm=settings["link_ppm"], max_shift_s=settings["max_shift_s"], fwhm_s=fwhm_s)
            moved = blank.assign(rt_s=warp(blank["rt_s"]))
            pairs = match(moved, atlas, ppm=settings["link_ppm"], rt_tolerance_s=rt_tolerance_s)
            areas[number, pairs["there"]] = blank["area"].to_numpy()[pairs["here"]]
    return np.median(areas, axis=0) / atlas["area"].to_numpy()
