"""kallisto through Seriome: planted abundances, strands, damage, and a real breast cancer line."""

import io
import random
from pathlib import Path

import pandas as pd
import pytest

from seriome.files import write_json, write_tsv
from seriome.ledger import Gaps
from seriome.rna.imports import import_sample
from seriome.rna.kallisto import ABUNDANCE, build_index
from seriome.rna.quant import quantify_sample
from seriome.rna.transcripts import COLUMNS, COMPLEMENT, read_transcripts, spliced

REAL = Path(__file__).parents[2].parent / "shared" / "real" / "rna"
ABOUT = {"patient": "P1", "sample": "S1", "timepoint": "T0", "assay": "rna", "day": 0}
SETTINGS = {
    "strand": "auto",
    "strand_fragments": 1000,
    "min_mapped": 0.1,
    "fragment_length": 180,
    "fragment_sd": 20,
    "bootstraps": 0,
}
TRANSCRIPTS = pd.DataFrame([{"transcript_id": f"t{one}", "gene_id": f"G{one}", "gene": f"g{one}"} for one in "1234"])
PLANTED = {"t1": 4000, "t2": 2000, "t3": 0, "t4": 1000}  # fragments, of transcripts of one length


@pytest.fixture(scope="module")
def transcriptome():
    chance = random.Random(3)
    return {name: "".join(chance.choices("ACGT", k=1200)) for name in PLANTED}


@pytest.fixture(scope="module")
def index(tmp_path_factory, transcriptome):
    folder = tmp_path_factory.mktemp("index")
    (folder / "t.fa").write_text("".join(f">{name}\n{bases}\n" for name, bases in transcriptome.items()))
    build_index(folder / "t.fa", folder / "t.idx", 1, io.StringIO())
    return folder / "t.idx"


def reads(folder, transcriptome, direction, seed=1, planted=PLANTED, paired=True):
    """Pairs of 75 bp of fragments of about 180 bp; `direction` is the strand of the first read."""
    chance, names = random.Random(seed), [name for name, count in planted.items() for _ in range(count)]
    chance.shuffle(names)
    paths = [folder / f"{direction}{seed}_{mate}.fastq" for mate in (1, 2)[: 1 + paired]]
    texts = [[], []]
    for number, name in enumerate(names):
        length = round(chance.gauss(180, 20))
        start = chance.randrange(1200 - length)
        sense = transcriptome[name][start : start + length]
        ends = [sense[:75], sense.translate(COMPLEMENT)[::-1][:75]]
        if direction == "reverse" or (direction == "unstranded" and chance.random() < 0.5):
            ends.reverse()
        for text, end in zip(texts, ends, strict=True):
            text.append(f"@r{number}\n{end}\n+\n{'I' * len(end)}\n")
    for path, text in zip(paths, texts, strict=False):
        path.write_text("".join(text))
    return paths


def quantified(units, index, transcripts=TRANSCRIPTS, stated=None, **settings):
    gaps = Gaps()
    rows, info, genes = quantify_sample(
        units, index, transcripts, SETTINGS | settings, threads=1, seed=7, gaps=gaps, about=ABOUT, words=io.StringIO(),
        stated=stated,
    )  # fmt: skip
    return rows, info, gaps, genes


def quantify(units, index, **settings):
    rows, info, gaps, _ = quantified(units, index, **settings)
    return {row["target_id"]: row for row in rows}, info, gaps


@pytest.mark.parametrize("direction", ["forward", "reverse", "unstranded"])
def test_planted_abundances_and_strand_come_back(tmp_path, transcriptome, index, direction):
    units = {"L1": reads(tmp_path, transcriptome, direction, 1), "L2": reads(tmp_path, transcriptome, direction, 2)}
    rows, info, gaps = quantify(units, index)
    assert info["strand"] == direction
    assert (info["state"], info["n_processed"], info["units"], gaps) == ("measured", 14_000, ["L1", "L2"], [])
    assert info["n_pseudoaligned"] == 14_000
    for name, count in PLANTED.items():
        assert float(rows[name]["est_counts"]) == pytest.approx(2 * count, rel=0.01)
        assert float(rows[name]["tpm"]) == pytest.approx(count / 7000 * 1e6, rel=0.02)
    assert not {"start_time", "call"} & set(info)


def test_the_same_reads_give_the_same_bytes_with_another_index(tmp_path, transcriptome, index):
    (tmp_path / "t.fa").write_text("".join(f">{name}\n{bases}\n" for name, bases in transcriptome.items()))
    build_index(tmp_path / "t.fa", tmp_path / "t.idx", 2, io.StringIO())
    units = {"L1": reads(tmp_path, transcriptome, "forward")}
    assert quantify(units, index) == quantify(units, tmp_path / "t.idx")


def test_reads_that_run_into_an_intron_count_with_decoys_for_no_transcript(tmp_path, transcriptome, index):
    """Each transcript is two exons of 600 bases with an intron of 400 between them; 300 pairs are of unspliced RNA."""
    chance = random.Random(5)
    gaps = {name: "".join(chance.choices("ACGT", k=400)) for name in transcriptome}
    genome = {name: bases[:600] + gaps[name] + bases[600:] for name, bases in transcriptome.items()}
    (tmp_path / "g.fa").write_text("".join(f">{name}\n{bases}\n" for name, bases in genome.items()))
    (tmp_path / "t.fa").write_text("".join(f">{name}\n{bases}\n" for name, bases in transcriptome.items()))
    build_index(tmp_path / "t.fa", tmp_path / "d.idx", 1, io.StringIO(), decoys=tmp_path / "g.fa")
    files = reads(tmp_path, transcriptome, "forward")
    spliced_alone = quantified({"L1": files}, tmp_path / "d.idx")[1]
    assert spliced_alone["n_pseudoaligned"] == 7000
    for file, end in zip(files, (0, 1), strict=True):
        with open(file, "a") as target:
            for number in range(300):  # the first read 40 bases into the exon before the intron, 35 into the intron
                bases = genome["t1"][560 : 560 + 75] if end == 0 else genome["t1"][700:775].translate(COMPLEMENT)[::-1]
                target.write(f"@u{number}\n{bases}\n+\n{'I' * 75}\n")
    with_decoys, without = (quantified({"L1": files}, one)[1]["n_pseudoaligned"] for one in (tmp_path / "d.idx", index))
    assert (with_decoys, without) == (7000, 7300)


@pytest.mark.parametrize("how", ["config", "sheet"])
def test_a_wrong_strand_is_a_gap_and_the_reads_are_believed(tmp_path, transcriptome, index, how):
    units = {"L1": reads(tmp_path, transcriptome, "forward")}
    said = {"strand": "reverse"} if how == "config" else {"stated": "reverse"}
    rows, info, gaps, _ = quantified(units, index, **said)
    assert (info["strand"], info["state"], [gap.reason for gap in gaps]) == ("forward", "measured", ["other_strand"])
    assert "said to be reverse, its first fragments are forward (100% forward)" in gaps[0].detail
    assert float(rows[0]["est_counts"]) == pytest.approx(4000, rel=0.01)
    _, info, gaps, _ = quantified(units, index, stated="forward")
    assert (info["strand"], gaps) == ("forward", [])


def test_single_reads(tmp_path, transcriptome, index):
    rows, info, gaps = quantify({"L1": reads(tmp_path, transcriptome, "forward", paired=False)}, index)
    assert (info["strand"], gaps) == ("forward", [])
    assert float(rows["t1"]["tpm"]) == pytest.approx(4e6 / 7, rel=0.02)


def test_single_reads_beside_pairs_are_a_gap_of_their_unit(tmp_path, transcriptome, index):
    units = {"L1": reads(tmp_path, transcriptome, "forward"), "L2": reads(tmp_path, transcriptome, "forward", 2)[:1]}
    _, info, gaps = quantify(units, index)
    assert info["n_processed"] == 7000
    assert [(gap.run, gap.reason) for gap in gaps] == [("L2", "mixed_layout")]


def test_reads_of_something_else_are_a_gap_and_no_numbers(tmp_path, index):
    other = {name: "".join(random.Random(9).choices("ACGT", k=1200)) for name in PLANTED}
    rows, info, gaps = quantify({"L1": reads(tmp_path, other, "forward")}, index)
    assert (info["state"], info["strand"], info["strand_share"]) == ("failed_qc", "unstranded", None)
    assert {row["tpm"] for row in rows.values()} == {"0"}
    assert [gap.reason for gap in gaps] == ["low_mapping"]
    assert gaps[0].detail == "0 of 7,000 fragments (0.0%) fit a transcript, 10% are asked for"


def test_no_unit_left_is_not_measured(index):
    assert quantify({}, index) == (
        {},
        {"n_processed": 0, "n_pseudoaligned": 0, "state": "not_measured", "units": []},
        [],
    )


def test_import_of_a_folder(tmp_path):
    numbers = {"length": 100, "eff_length": 51, "est_counts": 3, "tpm": 1e6}
    write_tsv(tmp_path / "k" / "abundance.tsv", [{"target_id": "t1"} | numbers], ABUNDANCE)
    write_json(
        tmp_path / "k" / "run_info.json", {"n_processed": 9, "n_pseudoaligned": 3, "call": "x", "start_time": "y"}
    )
    gaps = Gaps()
    rows, info, _genes = import_sample(
        {"Q": [tmp_path / "k"]}, "kallisto", TRANSCRIPTS, SETTINGS, gaps=gaps, about=ABOUT
    )
    assert (rows[0]["est_counts"], info["state"], info["n_processed"], "call" in info) == ("3", "measured", 9, False)
    write_tsv(tmp_path / "k" / "abundance.tsv", [{"target_id": "other"} | numbers], ABUNDANCE)
    info = import_sample({"Q": [tmp_path / "k"]}, "kallisto", TRANSCRIPTS, SETTINGS, gaps=gaps, about=ABOUT)[1]
    assert (info["state"], [gap.reason for gap in gaps]) == ("failed_qc", ["foreign_transcripts"])


@pytest.mark.skipif(not REAL.is_dir(), reason=f"no real data at {REAL}")
def test_hcc1395_breast_cancer_line(tmp_path):
    transcripts = read_transcripts(REAL / "minichr2.gtf")
    with open(tmp_path / "t.fa", "w") as file:
        file.writelines(f">{name}\n{bases}\n" for name, bases in spliced(transcripts, REAL / "minichr2.fa.gz"))
    build_index(tmp_path / "t.fa", tmp_path / "t.idx", 1, io.StringIO())
    pairs = [REAL / f"HCC1395-miniplus_{mate}.fastq.gz" for mate in (1, 2)]
    table = pd.DataFrame([{column: getattr(one, column) for column in COLUMNS} for one in transcripts])
    settings = {"strand_fragments": 20_000, "bootstraps": 5}
    _, info, gaps, genes = quantified({"L1": pairs}, tmp_path / "t.idx", table, **settings)
    assert (info["n_processed"], info["strand"], gaps) == (37_702, "unstranded", [])
    assert info["n_pseudoaligned"] / info["n_processed"] > 0.8  # of the genome 99 %, of its spliced transcripts 84.4 %
    genes = genes.set_index("gene")
    assert genes["tpm"].sum() == pytest.approx(1e6, rel=1e-4)
    assert (genes.loc[["PLA2R1", "RBMS1", "TANK", "MARCH7"], "count"] > 100).all()
