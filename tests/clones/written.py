"""Tables of read counts as people have them, written row by row."""

import csv
import gzip


def row(mutation="m1", sample="S1", ref=70, alt=30, **more):
    return {"mutation_id": mutation, "sample_id": sample, "ref_counts": ref, "alt_counts": alt, "major_cn": 1,
            "minor_cn": 1, "normal_cn": 2, "tumour_content": 0.6, "error_rate": 0.001} | more  # fmt: skip


def grid_of(mutations=("m1", "m2"), samples=("S1", "S2"), **more):
    return [row(mutation, sample, **more) for mutation in mutations for sample in samples]


def written(path, rows, delimiter="\t"):
    columns = list(dict.fromkeys(column for one in rows for column in one))
    with gzip.open(path, "wt", newline="") if path.suffix == ".gz" else open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, columns, delimiter=delimiter, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path
