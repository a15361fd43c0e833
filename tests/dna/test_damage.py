"""Damage before PCR against what was planted in the simulator, and by hand."""

import numpy as np
import pytest

from seriome.config import with_defaults
from seriome.dna import align, coverage, damage
from seriome.simulate.cells import Population
from seriome.simulate.dna import write_dna
from seriome.simulate.patient import draw_patient

from .. import genomes

SETTINGS = with_defaults({"dna": {}})["dna"]


def test_excess_over_the_complement_by_hand():
    seen = np.zeros((4, 4))
    seen[1] = [0, 99_900, 0, 100]  # 100,000 C seen from read 1, 100 of them as T
    seen[2] = [20, 0, 99_980, 0]  # 100,000 G, 20 of them as A
    found = {row["change"]: row for row in damage.rows(seen)}
    assert found["C>T"]["rate"] == pytest.approx(1e-3)
    assert found["C>T"]["excess"] == pytest.approx(8e-4)
    assert found["C>T"]["upper"] - found["C>T"]["excess"] == pytest.approx(1.96 * np.sqrt(100 + 20) / 1e5)
    assert found["G>A"]["excess"] == pytest.approx(-8e-4)
    assert found["A>C"]["rate"] is None  # no base of it


@pytest.fixture(scope="module")
def genome(tmp_path_factory):
    folder = tmp_path_factory.mktemp("damage")
    return folder, genomes.simulated(folder)[0]


def test_planted_damage_is_measured(genome, tmp_path):
    """The simulator damages C to T and G to T on one strand alike often, at twice `damage_rate` per C or G."""
    folder, simulated = genome
    person = draw_patient(simulated, 3, genes=4, mutations=0)
    regions = simulated.targets(person.genes)
    found = {}
    for rate in (0.0, 1e-3):
        files = [tmp_path / f"{rate}_R{mate}.fastq.gz" for mate in (1, 2)]
        more = {"depth": 100, "seed": 5, "damage_rate": rate, "genes": person.genes}
        write_dna(*files, simulated, person.germline, [Population(1.0)], **more)
        align.align_pairs(folder / "dna.fa", files, tmp_path / "unit.bam", sample="S", run="L1")
        bam = tmp_path / f"{rate}.bam"
        coverage.merge_and_mark([tmp_path / "unit.bam"], bam, folder / "dna.fa", sample="S", umi=False)
        rows = damage.damage(bam, folder / "dna.fa", regions, 30, SETTINGS["min_mapping_quality"])
        found[rate] = {row["change"]: row for row in rows}
    for change in ("C>T", "G>T"):
        clean, hurt = found[0.0][change], found[1e-3][change]
        assert clean["lower"] < 0 < clean["upper"]
        assert hurt["excess"] == pytest.approx(2e-3, rel=0.15)
