"""Salmon's folders and STAR's counts become the same table of genes as kallisto's."""

import gzip

import numpy as np
import pandas as pd
import pytest

from seriome.errors import DataError
from seriome.files import write_json
from seriome.intake.tables import check_salmon, check_star
from seriome.ledger import Gaps
from seriome.rna.imports import import_sample, read_star

ABOUT = {"patient": "P1", "sample": "S1", "timepoint": "T0", "assay": "rna", "day": 0}
SETTINGS = {"min_mapped": 0.1, "strand": "auto"}
TRANSCRIPTS = pd.DataFrame(
    [("a1", "A", "AA", 100), ("a2", "A", "AA", 300), ("b1", "B", "BB", 400)],
    columns=["transcript_id", "gene_id", "gene", "length"],
)
SALMON = """Name Length EffectiveLength TPM NumReads
a1 150 100 100000 10
a2 250 200 400000 80
b1 450 400 500000 200
""".replace(" ", "\t")
STAR = """N_unmapped 10 10 10
N_multimapping 5 5 5
N_noFeature 0 90 5
N_ambiguous 5 0 0
A 20 1 19
B 80 4 76
""".replace(" ", "\t")


def salmon(folder):
    (folder / "aux_info" / "bootstrap").mkdir(parents=True)
    (folder / "quant.sf").write_text(SALMON)
    said = {"num_processed": 300, "num_mapped": 290, "library_types": ["ISR"], "salmon_version": "1.10.3"}
    write_json(folder / "aux_info" / "meta_info.json", said)
    with gzip.open(folder / "aux_info" / "bootstrap" / "names.tsv.gz", "wt") as file:
        file.write("b1\ta1\ta2\n")  # salmon's order is its own
    draws = np.array([[200.0, 10.0, 80.0], [196.0, 34.0, 60.0]])
    with gzip.open(folder / "aux_info" / "bootstrap" / "bootstraps.gz", "wb") as file:
        file.write(draws.astype("<f8").tobytes())
    return folder


def taken(path, form):
    gaps = Gaps()
    rows, info, genes = import_sample({"Q": [path]}, form, TRANSCRIPTS, SETTINGS, gaps=gaps, about=ABOUT)
    return rows, info, None if genes is None else genes.set_index("gene_id"), gaps


def test_salmon(tmp_path):
    rows, info, genes, gaps = taken(salmon(tmp_path / "s"), "salmon")
    assert (len(rows), info["state"], info["strand"], info["n_processed"], gaps) == (3, "measured", "reverse", 300, [])
    assert genes["count"].to_dict() == {"A": 90, "B": 200}
    assert genes["tpm"].to_dict() == {"A": 5e5, "B": 5e5}
    assert genes["count_variance"].to_dict() == {"A": 8, "B": 8}  # of 90 and 94, of 200 and 196
    assert check_salmon([tmp_path / "s" / "quant.sf"], ["quant.sf"]) == (3, {})


def test_star_by_hand(tmp_path):
    path = tmp_path / "ReadsPerGene.out.tab"
    path.write_text(STAR)
    _, info, genes, gaps = taken(path, "star")
    # 5 of 100 reads are forward: reverse, third column of counts
    assert (info["strand"], info["strand_share"], info["state"], gaps) == ("reverse", 0.05, "measured", [])
    assert (info["n_pseudoaligned"], info["n_processed"]) == (95, 115)
    assert genes["count"].to_dict() == {"A": 19, "B": 76}
    # lengths 200 (mean of 100 and 300) and 400: 0.095 and 0.19 reads per base
    assert genes["tpm"].to_dict() == pytest.approx({"A": 1e6 / 3, "B": 2e6 / 3})
    assert genes[["count_variance", "tpm_lower"]].isna().all(axis=None)
    assert read_star(path, "unstranded")[0].to_dict() == {"A": 20, "B": 80}
    assert check_star([path], [path.name]) == (2, {})


def test_what_is_no_star_table_is_one_clear_line(tmp_path):
    path = tmp_path / "x.tab"
    path.write_text("A\t1\t2\n")
    with pytest.raises(DataError, match=r"x.tab line 1: no gene with three counts"):
        check_star([path], ["x.tab"])
    path.write_text("A\t1\t2\t3\n")
    with pytest.raises(DataError, match=r"x.tab lacks the lines N_unmapped"):
        check_star([path], ["x.tab"])


def test_genes_of_another_annotation_are_a_gap(tmp_path):
    path = tmp_path / "x.tab"
    path.write_text(STAR.replace("A\t20", "X\t20").replace("B\t80", "Y\t80"))
    _, info, genes, gaps = taken(path, "star")
    assert (info["state"], genes, [gap.reason for gap in gaps]) == ("failed_qc", None, ["foreign_transcripts"])
