"""Normal against normal: two libraries of one person, of which one is called as if it were a tumour. All is false."""

import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from seriome.dna.tables import call_patient
from seriome.dna.tools import Regions, c_output_to, read_bed
from seriome.simulate.patient import draw_patient
from seriome.simulate.reference import build_reference

from .calling import GENOME_SEED, SETTINGS, bam_of, limited, prepared

DEPTH = 150


def _person(words) -> tuple[int, int, int]:
    """(false calls, inherited variants told as such, bases looked at) of one person."""
    seed, folder, genes = words
    simulated = build_reference(GENOME_SEED)
    person = draw_patient(simulated, seed, genes=genes, mutations=0)
    paths = {"genome": Path(folder, "dna.fa"), "gff": Path(folder, "genes.gff3")}
    paths["transcripts"] = Path(folder, "transcripts.tsv")
    with tempfile.TemporaryDirectory() as own, c_output_to(f"{own}/log"):
        paths = limited(paths, simulated, person.genes, own)
        bams = {
            name: bam_of(
                *(paths["genome"], own, name),
                lambda *files, library=library: person.write_normal(*files, DEPTH, library),
            )
            for name, library in (("N", 98), ("T", 99))
        }
        about = {"patient": "P", "timepoint": "T0", "day": 0}
        rows = [about | {"sample": "N", "specimen": "normal"}, about | {"sample": "T", "specimen": "tumor"}]
        table, *_ = call_patient(rows, bams, {}, paths, SETTINGS)
        bases = Regions(read_bed(paths["regions"])).bases
    said = table[(table["sample"] == "T") & table["called"]]
    return int((said["filter"] == "PASS").sum()), int((said["filter"] == "germline").sum()), bases


def normals(people: int = 20, processes: int = 2, seed: int = 5000, genes: int = 45) -> dict:
    """False calls per Mb; prints them."""
    start = time.time()
    with tempfile.TemporaryDirectory() as folder:
        with c_output_to(f"{folder}/log"):
            prepared(folder)
        with ProcessPoolExecutor(processes) as pool:
            found = list(pool.map(_person, [(seed + number, folder, genes) for number in range(people)]))
    false, inherited, bases = (sum(column) for column in zip(*found, strict=True))
    megabases = bases / 1e6
    print(
        f"normal against normal: {people} people, {DEPTH}x, {megabases:.2f} Mb: {false} false calls "
        f"({false / megabases:.2f} per Mb; {inherited} inherited variants filtered), {time.time() - start:.0f} s"
    )
    return {"false_per_mb_normal": false / megabases, "normal_false_calls": false, "normal_megabases": megabases}
