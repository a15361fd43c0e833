"""Xenografts and organoids: the host's reads told apart, what a model shares with its tumour."""

import random

import numpy as np
import pysam
import pytest

from seriome.dna import align, fidelity, host, index, reference, tables

from . import made

INF = -np.inf


@pytest.mark.parametrize(
    ("graft", "of_host", "kind"),
    [
        ((100, 90), (80, 95), host.GRAFT),  # the better mate speaks first
        ((100, 90), (100, 70), host.GRAFT),
        ((70, 100), (100, 90), host.HOST),
        ((100, 100), (100, 100), host.AMBIGUOUS),
        ((40, INF), (INF, INF), host.GRAFT),
        ((100, INF), (100, 30), host.HOST),
        ((INF, INF), (INF, INF), host.NEITHER),
    ],
)
def test_pairs_go_where_they_fit_better(graft, of_host, kind):
    assert host.classes(np.array([graft], float), np.array([of_host], float)).tolist() == [kind]


def test_the_share_of_the_host_by_hand():
    unit = {"graft_pairs": 60, "host_pairs": 15, "ambiguous_pairs": 9, "unplaced_pairs": 1}
    found = host.summary([unit, unit])
    assert (found["host_pairs"], found["ambiguous_pairs"], found["host_share"]) == (30, 18, 0.2)
    assert found["host_share_lower"] < 0.2 < found["host_share_upper"] < 0.28
    assert set(host.summary([unit, {"pairs": 3}]).values()) == {None}  # one unit was not separated
    assert set(host.summary([]).values()) == {None}
    nothing = host.summary([dict.fromkeys(unit, 0)])
    assert (nothing["host_pairs"], nothing["host_share"]) == (0, None)


def best_scores(path) -> dict:
    """{name: [best score of mate 1, of mate 2]} over all alignments of a BAM."""
    found = {}
    with pysam.AlignmentFile(str(path), "rb", check_sq=False) as file:
        for read in file:
            pair = found.setdefault(read.query_name, [INF, INF])
            pair[read.is_read2] = max(pair[read.is_read2], read.get_tag("AS"))
    return found


def test_real_reads_of_two_species(shared_real):
    # labels inferred from the names: FCB02N4ACXX human, SRR530637 mouse; the better mate alone says 978 of 982 human,
    # and of the others 548 mouse, 231 human, 166 alike
    human, mouse = (best_scores(shared_real / f"xenograft/{name}.bam") for name in ("human", "mouse"))
    names = sorted(set(human) | set(mouse))
    ours, theirs = (np.array([of.get(name, [INF, INF]) for name in names]) for of in (human, mouse))
    is_human = np.array([name.startswith("FCB02N4ACXX") for name in names])

    def tally(kinds):
        of = {True: kinds[is_human].tolist(), False: kinds[~is_human].tolist()}
        return {(name, kind): of[name].count(kind) for name in of for kind in (host.GRAFT, host.HOST, host.AMBIGUOUS)}

    first = tally(host.classes(ours.max(1, keepdims=True), theirs.max(1, keepdims=True)))
    assert [first[True, kind] for kind in (host.GRAFT, host.HOST, host.AMBIGUOUS)] == [978, 0, 4]
    assert [first[False, kind] for kind in (host.GRAFT, host.HOST, host.AMBIGUOUS)] == [231, 548, 166]
    both = tally(host.classes(ours, theirs))
    assert both[True, host.GRAFT] >= 978
    assert both[False, host.HOST] >= 548
    assert both[False, host.AMBIGUOUS] < 166  # the other mate decides some of the ties


def near_copy(text: str, seed: int) -> str:
    """The text with 8 % of its bases changed but a stretch of 1,000 that both species share."""
    rng = random.Random(seed)
    changed = "".join(rng.choice("ACGT") if rng.random() < 0.1 else base for base in text)
    return changed[:4500] + text[4500:5500] + changed[5500:]


@pytest.fixture(scope="module")
def mixture(tmp_path_factory):
    """Counts and BAM of 600 human and 400 mouse pairs, named after what they are."""
    folder = tmp_path_factory.mktemp("graft")
    human = made.genome()["c1"]
    mouse = near_copy(human, 3)
    for name, text in (("human", human), ("mouse", mouse)):
        (folder / f"{name}.txt").write_text(f">c1\n{text}\n")
        reference.copy_genome(folder / f"{name}.txt", folder / f"{name}.fa")
        index.bwa_index(folder / f"{name}.fa")
    reads = [
        (*pair, f"{name}{i}")
        for name, text, number in (("human", human, 600), ("mouse", mouse, 400))
        for i, pair in enumerate(made.pairs([(text, number, 0, 6000)], seed=number, error=2e-3))
    ]
    files = made.write_fastq(folder, "x", reads)
    about = {"sample": "X", "run": "L1"}
    counts = align.align_pairs(folder / "human.fa", files, folder / "x.bam", **about, host_genome=folder / "mouse.fa")
    plain = align.align_pairs(folder / "human.fa", files, folder / "all.bam", **about)
    return folder, counts, plain


def test_host_reads_are_taken_out(mixture):
    folder, counts, plain = mixture
    assert sum(counts[name] for name in host.COUNTS.values()) == counts["pairs"] == 1000
    with pysam.AlignmentFile(str(folder / "x.bam"), "rb") as file:
        found = list(file.fetch(until_eof=True))
    names = {read.query_name for read in found}
    proper = sum(read.is_proper_pair for read in found)
    assert not any(name.startswith("mouse") for name in names)
    # one sixth of the genome is shared: pairs that lie wholly in it are left out
    assert 600 * 0.8 < len(names) == counts["graft_pairs"] < 600 * 0.95
    assert proper > 1.9 * len(names)
    assert host.summary([counts])["host_share"] == pytest.approx(0.4, abs=0.05)
    assert plain == {"pairs": 1000, "short": 0}


# ------------------------------------------------------------------------------------------------------------ fidelity


def row(sample, specimen, variant, vaf, lod=0.05, reasons="PASS"):
    called = vaf is not None and vaf > 0
    state = "not_measured" if vaf is None else "measured" if called else "below_lod"
    about = {"patient": "X", "sample": sample, "specimen": specimen, "variant": variant, "chrom": "c", "pos": 1}
    about |= {"ref": "A", "alt": "C", "name": f"G {variant}", "filter": reasons, "tumor_only": False}
    return about | {"called": called, "state": state, "vaf": vaf, "lod": None if vaf is None else lod}


def table(**variants):
    """variant = (T1's, T2's, model's) as (vaf, lod)."""
    kinds = (("T1", "tumor"), ("T2", "tumor"), ("M", "pdx"))
    return tables.typed(
        [row(*kind, name, *cell) for name, cells in variants.items() for kind, cell in zip(kinds, cells, strict=True)]
    )


def test_verdicts_respect_what_could_have_been_seen():
    found = fidelity.of_patient(
        table(
            trunk=((0.4,), (0.3,), (0.9,)),
            lost=((0.4,), (0, 0.05), (0, 0.02)),
            thin=((0.4,), (0, 0.05), (0, 0.5)),  # the model was too shallow to tell
            new=((0, 0.05), (0, 0.05), (0.3,)),
            other=((0, 0.05), (0.2,), (0.3,)),
            unread=((None,), (0.2,), (0.3,)),
            nowhere=((0,), (0,), (0,)),
        )
    )
    said = {(one["tumor"], one["variant"]): one["verdict"] for one in found}
    assert said == {
        **{("T1", "trunk"): "shared", ("T1", "lost"): "lost", ("T1", "thin"): "undecided", ("T1", "new"): "private"},
        **{("T1", "other"): "elsewhere", ("T1", "unread"): "undecided", ("T2", "trunk"): "shared"},
        **{("T2", "new"): "private", ("T2", "other"): "shared", ("T2", "unread"): "shared"},
    }
    first, second = fidelity.summary(found)
    assert [first[key] for key in ("shared", "lost", "private", "elsewhere", "undecided")] == [1, 1, 1, 1, 2]
    assert (first["kept"], second["kept"]) == (0.5, 1.0)
    assert first["kept_lower"] < 0.5 < first["kept_upper"]


def test_no_model_no_verdict(tmp_path):
    none = tables.typed([row("T1", "tumor", "v", 0.3)])
    assert fidelity.of_patient(none) == []
    assert fidelity.of_patient(tables.typed([])) == []
    fidelity.write_fidelity(tmp_path / "v.tsv", tmp_path / "s.tsv", [])
    assert (tmp_path / "s.tsv").read_text() == "\t".join(fidelity.SUMMARY_COLUMNS) + "\n"


def test_inherited_variants_are_left_out():
    rows = [row("T1", "tumor", "v", 0.5, reasons="germline"), row("M", "organoid", "v", 0.5, reasons="germline")]
    assert fidelity.of_patient(tables.typed(rows)) == []
