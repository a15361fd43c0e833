"""Copy number, purity and ploidy, measured on patients drawn by `seriome.simulate.copies`, truth known.

    python -m tests.bench.copynumber [--seeds 2] [--first 0] [--only panel,plasma,...]

Prints a line per kind of tumour, size and setting, and returns them with the keys

    purity_within_005       share of samples with true purity 0.2 or more and a clonal copy change that are stated
                            within 0.05; what is not stated counts as a miss
    purity_wrong_confident  share of all samples that are stated with a 95 % interval off the truth by more than 0.05
    not_estimable           share of all samples that are not stated

Settings: `tissue` five tumours with mutations, `copies` the same without any mutation, `single` one tumour sample with
mutations, `plasma` one tumour and four plasmas with mutations, `rough` as tissue with three times the GC bias and the
waves.
"""

import argparse
import time

import numpy as np

from seriome.dna import bins, clonality, copy_states, purity, segments
from seriome.simulate import copies

SETTINGS = {
    "tissue": {},
    "copies": {"mutations": False},
    "single": {"samples": 1},
    "plasma": {"plasma": True},
    "rough": {"rough": 3.0},
}


def tracks_of(made: copies.Made) -> segments.Tracks:
    """A drawn patient as the dna stage would have measured it."""
    chrom, start, end, target, gc, reads, normal = bins.joined(
        *(made.chrom, made.start, made.end, made.target, made.gc, made.reads, made.normal_reads[:, None])
    )
    ratio, variance = bins.log_ratios(chrom, start, target, gc, reads, normal)
    bias = made.normal_alt.sum() / made.normal_depth.sum()
    snps = made.snp_chrom, made.snp_pos, made.snp_alt, made.snp_depth
    return segments.Tracks(made.samples, chrom, start, end, ratio, variance, *snps, bias)


def fitted(made: copies.Made):
    """(segments, lineages) of a drawn patient."""
    found = segments.segment(tracks_of(made))
    counts = made.mutation_chrom, made.mutation_pos, made.mutation_alt, made.mutation_depth
    return found, purity.lineages(found, clonality.Mutations(*counts) if len(counts[0]) else None)


def copies_right(made: copies.Made, found: segments.Segments, fit: purity.Fit) -> float:
    """Share of the genome, by length, whose likeliest copies are the true ones of all cancer cells."""
    state = np.argmax(fit.solutions[0].copies, axis=1)
    code = made.piece_chrom * 10**10 + made.piece_start
    right = total = 0
    for g, k in enumerate(state):
        middle = np.linspace(found.start[g], found.end[g], 22)[1:-1]  # places along the segment
        piece = np.searchsorted(code, int(found.chrom[g]) * 10**10 + middle, side="right") - 1
        kept = made.share[piece].max(axis=1) == 0
        true = np.sort(made.copies[piece, 0], axis=1)
        same = (true[:, 1] == copy_states.MAJOR[k]) & (true[:, 0] == copy_states.MINOR[k])
        length = (found.end[g] - found.start[g]) / len(middle)
        right, total = right + (same & kept).sum() * length, total + kept.sum() * length
    return right / total if total else None


def score(made: copies.Made) -> list[dict]:
    """A row per sample."""
    began = time.process_time()
    found, parts = fitted(made)
    spent = time.process_time() - began
    rows, place = [], {one: (fit, s) for index, fit in parts for s, one in enumerate(index)}
    right = {one: copies_right(made, found, fit) for index, fit in parts for one in index}
    for sample, true in enumerate(made.purity):
        fit, s = place[sample]
        said = purity.stated(fit, s, len(made.snp_pos))
        known = said["purity"] is not None
        off = max(said["lower"] - true, true - said["upper"], 0)
        rows.append(
            {
                "kind": made.kind,
                "size": made.size,
                "specimen": made.specimens[sample],
                "true": true,
                "asked": true >= 0.2 and made.changed > 0,
                "said": said,
                "known": known,
                "within": known and abs(said["purity"] - true) <= 0.05,
                "wrong": known and off > 0.05,
                "covered": known and off == 0,
                "below_wrong": said["state"] == "below_lod" and off > 0.05,
                "ploidy": abs(fit.ploidy - made.ploidy[sample]) <= 0.2 if known else None,
                "copies": right[sample] if known else None,
                "apart": len(parts) > 1,
                "seconds": spent / len(made.purity),
            }
        )
    return rows


def summary(rows) -> dict:
    def share(key, of):
        values = [row[key] for row in of if row[key] is not None]
        return float(np.mean(values)) if values else None

    asked = [row for row in rows if row["asked"]]
    known = [row for row in rows if row["known"]]
    return {
        "samples": len(rows),
        "asked": len(asked),
        "purity_within_005": share("within", asked),
        "purity_wrong_confident": share("wrong", rows),
        "not_estimable": 1 - share("known", rows),
        "interval_cover": share("covered", known),
        "mean_error": float(np.mean([abs(row["said"]["purity"] - row["true"]) for row in known])) if known else None,
        "ploidy_within_02": share("ploidy", known),
        "copies_right": share("copies", known),
        "set_apart": share("apart", rows),
        "below_lod_wrong": sum(row["below_wrong"] for row in rows),
        "cpu_s_per_patient": float(np.sum([row["seconds"] for row in rows])) / max(len({row["id"] for row in rows}), 1),
    }


def measured(seeds=2, first=0, only=None) -> dict:
    rows, by = [], {}
    for setting, more in SETTINGS.items():
        for size in copies.SIZES:
            for kind in copies.KINDS:
                words = (setting, size, kind)
                if only and not set(only) <= set(words):
                    continue
                here = []
                for seed in range(first, first + seeds):
                    for row in score(copies.draw(kind, size, seed, **more)):
                        here.append(row | {"setting": setting, "id": (*words, seed)})
                by[" ".join(words)] = summary(here)
                print(_line(" ".join(words), by[" ".join(words)]), flush=True)
                rows += here
    for key in ("setting", "size", "kind"):
        for value in dict.fromkeys(row[key] for row in rows):
            by[f"all {value}"] = summary([row for row in rows if row[key] == value])
            print(_line(f"all {value}", by[f"all {value}"]))
    total = summary(rows)
    print(_line("all", total))
    return total | {"patients": len({row["id"] for row in rows}), "by": by, "rows": rows}


def _line(name, found) -> str:
    def text(value, form="5.3f"):
        return "    -" if value is None else format(value, form)

    return (
        f"{name:28} n {found['samples']:4} asked {found['asked']:4}"
        f"  within {text(found['purity_within_005'])}  wrong {text(found['purity_wrong_confident'])}"
        f"  not estimable {text(found['not_estimable'])}  cover {text(found['interval_cover'])}"
        f"  error {text(found['mean_error'])}  ploidy {text(found['ploidy_within_02'])}"
        f"  copies {text(found['copies_right'])}  apart {text(found['set_apart'])}  {found['cpu_s_per_patient']:.2f} s"
    )


def main(words=None) -> dict:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--only", default="")
    chosen = parser.parse_args(words)
    return measured(chosen.seeds, chosen.first, [one for one in chosen.only.split(",") if one])


if __name__ == "__main__":
    main()
