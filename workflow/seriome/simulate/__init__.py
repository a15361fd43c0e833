"""A cohort with known truth: patients' stories told in raw FASTQ and mzML, sheets and configuration included.

The truth is planted in cells and molecules, never in results, so that what is scored afterwards (`seriome.score`) is
the conclusion. Equal seeds and options give equal bytes, whatever the folder, the machine or the number of processes.
"""

import multiprocessing
import os
import shutil
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, astuple
from math import log2
from pathlib import Path
from time import monotonic

from seriome import __version__
from seriome.errors import InputError
from seriome.files import read_json, write_json, write_text
from seriome.provenance import fingerprint

MARKER = "simulation.json"  # what says that a folder is a simulated cohort, and which
ENTRIES = ("reference", "raw", "config", "truth")
ASSAYS = ("dna", "rna", "proteome", "metabolome")
FAMILY_SIZE = 1.8  # read pairs per plasma molecule, mean
DUPLICATES = 0.08  # share of PCR copies in tissue and blood


def simulate(
    out,
    *,
    seed: int = 7,
    patients: int = 5,
    genes: int = 45,
    depth: float = 160,
    normal_depth: float = 90,
    plasma_depth: float = 450,
    rna_pairs: int = 80_000,
    lcms_batches: int = 1,
    spoil: bool = True,
    cores: int = 2,
    force: bool = False,
    progress=print,
) -> None:
    """Write a simulated cohort into the folder `out`: reference, raw, config, truth and MARKER.

    patients   number of patients; the five stories repeat with other mutations
    genes      genes of the genome; the stories need at least 16
    depth, normal_depth, plasma_depth   mean raw depth of DNA: tumour tissue, blood, plasma (before UMI families)
    rna_pairs  read pairs per RNA sample
    lcms_batches  batches of the metabolome; more than one: a study of both modes with drift, see `injections`
    spoil      break two files, as truth/gaps.tsv tells: an RNA FASTQ that ends early, an mzML without spectra
    cores      processes; what is written does not depend on it
    force      replace an earlier simulation made with other options
    progress   called with one line per patient
    Raises     InputError when `out` holds anything else, or options make no cohort
    The same simulation is not made twice: its marker says that it is there. Folders beside ENTRIES are left alone.
    """
    options = {
        "seed": seed, "patients": patients, "genes": genes, "depth": depth, "normal_depth": normal_depth,
        "plasma_depth": plasma_depth, "rna_pairs": rna_pairs, "lcms_batches": lcms_batches, "spoil": spoil,
    }  # fmt: skip
    _check(options)
    given, out = str(out).rstrip("/") or "/", Path(out)
    marker = {"seriome": __version__, "code": fingerprint("simulate"), "options": options}
    if _is_there(out, marker, force):
        progress(f"{given}: this simulation is already there, nothing to do")
        _readdress(out, given, seed)
        return
    began = monotonic()
    out.absolute().parent.mkdir(parents=True, exist_ok=True)
    building = out.absolute().with_name(f".{out.absolute().name}.{os.getpid()}")
    try:
        _write(building, given, options, cores, progress)
        write_json(building / MARKER, marker)
        _move(building, out)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    size = sum(file.stat().st_size for file in (out / "raw").rglob("*") if file.is_file())
    progress(f"{given}: {size / 1e6:.0f} MB of raw files in {monotonic() - began:.0f} s; truth in {given}/truth")


def _check(options: dict) -> None:
    if options["patients"] < 1:
        raise InputError(f"patients must be 1 or more, not {options['patients']}")
    for name in ("depth", "normal_depth", "plasma_depth", "rna_pairs"):
        if not options[name] > 0:
            raise InputError(f"{name} must be more than 0, not {options[name]}")
    if options["genes"] < 16:
        raise InputError(
            f"genes must be 16 or more, not {options['genes']}: the stories need EGFR, ALK, B2M and others"
        )
    if options["seed"] < 0:
        raise InputError(f"seed must be 0 or more, not {options['seed']}")


def _is_there(out: Path, marker: dict, force: bool) -> bool:
    """True when this very simulation is in `out`. Raises InputError when something else is."""
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file: name a folder to make")
    if not out.is_dir() or not any(out.iterdir()):
        return False
    if not (out / MARKER).is_file():
        raise InputError(f"{out} is not empty and holds no simulation: name a new folder, or empty this one")
    before = read_json(out / MARKER)
    old, new = before.get("options", {}), marker["options"]
    differ = [f"{key} was {old.get(key)!r}, is {new[key]!r}" for key in new if old.get(key) != new[key]]
    if differ and not force:
        raise InputError(
            f"{out} holds a simulation with other options ({'; '.join(differ)}): name another folder, or remove it"
        )
    return before == marker and not force  # an older simulator's work is made anew


def _readdress(out: Path, given: str, seed: int) -> None:
    """Write config.yaml again where the folder is called otherwise than when it was made."""
    import yaml

    from seriome.simulate.cohort_files import write_config

    path = out / "config" / "config.yaml"
    if not path.is_file() or yaml.safe_load(path.read_text(encoding="utf-8")).get("data") != given:
        write_config(out / "config", given, seed)


def _move(building: Path, out: Path) -> None:
    """Put the finished cohort in place; the marker goes first and comes last, so that a half-moved one has none."""
    if not out.exists():
        os.replace(building, out)
        return
    (out / MARKER).unlink(missing_ok=True)
    for name in ENTRIES:
        if (out / name).exists():
            shutil.rmtree(out / name)
        os.replace(building / name, out / name)
    os.replace(building / MARKER, out / MARKER)


def _write(folder: Path, given: str, options: dict, cores: int, progress) -> None:
    from seriome.simulate import cohort_files
    from seriome.simulate.genome import build_reference
    from seriome.simulate.metabolome import write_compounds, write_library
    from seriome.simulate.reference import merged_targets
    from seriome.simulate.stories import story_of
    from seriome.simulate.tumours import grow, panel

    seed = options["seed"]
    reference = build_reference(seed, options["genes"])
    reference.write(folder / "reference")
    targets = merged_targets(reference.targets(panel(reference)))
    write_text(folder / "reference" / "targets.bed", "".join("\t".join(map(str, row)) + "\n" for row in targets))
    write_compounds(folder / "reference" / "compounds.tsv")
    write_library(folder / "reference" / "spectra.msp")
    numbers = range(1, options["patients"] + 1)
    tumours = [grow(f"P{number}", number, story_of(number), reference, seed) for number in numbers]

    plan = _Plan(reference, tumours, options)
    _run(folder, plan, reference, cores, progress)
    for unit in plan.broken:
        spoil_with = cohort_files.truncate if unit["reason"] == "truncated_gzip" else cohort_files.without_spectra
        spoil_with(folder / unit["path"])
    plan.truth["gaps"] = plan.broken
    truth = plan.truth | cohort_files.planned_changes(tumours, {gene.name for gene in reference.genes})
    cohort_files.write_truth(
        folder / "truth", {name: [_only(row, name) for row in rows] for name, rows in truth.items()}
    )
    sheets = cohort_files.sheet_rows(tumours, plan.units, plan.controls, seed)
    cohort_files.write_sheets(folder / "config", sheets)
    cohort_files.write_config(folder / "config", given, seed)


def _only(row: dict, table: str) -> dict:
    from seriome.simulate.cohort_files import TRUTH

    return {column: row.get(column) for column in TRUTH[table].split()}


class _Plan:
    """What is to be written: jobs (one raw file set each), rows of assays.tsv, truth tables, controls, broken files."""

    def __init__(self, reference, tumours, options):
        from seriome.simulate.cohort_files import TRUTH

        self.reference, self.options, self.seed = reference, options, options["seed"]
        self.jobs, self.units, self.controls, self.broken = [], [], [], []
        self.truth = {name: [] for name in TRUTH}
        for tumour in tumours:
            self._patient(tumour)
        self._metabolome(tumours)
        if options["spoil"]:
            self._spoil()

    def _unit(self, owner: str, sample: str, assay: str, run: str, form: str, paths, job, **cells) -> None:
        row = {"sample": sample, "assay": assay, "run": run, "format": form, **cells}
        row |= {f"path{place}": path for place, path in enumerate(paths, 1)}
        self.units.append(row)
        self.jobs.append((owner, assay, paths, job))

    def _number(self, *words) -> int:
        from seriome.simulate.levels import number_of

        return number_of(self.seed, *words)

    def _patient(self, tumour) -> None:
        from seriome.simulate.cohort_files import resistance_events

        truth, patient, expected = self.truth, tumour.patient, []
        truth["clones"] += [
            {"patient": patient, "clone": one.name, "parent": one.parent} for one in tumour.story.clones
        ]
        for visit in tumour.story.visits:
            sample = f"{patient}-{visit.label}"
            if "dna" in visit.assays:
                expected += self._dna(tumour, visit, sample)
            if "rna" in visit.assays:
                self._rna(tumour, visit, sample)
            if "proteome" in visit.assays:
                self._proteome(tumour, visit, sample)
        truth["variants"] += expected
        truth["events"] += resistance_events(tumour, expected)

    def _dna(self, tumour, visit, sample: str) -> list[dict]:
        from seriome.simulate.cells import expected_junction
        from seriome.simulate.cohort_files import UMI
        from seriome.simulate.tumours import panel

        plasma = visit.specimen == "plasma"
        raw = self.options[{"plasma": "plasma_depth", "normal": "normal_depth"}.get(visit.specimen, "depth")]
        lanes = ("L1", "L2") if sample == "P1-T0-normal" else ("L1",)
        for lane in lanes:
            job = {
                "germline": tumour.germline,
                "populations": tumour.populations(visit),
                "depth": raw / len(lanes),
                "seed": self._number(sample, "dna", lane),
                "plasma": plasma,
                "genes": panel(self.reference),
            }
            paths = [f"raw/dna/{sample}_{lane}_R{mate}.fastq.gz" for mate in (1, 2)]
            cells = {"batch": "dna-1", **({"umi": UMI} if plasma else {})}
            self._unit(tumour.patient, sample, "dna", lane, "fastq", paths, job, **cells)
        if visit.specimen == "normal":
            return []
        key = {"patient": tumour.patient, "sample": sample}
        purity = visit.fraction if visit.specimen != "plasma" else None
        self.truth["purity"].append(key | {"purity": purity, "tumour_fraction": visit.fraction})
        for clone in tumour.story.clones:
            ccf = visit.ccf.get(clone.name, 0.0) if visit.fraction else 0.0
            self.truth["clone_fractions"].append(key | {"day": visit.day, "clone": clone.name, "ccf": ccf})
        for gene, (_, junction) in tumour.junctions.items():
            share = round(expected_junction(tumour.populations(visit), gene), 6)
            self.truth["junctions"].append(key | asdict(junction) | {"share": share})
        for gene in panel(self.reference):
            self.truth["copy_number"].append(
                key
                | {
                    "gene": gene,
                    "gene_id": self.reference.gene(gene).gene_id,
                    "total_cn": tumour.story.copies.get(gene, 2) if visit.fraction else 2,
                }
            )
        molecules = raw / FAMILY_SIZE if plasma else raw * (1 - DUPLICATES)
        return tumour.expectations(visit, molecules)

    def _rna(self, tumour, visit, sample: str) -> None:
        from seriome.simulate.levels import expression

        tpm = expression(self.reference, tumour, visit, self.seed)
        expected = {row["variant"]: row["vaf"] for row in tumour.expectations(visit, self.options["depth"])}
        job = {
            "germline": tumour.germline,
            "tpm": tpm,
            "n_pairs": self.options["rna_pairs"],
            "seed": self._number(sample, "rna"),
            "variants": {one.variant: expected[str(one.variant)] for one in tumour.mutations},
            "fusion": None,
        }
        for _, junction in tumour.junctions.values():
            share = round(visit.fraction, 3)
            job["fusion"] = (*astuple(junction), share)
            row = {"patient": tumour.patient, "sample": sample, **asdict(junction)}
            self.truth["fusions"].append(row | {"tpm": round(tpm[junction.gene5] * share, 3)})
        for gene in self.reference.genes:
            row = {"sample": sample, "gene_id": gene.gene_id, "gene": gene.name, "tpm": round(tpm[gene.name], 4)}
            self.truth["expression"].append(row)
        paths = [f"raw/rna/{sample}_lib1_R{mate}.fastq.gz" for mate in (1, 2)]
        self._unit(tumour.patient, sample, "rna", "lib1", "fastq", paths, job, batch="rna-1")

    def _proteome(self, tumour, visit, sample: str) -> None:
        from seriome.simulate.levels import FUSION_PROTEIN, proteins

        amount_of = proteins(self.reference, tumour, visit, self.seed)
        fused = self._fused_proteins(tumour, FUSION_PROTEIN * visit.fraction, sample)
        sequences, amounts = {}, {}
        for gene in self.reference.genes:
            sequences[gene.accession] = gene.protein
            amounts[gene.accession] = amount_of[gene.name]
            held = amount_of[gene.name] + sum(amount for _, amount, genes in fused.values() if gene.name in genes)
            self.truth["proteins"].append(
                {
                    "sample": sample,
                    "accession": gene.accession,
                    "gene": gene.name,
                    "log2_abundance": round(log2(held), 5),
                }
            )
        for row in tumour.expectations(visit, self.options["depth"]):
            change = row["name"].split(" ", 1)[1]
            letters = change[:1], change[-1:], change[1:-1]
            if row["vaf"] < 0.05 or not letters[2].isdigit() or not (letters[0] + letters[1]).isalpha():
                continue  # a mutant protein: one residue exchanged, in a share of its copies worth telling
            gene, residue = self.reference.gene(row["gene"]), int(letters[2])
            mutated = f"{gene.accession}-{change}"
            sequences[mutated] = gene.protein[: residue - 1] + letters[1] + gene.protein[residue:]
            moved = min(row["vaf"] * amount_of[gene.name], amounts[gene.accession])
            amounts[mutated] = moved
            amounts[gene.accession] -= moved
            self.truth["variant_proteins"].append(
                {
                    "sample": sample,
                    "accession": gene.accession,
                    "gene": gene.name,
                    "change": change,
                    "share": round(moved / amount_of[gene.name], 5),
                }
            )
        for accession, (sequence, amount, _) in fused.items():
            sequences[accession], amounts[accession] = sequence, amount
        job = {"proteins": sequences, "amounts": amounts, "seed": self._number(sample, "proteome")}
        paths = [f"raw/proteome/{sample}_inj1.mzML"]
        order = 1 + sum(unit["assay"] == "proteome" for unit in self.units)
        self._unit(tumour.patient, sample, "proteome", "inj1", "mzml", paths, job, batch="proteome-1", injection=order)

    def _fused_proteins(self, tumour, amount: float, sample: str) -> dict[str, tuple]:
        """{accession: (sequence, amount, genes)} of what the fusions make beside both genes' own proteins.

        As in RNA, a fused copy carries no other mutation.
        """
        found = {}
        for _, junction in tumour.junctions.values():
            genes = junction.gene5, junction.gene3
            accession = "-".join(self.reference.gene(gene).accession for gene in genes)
            found[accession] = self.reference.fused_protein(*astuple(junction)), amount, genes
            row = {"sample": sample, **asdict(junction), "log2_abundance": round(log2(amount), 5)}
            self.truth["fusion_proteins"].append(row)
        return found

    def _metabolome(self, tumours) -> None:
        """Blanks and pools, and between them the samples in random order."""
        from seriome.simulate.injections import injections
        from seriome.simulate.levels import metabolites, pooled, stream
        from seriome.simulate.metabolome import compounds

        samples = [
            (tumour.patient, f"{tumour.patient}-{visit.label}", metabolites(tumour, visit, self.seed))
            for tumour in tumours
            for visit in tumour.story.visits
            if "metabolome" in visit.assays
        ]
        names = {compound.compound_id: compound.name for compound in compounds()}
        for _, sample, levels in samples:
            self.truth["metabolites"] += [
                {"sample": sample, "compound_id": key, "name": names[key], "log2_level": round(log2(level), 5)}
                for key, level in levels.items()
            ]
        pool = pooled([levels for *_, levels in samples])
        order = stream(self.seed, "injections").permutation(len(samples))
        runs = injections(samples, pool, order, self.options["lcms_batches"])
        controls = dict.fromkeys(one.sample for one in runs if one.owner == "controls")
        self.controls = [(sample, sample.split("-")[0]) for sample in controls]
        for one in runs:
            job = {"levels": one.levels, "seed": self.seed, "injection": one.place, "blank": not one.levels}
            job |= {"pool": one.sample.startswith("pool-"), "polarity": one.polarity, "batch": one.batch}
            paths = [f"raw/metabolome/{one.sample}_{one.run}.mzML"]
            cells = {"batch": f"metabolome-{one.batch}", "injection": one.place}
            self._unit(one.owner, one.sample, "metabolome", one.run, "mzml", paths, job | {"study": one.study}, **cells)
        self.units.sort(key=lambda row: (ASSAYS.index(row["assay"]), row["path1"]))

    def _spoil(self) -> None:
        """Two units of those that are there: RNA of a progression, metabolites of a plasma."""
        for wanted, assay, reason in (
            (("P1-T3-tumor",), "rna", "truncated_gzip"),
            (("P2-T1-plasma", "P1-T1-plasma"), "metabolome", "no_spectra"),
        ):
            units = {unit["sample"]: unit for unit in self.units if unit["assay"] == assay}
            unit = next(units[sample] for sample in wanted if sample in units)
            key = {column: unit[column] for column in ("sample", "assay", "run")}
            self.broken.append(key | {"reason": reason, "path": unit["path1"]})


# -------------------------------------------------------------------------------------------------------- raw files


def _run(folder: Path, plan: _Plan, reference, cores: int, progress) -> None:
    """Do all jobs, in processes of their own, and say a line for each patient when the last of its jobs is done."""
    from seriome.simulate.stories import story_of

    for assay in ASSAYS:
        (folder / "raw" / assay).mkdir(parents=True)
    with _workers(cores, reference) as submit:
        futures = {}
        for owner, assay, paths, job in plan.jobs:
            futures.setdefault(owner, []).append(submit(_do, assay, [str(folder / path) for path in paths], job))
        for owner, own in futures.items():
            pairs = sum(future.result() for future in own)
            assays = Counter(assay for of, assay, *_ in plan.jobs if of == owner)
            made = ", ".join(f"{number} {assay}" for assay, number in assays.items())
            if owner == "controls":
                progress(f"controls: {made}")
            else:
                title = story_of(int(owner[1:])).title
                progress(f"{owner}  {title}: {made}; {pairs / 1e3:.0f} thousand read pairs")


@contextmanager
def _workers(cores: int, reference):
    """A function that submits work to `cores` processes; what waits is dropped when the block fails."""
    spawn = multiprocessing.get_context("spawn")  # threads of the caller, if any, do not get in the way
    with ProcessPoolExecutor(max(1, cores), spawn, _start, (reference,)) as pool:
        try:
            yield pool.submit
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


_REFERENCE = None


def _start(reference) -> None:
    global _REFERENCE
    _REFERENCE = reference


def _do(assay: str, paths: list[str], job: dict) -> int:
    """One job: the raw files of one unit; returns the read pairs written."""
    if assay == "proteome":
        from seriome.simulate.proteome import write_run

        write_run(paths[0], job["proteins"], job["amounts"], seed=job["seed"])
        return 0
    if assay == "metabolome":
        from seriome.simulate.metabolome import write_injection

        write_injection(paths[0], **job)
        return 0
    from seriome.simulate.dna import PLASMA, TISSUE, write_dna
    from seriome.simulate.rna import Fusion, write_rna

    if assay == "dna":
        from seriome.simulate.cohort_files import UMI

        return write_dna(
            *paths, _REFERENCE, job["germline"], job["populations"],
            depth=job["depth"], seed=job["seed"], genes=job["genes"],
            fragments=PLASMA if job["plasma"] else TISSUE, umi=UMI if job["plasma"] else None,
            family_size=FAMILY_SIZE, duplicates=DUPLICATES,
        ).pairs  # fmt: skip
    return write_rna(
        *paths, _REFERENCE, job["germline"], job["tpm"], job["n_pairs"],
        seed=job["seed"], variants=job["variants"], fusions=[Fusion(*job["fusion"])] if job["fusion"] else (),
    ).pairs  # fmt: skip
