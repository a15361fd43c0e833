"""What the dna stage costs: CPU seconds per million reads of each step and peak memory, at 1x and 10x of the data.

Every step runs in a process of its own, one thread, so that its memory is its own; what it starts counts with it.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from seriome.dna import index, reference
from seriome.dna.tools import c_output_to
from seriome.simulate.genome import build_reference
from seriome.simulate.patient import draw_patient
from tests.dna import planted

from .calling import GENOME_SEED, SETTINGS, limited, prepared

STEP = """
import json, resource, sys, time
from tests.bench.cost import STEPS
name, words = sys.argv[1], json.loads(sys.argv[2])
STEPS[name](*words)
theirs = resource.getrusage(resource.RUSAGE_CHILDREN)
spent = time.process_time() + theirs.ru_utime + theirs.ru_stime
with open("/proc/self/status") as file:  # getrusage would count what the parent had before this program began
    own = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
print("COST", json.dumps([spent, max(own, theirs.ru_maxrss if theirs.ru_utime > 1 else 0) / 1024]))
"""
MOLECULES, CONTIG = 67, 1_000_000  # of the planted families, per unit of depth; bases they lie on
PIPELINE = ("align", "sample", "call")


def _align(genome, first, second, bam, **words) -> None:
    from seriome.dna.align import align_pairs

    align_pairs(genome, (first, second), bam, sample="S", run="L1", **words)


def _trim(*words) -> None:
    _align(*words, trim={"adapter": "truseq", "quality": 20})


def _bwa_mem2(*words) -> None:
    _align(*words, aligner="bwa-mem2")


def _consensus(source, bam, genome) -> None:
    from seriome.dna.consensus import write_consensus

    write_consensus([source], bam, genome, sample="S", mode="single", min_reads=1)


def _sample(genome, unit, bam, targets) -> None:
    """As the job `dna_sample`."""
    from seriome.dna import coverage, damage, evenness
    from seriome.dna.tools import read_bed, read_contigs

    coverage.merge_and_mark([unit], bam, genome, sample="S", umi=False)
    coverage.quality(bam, coverage.stats_text(bam), targets)
    evenness.evenness(bam, read_bed(targets), read_contigs(f"{genome}.fai"))
    damage.damage(bam, genome, read_bed(targets), SETTINGS["min_base_quality"], SETTINGS["min_mapping_quality"])


def _call(bam, paths) -> None:
    from seriome.dna.tables import call_patient

    row = {"patient": "P", "sample": "S", "timepoint": "T0", "day": 0, "specimen": "tumor"}
    call_patient([row], {"S": bam}, {}, paths, SETTINGS)


STEPS = {
    **{"align": _align, "align, trimmed": _trim, "align, bwa-mem2": _bwa_mem2},
    **{"consensus": _consensus, "sample": _sample, "call": _call},
}


def measured(name: str, *words) -> tuple[float, float]:
    """(CPU seconds, peak MB) of one step in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", STEP, name, json.dumps(words, default=str)], capture_output=True, text=True, check=True
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("COST"))
    return tuple(json.loads(line.removeprefix("COST")))


def _families(folder, depth: int) -> tuple[int, dict]:
    """(raw reads, {"consensus": cost}) of planted families of four pairs, their consensus aligned anew."""
    code = planted.contig(CONTIG, GENOME_SEED)
    genome, raw = Path(folder, "families.fa"), Path(folder, "families.bam")
    if not genome.exists():
        source = Path(folder, "families.source.fa")
        source.write_text(f">c1\n{planted.BASES[code].tobytes().decode()}\n")
        reference.copy_genome(source, genome)
        index.bwa_index(genome)
    reads = 2 * planted.write_bam(raw, code, MOLECULES * depth, depth)["templates"]
    return reads, {"consensus": measured("consensus", raw, Path(folder, "consensus.bam"), genome)}


def cost(depths=(150, 1500)) -> dict:
    """CPU seconds per million reads and peak memory of each step; prints them."""
    rows, simulated = [], build_reference(GENOME_SEED)
    with tempfile.TemporaryDirectory() as folder:
        with c_output_to(f"{folder}/log"):
            _, paths = prepared(folder)
            if shutil.which("bwa-mem2"):
                index.bwa_index(paths["genome"], "bwa-mem2")
            patient = draw_patient(simulated, 1, genes=12, mutations=40, specimens=("tumor",))
            paths = {key: str(path) for key, path in limited(paths, simulated, patient.genes, folder).items()}
        print("cost of the dna stage, one sample, one thread")
        print(f"{'step':18s}{'reads':>12s}{'CPU s per million':>20s}{'peak MB':>10s}")
        for depth in depths:
            files = [Path(folder, f"{depth}_R{mate}.fastq.gz") for mate in (1, 2)]
            patient.write_normal(*files, depth)
            reads = 2 * int(subprocess.check_output(f"zcat {files[0]} | wc -l", shell=True)) // 4
            unit, bam, genome = Path(folder, f"{depth}.unit.bam"), Path(folder, f"{depth}.bam"), paths["genome"]
            ways = ["align, trimmed"] + ["align, bwa-mem2"] * bool(shutil.which("bwa-mem2")) + ["align"]
            found = {name: (reads, *measured(name, genome, *files, unit)) for name in ways}
            found["sample"] = reads, *measured("sample", genome, unit, bam, paths["targets"])
            found["call"] = reads, *measured("call", bam, paths)
            with c_output_to(f"{folder}/log"):
                raw, more = _families(folder, depth)
            found |= {name: (raw, *numbers) for name, numbers in more.items()}
            for name, (number, cpu, peak) in found.items():
                rows.append({"step": name, "reads": number, "cpu_s": cpu, "peak_mb": peak})
                print(f"{name:18s}{number:12,d}{cpu / number * 1e6:20.1f}{peak:10.0f}")
    total = sum(row["cpu_s"] / row["reads"] * 1e6 for row in rows[-len(found) :] if row["step"] in PIPELINE)
    print(f"cpu_s_per_million_reads {total:.1f} (align, sample, call, at the larger size)")
    return {"cpu_s_per_million_reads": total, "cost": rows}
