"""What the dna stage costs: CPU seconds per million reads of each step and peak memory, at 1x and 10x of the data.

Every step runs in a process of its own, so that its memory is its own.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from seriome.dna.tools import c_output_to
from seriome.simulate.genome import build_reference
from seriome.simulate.patient import draw_patient

from .calling import GENOME_SEED, SETTINGS, limited, prepared

STEP = """
import json, resource, sys, time
from tests.bench.cost import STEPS
name, words = sys.argv[1], json.loads(sys.argv[2])
start = time.process_time()
STEPS[name](*words)
spent = time.process_time() - start
print("COST", json.dumps([spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


def _align(genome, first, second, bam) -> None:
    from seriome.dna.align import align_pairs

    align_pairs(genome, (first, second), bam, sample="S", run="L1")


def _sample(genome, unit, bam) -> None:
    from seriome.dna.coverage import merge_and_mark, quality, stats_text

    merge_and_mark([unit], bam, genome, sample="S", umi=False)
    quality(bam, stats_text(bam))


def _call(bam, paths) -> None:
    from seriome.dna.tables import call_patient

    row = {"patient": "P", "sample": "S", "timepoint": "T0", "day": 0, "specimen": "tumor"}
    call_patient([row], {"S": bam}, {}, paths, SETTINGS)


STEPS = {"align": _align, "sample": _sample, "call": _call}


def measured(name: str, *words) -> tuple[float, float]:
    """(CPU seconds, peak MB) of one step in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", STEP, name, json.dumps(words, default=str)], capture_output=True, text=True, check=True
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("COST"))
    return tuple(json.loads(line.removeprefix("COST")))


def cost(depths=(150, 1500)) -> dict:
    """CPU seconds per million reads and peak memory of each step; prints them."""
    rows, simulated = [], build_reference(GENOME_SEED)
    with tempfile.TemporaryDirectory() as folder:
        with c_output_to(f"{folder}/log"):
            _, paths = prepared(folder)
            patient = draw_patient(simulated, 1, genes=12, mutations=40, specimens=("tumor",))
            paths = {key: str(path) for key, path in limited(paths, simulated, patient.genes, folder).items()}
        print("cost of the dna stage, one sample, one thread (CPU s per million reads, peak MB)")
        for depth in depths:
            files = [Path(folder, f"{depth}_R{mate}.fastq.gz") for mate in (1, 2)]
            patient.write_normal(*files, depth)
            reads = 2 * int(subprocess.check_output(f"zcat {files[0]} | wc -l", shell=True)) // 4
            unit, bam = Path(folder, f"{depth}.unit.bam"), Path(folder, f"{depth}.bam")
            genome = paths["genome"]
            found = {"align": measured("align", genome, *files, unit), "sample": measured("sample", genome, unit, bam)}
            found["call"] = measured("call", bam, paths)
            row = {"reads": reads} | {f"{key}_cpu_s": cpu for key, (cpu, _) in found.items()}
            row |= {f"{key}_peak_mb": peak for key, (_, peak) in found.items()}
            row["cpu_s_per_million_reads"] = sum(cpu for cpu, _ in found.values()) / (reads / 1e6)
            rows.append(row)
            print(
                f"  {reads:9,d} reads: "
                + ", ".join(f"{key} {cpu / reads * 1e6:.0f} s, {peak:.0f} MB" for key, (cpu, peak) in found.items())
            )
    return {"cpu_s_per_million_reads": rows[-1]["cpu_s_per_million_reads"], "cost": rows}
