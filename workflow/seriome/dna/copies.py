"""Copies: one patient's reads in bins, SNPs and mutations to tables of segments, of purity, and copies per gene.

What `segments` and `purity` compute on arrays, from the tables of the dna stage and to them. Only autosomes take part:
a normal cell has two copies of each, which is not known of X and Y.
"""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from seriome.dna import bins, clonality, copy_states, purity, segments, snps

NOT_AUTOSOME = re.compile(r"(chr)?(X|Y|M|MT)([_.].*)?$", re.IGNORECASE)
LEAST_BINS = 20  # bins of all autosomes below which no segment is made
SEGMENT_COLUMNS = [
    *("patient", "sample", "chrom", "start", "end", "bins", "snps", "log2_ratio", "lower", "upper"),
    *("imbalance", "major", "minor", "probability", "total", "deviates"),
]
PURITY_COLUMNS = [
    *("patient", "sample", "day", "specimen", "purity", "lower", "upper", "state", "reason"),
    *("ploidy", "ploidy_lower", "ploidy_upper", "doubled", "altered", "altered_lower", "altered_upper"),
    *("loh", "loh_lower", "loh_upper", "alternatives"),
    *("by_copies", "by_copies_lower", "by_copies_upper"),
    *("by_mutations", "by_mutations_lower", "by_mutations_upper", "trusted", "together"),
]


@dataclass(frozen=True)
class Copies:
    """Rows of SEGMENT_COLUMNS and of PURITY_COLUMNS, dicts; `at` tells the copies of any place."""

    segments: list
    purity: list
    found: segments.Segments | None = None
    by_sample: dict | None = None  # {sample: (G,) rows of `segments`}

    def at(self, sample: str, chrom, position) -> list[dict]:
        """The segment's row of each 0-based place in a sample, {} where there is none."""
        if self.found is None or sample not in self.by_sample:
            return [{}] * len(chrom)
        rows = self.by_sample[sample]
        index = self.found.of(np.asarray(chrom, str), np.asarray(position))
        return [rows[one] if one >= 0 else {} for one in index]


def of_patient(samples, counted: dict, hets, alleles: dict, variants, pool=()) -> Copies:
    """Segments, purity, ploidy and copies of one patient, all samples together.

    samples   rows {patient sample timepoint day specimen}
    counted   {sample: table of bins: chrom start end target gc reads}, the normal's among them
    hets      table of snps.HET_COLUMNS;  alleles  {sample: table of snps.ALLELE_COLUMNS, in the order of `hets`}
    variants  the patient's table of variants, or None
    pool      tables of bins of other normals that take part in the reference
    """
    tumours = [row for row in samples if row["specimen"] != "normal"]
    normals = [counted[row["sample"]] for row in samples if row["specimen"] == "normal"][:1]
    references = [one for one in [*normals, *pool] if one["reads"].sum()]
    read = [row for row in tumours if counted[row["sample"]]["reads"].sum()]
    if not references or not read:
        reason = "no_normal" if read else "no_reads"
        return Copies([], [_unknown(row, reason) for row in tumours])
    names = tuple(row["sample"] for row in read)
    tracks = _tracks(names, counted, references, hets, alleles)
    if len(tracks.chrom) < LEAST_BINS:
        return Copies([], [_unknown(row, "few_bins") for row in tumours])
    found = segments.segment(tracks)
    fits = {}  # of each sample: the fit that it is in, its index there, what is said of its purity
    parts = purity.lineages(found, _mutations(variants, names))
    for index, fit in parts:
        for s, one in enumerate(index):
            fits[names[one]] = fit, s, purity.stated(fit, s, len(tracks.snp_pos))
    by_sample, rows = {}, []
    for row in tumours:
        name = row["sample"]
        if name not in fits:
            rows.append(_unknown(row, "no_reads"))
            continue
        fit, s, said = fits[name]
        by_sample[name] = _segments(row, names.index(name), s, found, fit, said["purity"])
        together = [names[one] for index, _ in parts if names.index(name) in index for one in index]
        rows.append(_purity(row, s, found, fit, said) | {"together": ",".join(together)})
    return Copies([row for one in by_sample.values() for row in one], rows, found, by_sample)


def _tracks(names, counted, references, hets, alleles) -> segments.Tracks:
    first = references[0]
    keep = np.array([not NOT_AUTOSOME.match(name) for name in first["chrom"].astype(str)], bool)
    chrom = first["chrom"].astype(str).to_numpy()[keep]
    start, end = (first[key].to_numpy()[keep] for key in ("start", "end"))
    target, gc = first["target"].to_numpy(bool)[keep], first["gc"].to_numpy(float)[keep]
    reads = np.stack([counted[name]["reads"].to_numpy()[keep] for name in names], axis=1)
    normal = np.stack([one["reads"].to_numpy()[keep] for one in references], axis=1)
    chrom, start, end, target, gc, reads, normal = bins.joined(chrom, start, end, target, gc, reads, normal)
    ratio, variance = bins.log_ratios(chrom, start, target, gc, reads, normal)
    good = np.isfinite(ratio).any(axis=1)
    place = hets["chrom"].astype(str).isin(set(chrom[good])).to_numpy()
    order = {name: number for number, name in enumerate(dict.fromkeys(chrom))}
    hets = hets[place]
    sort = np.lexsort((hets["pos"].to_numpy(), [order[name] for name in hets["chrom"].astype(str)]))
    hets = hets.iloc[sort]
    own = [alleles[name][place].iloc[sort] for name in names]
    alt = np.stack([one["alt_count"].to_numpy(float) for one in own], axis=1)
    depth = alt + np.stack([one["ref_count"].to_numpy(float) for one in own], axis=1)
    normal_alt, normal_ref = (hets[key].to_numpy(float) for key in ("alt_count", "ref_count"))
    bias, precision = snps.noise_of(normal_alt, normal_alt + normal_ref)
    return segments.Tracks(
        *(names, chrom[good], start[good], end[good], ratio[good], variance[good]),
        *(hets["chrom"].astype(str).to_numpy(), hets["pos"].to_numpy(), alt, depth, bias, precision),
    )


def _mutations(variants, names) -> clonality.Mutations | None:
    """Single-base changes that pass, of autosomes, in the samples named."""
    if variants is None or not len(variants):
        return None
    kept = variants[
        (variants["filter"] == "PASS")
        & (variants["ref"].str.len() == 1)
        & (variants["alt"].str.len() == 1)
        & variants["sample"].isin(names)
        & ~variants["chrom"].astype(str).str.match(NOT_AUTOSOME)
    ]
    if not len(kept):
        return None
    alt, depth = (
        kept.pivot(index="variant", columns="sample", values=key)
        .reindex(columns=list(names))
        .astype("float64")
        .fillna(0)
        .to_numpy()
        for key in ("alt_count", "depth")
    )
    place = kept.drop_duplicates("variant").set_index("variant").sort_index()
    return clonality.Mutations(place["chrom"].astype(str).to_numpy(), place["pos"].to_numpy(), alt, depth)


def _segments(row, at, s, found, fit, known) -> list[dict]:
    """Rows of SEGMENT_COLUMNS of one sample, `at` of the segments and `s` of the fit; copies where purity is stated."""
    likely = sum(one.probability * one.copies for one in fit.solutions)
    state = np.argmax(fit.solutions[0].copies, axis=1)
    rows = []
    for g in range(len(found)):
        ratio, error = found.ratio[g, at], np.hypot(found.error[g, at], purity.SYSTEMATIC)
        curve = found.curve[g, at]
        measured = np.isfinite(ratio)
        one = {
            **{"patient": row["patient"], "sample": row["sample"], "chrom": str(found.chrom[g])},
            **{"start": int(found.start[g]), "end": int(found.end[g])},
            **{"bins": int(found.bins[g]), "snps": int(found.snps[g])},
            "log2_ratio": round(float(ratio), 4) if measured else None,
            "lower": round(float(ratio - 1.96 * error), 4) if measured else None,
            "upper": round(float(ratio + 1.96 * error), 4) if measured else None,
            "imbalance": round(float(abs(segments.DELTA[np.argmax(curve)])), 4) if np.ptp(curve) > 0 else None,
            **dict.fromkeys(("major", "minor", "probability", "total", "deviates")),
        }
        if known is not None and measured:
            deviates = float(fit.deviates[g, s])
            total = copy_states.total_copies(ratio, known, float(fit.solutions[0].ploidy[s]))
            one |= {"deviates": round(deviates, 3), "total": round(max(float(total), 0.0), 2)}
            k = state[g]
            one |= {"major": int(copy_states.MAJOR[k]), "minor": int(copy_states.MINOR[k])}
            one["probability"] = round(float(likely[g, k]) * (1 - deviates), 3)
        rows.append(one)
    return rows


def _purity(row, s, found, fit, said) -> dict:
    one = _unknown(row, said["reason"]) | {"state": said["state"]}
    one |= {key: _short(said[key]) for key in ("purity", "lower", "upper")}
    one["alternatives"] = ";".join(
        f"purity={other.purity[s]:.2f},ploidy={_mean_copies(found, other):.2f},probability={other.probability:.3f}"
        for other in fit.solutions
    )
    for name, mass in (("copies", fit.of_copies[s]), ("mutations", fit.of_mutations[s])):
        mean, lower, upper = purity.interval(mass)
        if name == "copies" or fit.mutations[s] > 0:
            one |= {f"by_{name}": _short(mean), f"by_{name}_lower": _short(lower), f"by_{name}_upper": _short(upper)}
    one["trusted"] = trusted(one, float(fit.changed[s]))
    if said["purity"] is None:
        return one
    size = (found.end - found.start) / (found.end - found.start).sum()
    base = 2 if fit.solutions[0].doubled else 1
    copies = sum(other.probability * other.copies for other in fit.solutions)
    plain = (base == copy_states.MAJOR) & (base == copy_states.MINOR)
    altered = 1 - copies[:, plain].sum(axis=1) * (1 - fit.deviates[:, s])
    lost = copies[:, (copy_states.MINOR == 0) & (copy_states.MAJOR > 0)].sum(axis=1)
    one |= {
        "ploidy": _short(fit.ploidy),
        "ploidy_lower": _short(fit.ploidy_lower),
        "ploidy_upper": _short(fit.ploidy_upper),
        "doubled": _short(fit.doubled),
    }
    for name, part in (("altered", altered), ("loh", lost)):
        mean, sd = size @ part, np.sqrt(size**2 @ (part * (1 - part)))
        one |= {
            name: _short(mean),
            f"{name}_lower": _short(max(mean - 1.96 * sd, 0)),
            f"{name}_upper": _short(min(mean + 1.96 * sd, 1)),
        }
    return one


def trusted(one: dict, changed: float) -> str:
    """Which of two estimates of the tumour's share to go by: `copies`, `mutations`, `both`, `neither`, or `disagree`.

    Where both intervals overlap they were combined, unless one of them says next to nothing (three times as wide as
    the other). Where they do not, copies are believed only if they speak for a tumour clearly, and not against
    mutations that do, too.
    one      by_copies, by_mutations with _lower and _upper; None where there is none
    changed  nats by which copies speak for a changed genome in this sample
    """
    ranges = {}
    for name in ("copies", "mutations"):
        if one[f"by_{name}"] is not None:
            ranges[name] = one[f"by_{name}_lower"], one[f"by_{name}_upper"]
    widths = {name: upper - lower for name, (lower, upper) in ranges.items()}
    useful = [name for name, width in widths.items() if width <= purity.WIDTH]
    if "copies" in useful and changed < purity.FAINT and "mutations" in widths:
        useful.remove("copies")
    if len(useful) < 2:
        return useful[0] if useful else "neither"
    (low, high), (lower, upper) = ranges["copies"], ranges["mutations"]
    if low > upper or lower > high:
        return "disagree"
    narrow, wide = sorted(useful, key=widths.get)
    return narrow if widths[wide] > 3 * widths[narrow] else "both"


def _mean_copies(found, solution) -> float:
    size = found.end - found.start
    return float(size @ (solution.copies @ copy_states.TOTAL) / size.sum())


def _short(value):
    return None if value is None else round(float(value), 4)


def _unknown(row, reason) -> dict:
    one = dict.fromkeys(PURITY_COLUMNS) | {key: row[key] for key in ("patient", "sample", "day", "specimen")}
    return one | {"state": "not_estimable", "reason": reason, "trusted": "neither"}


def copies_of_genes(genes: pd.DataFrame, copies: Copies) -> pd.DataFrame:
    """The table of genes with major, minor, their probability, and total copies (not rounded) at each gene's middle."""
    table = genes.copy()
    keys = {"major": "major", "minor": "minor", "copies_probability": "probability", "total_copies": "total"}
    table[list(keys)] = np.nan
    for sample, rows in table.groupby("sample", sort=False):
        middle = ((rows["start"] + rows["end"]) // 2).to_numpy()
        auto = [not NOT_AUTOSOME.match(name) for name in rows["chrom"].astype(str)]
        found = copies.at(sample, rows["chrom"].astype(str).to_numpy(), middle)
        for column, key in keys.items():
            values = [one.get(key) if good else None for one, good in zip(found, auto, strict=True)]
            table.loc[rows.index, column] = np.array(values, float)
    return table
