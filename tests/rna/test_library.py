"""Quality of a library: shares by hand, a body of genes that leans to 3', copies, and what is foreign."""

import numpy as np
import pandas as pd
import pytest

from seriome.dna.tools import read_contigs
from seriome.rna import library
from seriome.rna.align import align_sample, build_index, open_index
from seriome.rna.transcripts import read_transcripts
from seriome.simulate.genome import build_reference
from seriome.simulate.rna import RIBOSOMAL, write_rna


def test_reads_by_hand():
    found = library.of_reads([(("ACGT", "IIII"), ("AGNN", "I###")), (("AGATCGGAAGAGC", "I" * 13), ("A", "I"))])
    # 22 bases of 4 reads, 3 below Q30, 2 N; of the 20 known 2 + 1 + 7 are G or C; one fragment of two with an adapter
    assert found == {"read_length": 5.5, "q30": 0.86364, "gc": 0.5, "n": 0.09091, "adapter": 0.5}
    assert library.of_reads([]) == {}


def test_ribosomal_by_biotype():
    abundance = pd.DataFrame({"target_id": ["a", "b", "c"], "est_counts": [60.0, 30.0, 10.0]})
    transcripts = pd.DataFrame({"transcript_id": ["a", "b", "c"], "biotype": ["protein_coding", "rRNA", "Mt_rRNA"]})
    assert library.ribosomal(abundance, transcripts) == 0.4
    assert library.ribosomal(abundance, transcripts.assign(biotype="protein_coding")) is None


def test_a_library_with_ribosomal_reads(tmp_path):
    reference = build_reference(11, 45)
    reference.write(tmp_path)
    build_index(tmp_path / "genome.fa", tmp_path / "genome.mmi", tmp_path / "plain.fa")
    files = [tmp_path / f"{mate}.fastq.gz" for mate in (1, 2)]
    tpm = dict.fromkeys((gene.name for gene in reference.genes), 100.0)
    write_rna(*files, reference, reference.germline(1), tpm, 6_000, seed=5, ribosomal=0.2)
    aligner = open_index(tmp_path / "genome.mmi")
    align_sample(aligner, read_contigs(tmp_path / "plain.fa.fai"), {"L1": files}, tmp_path / "x.bam", sample="S")
    (tmp_path / "foreign.fa").write_text(f">rRNA|made-up\n{RIBOSOMAL}\n>mouse|none\n{RIBOSOMAL[::-1]}\n")
    models = read_transcripts(tmp_path / "genes.gtf")
    abundance = pd.DataFrame([{"target_id": one.transcript_id, "est_counts": 100.0} for one in models])
    transcripts = pd.DataFrame([{"transcript_id": one.transcript_id, "biotype": one.biotype} for one in models])
    record = library.of_sample(
        {"n_processed": 6_000, "n_pseudoaligned": 4_700, "state": "measured", "strand": "reverse"},
        library.heads(files), abundance, transcripts, models, tmp_path / "x.bam", (tmp_path / "foreign.fa", aligner),
    )  # fmt: skip
    planted = 0.98 * 0.2  # of what is no stray
    assert record["foreign_rRNA"] == pytest.approx(planted, abs=0.02)
    assert record["foreign_mouse"] == 0
    assert record["aligned"] == pytest.approx(1 - planted, abs=0.02)
    assert record["spliced"] > 0.2
    assert record["copies"] < 0.1
    assert np.mean(record["gene_body"]) == pytest.approx(1, abs=0.01)
    assert record["last_over_first_fifth"] == pytest.approx(1, abs=0.15)  # reads are even along transcripts
