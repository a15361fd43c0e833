"""Judging: which alleles of a patient are kept as variants, and what speaks against each.

A first look at the pileup's counts keeps the costly steps for few. Indels are then counted anew, evidence is summed
over the samples, and filters look at the normal, at single reads, at other people's normals.
"""

from dataclasses import dataclass, field

import numpy as np

from seriome.dna import calling, clips, neighbours, pileup, realign
from seriome.dna.background import LONGEST_UNIT, MOST_UNITS, at_site, units_behind
from seriome.dna.normals import Population, read_panel
from seriome.dna.pileup import Allele
from seriome.dna.tools import Regions, read_bed, read_contigs

INDEL_LOOK = 1.0  # evidence in the pileup's counts from which an indel is counted anew


@dataclass
class Call:
    """A variant of the union while it is being judged.

    rate, rho   of errors at each sample;  units: of the repeat behind an indel, 1 of other changes
    carriers    of an indel that was counted anew: its reads at each sample
    """

    allele: Allele
    rate: np.ndarray
    rho: np.ndarray
    units: int = 1
    carriers: list | None = None
    evidence: float = 0.0
    reasons: list = field(default_factory=list)
    imported: bool = False


def judge(piled, given, model, tumour, normal, bams, reference, settings, folder) -> list[Call]:
    """The alleles with enough evidence, and the imported ones, each with what speaks against it; sorted by place.

    piled           pileup.Pileup of all samples;  given: keys of imported variants;  model: background.ErrorModel
    tumour, normal  indexes of the tumour samples, of the normal (None: without)
    bams            {sample: BAM};  reference, settings: as of tables.call_patient
    """
    import pysam

    order = {name: i for i, name in enumerate(read_contigs(f"{reference['genome']}.fai"))}
    opened = [pysam.AlignmentFile(str(bams[sample]), "rb") for sample in piled.samples]
    try:
        with pysam.FastaFile(str(reference["genome"])) as fasta:
            found = _candidates(piled, given, model, tumour, bams, reference, settings, folder, fasta)
            found.sort(key=lambda call: (order[call.allele.chrom], *call.allele.key[1:]))
            _count_indels(found, opened, fasta, normal, settings)
        calls = []
        for call, weight in zip(found, _joint(found, tumour), strict=True):
            if weight < settings["min_evidence"] and not call.imported:
                continue
            call.evidence = float(weight)
            call.reasons = calling.filters_of(*(call.allele, tumour, normal, call.rate, call.rho, settings, call.units))
            if call.imported:  # the caller looked at its reads; here only the normal may speak against it
                call.reasons = [reason for reason in call.reasons if reason in ("germline", "in_normal")]
            calls.append(call)
        _look_at_reads(calls, piled.alleles, opened, tumour, normal, settings)
        return _merge(calls, opened, model, settings)
    finally:
        for bam in opened:
            bam.close()


def _candidates(piled, given, model, tumour, bams, reference, settings, folder, fasta) -> list[Call]:
    """Alleles that a first look at their counts leaves, indels that clipped reads show, and the imported ones."""

    def call(one):
        units = 1 if len(one.ref) == len(one.alt) else units_of(fasta, one)
        return Call(one, *model.of(one.ref, one.alt, one.around, units), units)

    zero = np.zeros(len(piled.samples), int)
    near = {(chrom, pos) for chrom, pos, _, _ in given}
    found = [call(one) for one in piled.alleles]
    least = [settings["min_evidence"] - 1 if each.allele.snv else INDEL_LOOK for each in found]
    kept = [
        each.allele
        for each, weight, enough in zip(found, _joint(found, tumour), least, strict=True)
        if weight >= enough or (each.allele.chrom, each.allele.pos) in near
    ]
    sources = [bams[piled.samples[i]] for i in tumour]
    regions = Regions(read_bed(reference["regions"]))
    broken = clips.clipped(sources, reference["genome"], regions, settings["min_mapping_quality"])
    kept += [Allele(*key, zero, zero, zero, zero, zero) for key in broken]
    alleles = pileup.normalise(kept, reference["genome"], folder) if kept else []
    known = {one.key for one in alleles}
    for key in given:
        if key not in known:
            alleles.append(Allele(*key, zero, zero, zero, zero, piled.depth_at.get(key[:2], zero)))
    found = [call(one) for one in alleles]
    for each in found:
        each.imported = each.allele.key in given
    return found


def units_of(fasta, one: Allele) -> int:
    """Units of the repeat behind a left-aligned allele."""
    end = min(one.pos + (MOST_UNITS + 1) * LONGEST_UNIT, fasta.get_reference_length(one.chrom))
    return int(units_behind(fasta.fetch(one.chrom, one.pos - 1, end).upper())[0])


def _count_indels(calls, opened, fasta, normal, settings) -> None:
    """Indels are counted anew, read by read; how the normal errs at their place joins their rate of errors.

    Those that are the normal's own by the pileup already, of which a genome has many, keep its counts.
    """

    def inherited(one):
        reads, depth = one.alt_count[normal], one.depth[normal]
        return depth >= calling.NORMAL_DEPTH and reads >= settings["germline_vaf"] * depth

    for call in calls:
        one = call.allele
        if len(one.ref) == len(one.alt) or (normal is not None and inherited(one)):
            continue
        call.carriers = realign.count_anew(one, opened, fasta, settings)
        if normal is not None and not inherited(one):
            call.rate, call.rho = at_site(call.rate, call.rho, int(one.alt_count[normal]), int(one.depth[normal]))


def _joint(calls, tumour) -> np.ndarray:
    """Evidence of each allele summed over the tumour samples."""
    if not calls or not tumour:
        return np.zeros(len(calls))
    rate, rho, alt, depth = (
        np.array([value[tumour] for value in values])
        for values in zip(*((c.rate, c.rho, c.allele.alt_count, c.allele.depth) for c in calls), strict=True)
    )
    return calling.evidence(alt, depth, rate, rho).sum(1)


def ask_others(calls, tumour, normal, specimens, reference, settings) -> None:
    """What others know of variants that nothing speaks against: the blood's clones, other normals, the population."""
    sites = read_panel(reference["panel_of_normals"]) if reference.get("panel_of_normals") else {}
    common = Population(reference["population"]) if normal is None and reference.get("population") else None
    plasma = [i for i in tumour if specimens[i] == "plasma"]
    tissue = [i for i in tumour if specimens[i] != "plasma"]
    for call in calls:
        one = call.allele
        if call.reasons == ["in_normal"] and calling.haematopoietic(one, plasma, tissue, normal):
            call.reasons.append("chip")
        if call.reasons:
            continue
        call.reasons += calling.panel_says(
            *(one, tumour, normal is not None, sites.get(one.key), call.rate, call.rho, settings["min_evidence"])
        )
        if common is not None and common.frequency(*one.key) >= settings["population_af"]:
            call.reasons.append("population")


def _look_at_reads(calls, alleles, opened, tumour, normal, settings) -> None:
    """Filters that need single reads, for variants that nothing else speaks against."""
    passed = {call.allele.key for call in calls if not call.reasons}
    companions = neighbours.companions(
        [one for one in alleles if one.key not in passed], normal, settings["germline_vaf"]
    )
    quality = settings["min_mapping_quality"]
    for call in calls:
        if call.reasons or call.imported or not tumour:
            continue
        one = call.allele
        best = max(tumour, key=lambda i: (one.alt_count[i], -i))
        if call.carriers is not None:
            carriers = call.carriers[best]
        elif len(one.ref) == len(one.alt):
            carriers = neighbours.carriers(opened[best], one, settings["min_base_quality"], quality)
        else:
            continue
        call.reasons += calling.read_filters(carriers)
        others = companions.get(one.chrom, [])
        if not call.reasons and neighbours.of_another_copy(opened[best], one, carriers, others, quality):
            call.reasons.append("haplotype")


def _merge(calls, opened, model, settings) -> list[Call]:
    """Neighbouring single-base variants that stand on the same reads become one."""
    passed = {id(call.allele): call for call in calls if not call.reasons and not call.imported}
    for run in neighbours.runs_of_neighbours([call.allele for call in passed.values()]):
        joined = neighbours.merged_neighbours(run, opened, settings)
        if joined is not None:
            members = [passed[id(one)] for one in run]
            one = Call(joined, *model.of(joined.ref, joined.alt), evidence=max(call.evidence for call in members))
            calls[next(i for i, call in enumerate(calls) if call is members[0])] = one
            gone = {id(call) for call in members[1:]}
            calls = [call for call in calls if id(call) not in gone]
    return calls
