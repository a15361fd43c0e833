"""The mini-genome of a seed: transcripts, introns, spaces, repeats, microsatellites and the catalogue of SNPs are laid.

What is in it and how true to life it is: `reference`. Coordinates are 0-based and half-open.
"""

from itertools import pairwise

import numpy as np

from seriome.errors import InputError
from seriome.simulate.genes import BREAKS, CODON_USAGE, GENES, HOTSPOTS, PARALOGUES, translate
from seriome.simulate.reference import COMPLEMENT, Gene, Microsatellite, Reference, Variant, reverse_complement

CONTIGS = 5
STOPS = ("TAA", "TAG", "TGA")
_BASES = np.frombuffer(b"ACGT", np.uint8)


def build_reference(seed: int, genes: int = 45) -> Reference:
    """The genome of a seed with the first `genes` genes of the table; equal seeds give equal genomes.

    A paralogue is there only when its original is (ACTB and ACTG1 stand side by side in the table).
    """
    if not 1 <= genes <= len(GENES):
        raise InputError(f"genes must be 1 to {len(GENES)}, not {genes}")
    rng = np.random.default_rng([seed, 0])
    rows = GENES[:genes]
    spliced = _transcripts(rng, rows)
    families = [
        _background(rng, np.full(length, gc)) for length, gc in ((300, 0.6), (700, 0.38), (430, 0.45), (150, 0.42))
    ]
    contigs, laid = {}, []
    for number in range(min(CONTIGS, genes)):
        chrom, pieces, length = f"chr{number + 1}", [], 0
        curve = _gc_curve(rng)
        protected: list[tuple[int, int]] = []
        for row in rows[number::CONTIGS]:
            space = int(rng.integers(5000, 9000))
            pieces.append(_background(rng, curve(length + np.arange(space))))
            length += space
            sequence, exons, coding = _with_introns(rng, *spliced[row.name], float(curve(length)))
            if row.strand == "-":
                size = len(sequence)
                sequence = reverse_complement(sequence)
                exons = [(size - end, size - start) for start, end in reversed(exons)]
            exons = [(length + start, length + end) for start, end in exons]
            laid.append((row, chrom, exons, coding))
            protected += [(start - 30, end + 30) for start, end in exons]
            pieces.append(np.frombuffer(sequence.encode(), np.uint8))
            length += len(sequence)
        pieces.append(_background(rng, curve(length + np.arange(6000))))
        contig = np.concatenate(pieces)
        free = np.ones(len(contig), bool)
        free[:200] = free[-200:] = False
        for start, end in protected:
            free[start:end] = False
        _plant_repeats(rng, contig, free, families)
        contigs[chrom] = (contig, free)
    microsatellites = _plant_microsatellites(rng, contigs, laid)
    texts = {name: contig.tobytes().decode() for name, (contig, _) in contigs.items()}
    made = tuple(_gene(texts[chrom], row, chrom, exons, coding) for row, chrom, exons, coding in laid)
    made = tuple(sorted(made, key=lambda gene: gene.gene_id))
    return Reference(seed, texts, made, _catalogue(rng, texts, made, microsatellites), microsatellites)


def _gc_curve(rng):
    """A smooth random curve between 0.34 and 0.60 along a contig: waves of 6 to 60 kb."""
    waves = [(rng.uniform(6e3, 6e4), rng.uniform(0, 2 * np.pi)) for _ in range(4)]
    return lambda x: 0.47 + 0.13 * np.mean([np.sin(2 * np.pi * x / w + p) for w, p in waves], axis=0)


def _background(rng, gc: np.ndarray) -> np.ndarray:
    """Random bases (ASCII) with this GC content; three of four CpG have decayed to TpG or CpA as in vertebrates."""
    n = len(gc)
    strong, half = rng.random(n) < gc, rng.random(n) < 0.5
    bases = np.where(strong, np.where(half, ord("C"), ord("G")), np.where(half, ord("A"), ord("T"))).astype(np.uint8)
    islands = np.flatnonzero((bases[:-1] == ord("C")) & (bases[1:] == ord("G")))
    islands = islands[rng.random(len(islands)) < 0.75]
    left = rng.random(len(islands)) < 0.5
    bases[islands[left]] = ord("T")
    bases[islands[~left] + 1] = ord("A")
    return bases


def _transcripts(rng, rows):
    """{gene: (transcript, coding span in it, where exons after the first begin)}; a paralogue follows its original."""
    spliced = {}
    for row in rows:
        if PARALOGUES.get(row.name) in spliced:
            spliced[row.name] = _diverged(rng, *spliced[PARALOGUES[row.name]])
        else:
            spliced[row.name] = _new_transcript(rng, row, rng.uniform(0.42, 0.58))
    return spliced


def _with_introns(rng, transcript, coding, cuts, gc: float):
    """(unspliced sequence in the gene's direction, exons within it, coding span within the transcript)."""
    pieces, exons, at = [], [], 0
    edges = [0, *cuts, len(transcript)]
    for number, (start, end) in enumerate(pairwise(edges)):
        if number:
            size = int(np.clip(rng.lognormal(np.log(380), 0.5), 150, 1500))
            body = _background(rng, np.full(size - 6 - 20 - 4, gc)).tobytes().decode()
            tract = "".join(rng.choice(list("TTTCC"), 20))
            intron = "GT" + rng.choice(["A", "G"]) + "AGT" + body + tract + rng.choice(list("ACGT")) + "CAG"
            pieces.append(intron)
            at += len(intron)
        pieces.append(transcript[start:end])
        exons.append((at, at + end - start))
        at += end - start
    return "".join(pieces), exons, coding


def _new_transcript(rng, row, gc: float):
    """A transcript with codons drawn by human usage, tilted to the local GC; hotspots put where they belong."""
    codons = np.array(list(CODON_USAGE))
    tilt = np.array([np.exp((codon.count("G") + codon.count("C")) * (gc - 0.5) * 1.5) for codon in codons])
    shares = np.array(list(CODON_USAGE.values())) * tilt
    drawn = rng.choice(codons, row.residues - 1, p=shares / shares.sum()).tolist()
    coding = ["ATG", *drawn, str(rng.choice(STOPS))]
    for residue, codon in HOTSPOTS.get(row.name, {}).items():
        if residue <= row.residues:
            coding[residue - 1] = codon
    five, three = int(rng.integers(60, 110)), int(rng.integers(110, 180))
    before = _background(rng, np.full(five, min(gc + 0.1, 0.65))).tobytes().decode()
    after = _background(rng, np.full(three, gc)).tobytes().decode()
    transcript = before + "".join(coding) + after
    span = (five, five + 3 * len(coding))
    kept = [five + 3 * residue for residue in HOTSPOTS.get(row.name, {}) if residue <= row.residues]
    anchors = [(0, span[0])]
    anchors += [(exon - 1, span[0] + 3 * (first - 1)) for exon, first in BREAKS.get(row.name, {}).items()]
    anchors.append((row.exons, span[1]))
    cuts = []
    for (exon, start), (next_exon, end) in pairwise(anchors):
        if exon:
            cuts.append(start)
        step = (end - start) / (next_exon - exon)
        for k in range(1, next_exon - exon):
            cut = int(start + step * (k + rng.uniform(-0.2, 0.2)))
            while any(hotspot - 15 < cut < hotspot + 12 for hotspot in kept):
                cut += 1
            cuts.append(cut)
    return transcript, span, cuts


def _diverged(rng, transcript: str, span, cuts, share: float = 0.05):
    """A copy in which about `share` of the bases differ; still ATG, open to the same stop."""
    bases = list(transcript)
    for at in np.flatnonzero(rng.random(len(bases)) < share):
        if span[0] <= at < span[0] + 3 or span[1] - 3 <= at < span[1]:
            continue
        old = bases[at]
        bases[at] = str(rng.choice([base for base in "ACGT" if base != old]))
        first = span[0] + (at - span[0]) // 3 * 3
        if span[0] <= at < span[1] and "".join(bases[first : first + 3]) in STOPS:
            bases[at] = old
    return "".join(bases), span, cuts


def _plant_repeats(rng, contig, free, families) -> None:
    """Copies of the families, 5 to 20 % diverged, either way round, over about a sixth of the free bases; in place."""
    occupied = ~free
    for _ in range(len(contig) // 2500):
        family = families[int(rng.choice(len(families), p=[0.5, 0.15, 0.15, 0.2]))]
        copy = family if rng.random() < 0.5 else _reverse(family)
        changed = rng.random(len(copy)) < rng.uniform(0.05, 0.20)
        copy = np.where(changed, _BASES[rng.integers(0, 4, len(copy))], copy)
        start = int(rng.integers(200, len(contig) - len(copy) - 200))
        if not occupied[start - 10 : start + len(copy) + 10].any():
            contig[start : start + len(copy)] = copy
            occupied[start : start + len(copy)] = True
    free &= ~occupied


def _reverse(bases: np.ndarray) -> np.ndarray:
    return np.frombuffer(reverse_complement(bases.tobytes().decode()).encode(), np.uint8)


def _plant_microsatellites(rng, contigs, laid) -> tuple[Microsatellite, ...]:
    """Runs of A or T (12 to 20) and dinucleotide repeats (8 to 14): one in the 3' UTR of every second gene or so,
    and one per 10 kb between exons; in place."""
    found = []

    def plant(chrom, start):
        unit = str(rng.choice(["A", "T", "A", "T", "CA", "TG", "AT", "AG"]))
        times = int(rng.integers(12, 21)) if len(unit) == 1 else int(rng.integers(8, 15))
        contig, free = contigs[chrom]
        end = start + len(unit) * times
        contig[start:end] = np.frombuffer((unit * times).encode(), np.uint8)
        before, after = (b"C", b"G") if unit in ("A", "T", "AT") else (b"T", b"T") if unit == "CA" else (b"C", b"C")
        contig[start - 1], contig[end] = before[0], after[0]
        free[start - 20 : end + 20] = False
        found.append(Microsatellite(chrom, start, end, unit))

    for row, chrom, exons, (_, coding_end) in laid:
        three = sum(end - start for start, end in exons) - coding_end
        if row.name in PARALOGUES or row.name in PARALOGUES.values() or rng.random() < 0.5:
            continue
        offset = int(rng.integers(15, three - 60))
        plant(chrom, exons[-1][1] - three + offset if row.strand == "+" else exons[0][0] + offset)
    for chrom, (contig, free) in contigs.items():
        for _ in range(len(contig) // 10000):
            start = int(rng.integers(300, len(contig) - 400))
            if free[start - 40 : start + 80].all():
                plant(chrom, start)
    return tuple(sorted(found, key=lambda one: (one.chrom, one.start)))


def _gene(sequence: str, row, chrom: str, exons, coding) -> Gene:
    """The gene as it stands in the finished contig."""
    transcript = "".join(sequence[start:end] for start, end in exons)
    if row.strand == "-":
        transcript = reverse_complement(transcript)
    places = np.concatenate([np.arange(start, end) for start, end in exons])
    places = places if row.strand == "+" else places[::-1]
    ends = sorted((int(places[coding[0]]), int(places[coding[1] - 1])))
    return Gene(
        gene_id=f"ENSG9{row.number:010d}",
        transcript_id=f"ENST9{row.number:010d}",
        accession=f"S{row.number:05d}",
        name=row.name,
        description=row.description,
        chrom=chrom,
        strand=row.strand,
        exons=tuple(exons),
        cds=(ends[0], ends[1] + 1),
        transcript=transcript,
        coding_span=tuple(coding),
        protein=translate(transcript[slice(*coding)])[:-1],
    )


def _catalogue(rng, contigs, genes, microsatellites):
    """SNPs, about one per 700 bases: two of three transitions, population shares 0.15 to 0.7; never a stop, never in
    a hotspot, a splice site, a start or stop codon or a microsatellite."""
    barred = {name: np.zeros(len(text), bool) for name, text in contigs.items()}
    codon_at = {}
    for gene in genes:
        mask = barred[gene.chrom]
        for start, end in gene.exons:
            mask[start - 8 : start] = mask[end : end + 8] = True
        mask[gene.positions[gene.coding_span[0] : gene.coding_span[0] + 3]] = True
        mask[gene.positions[gene.coding_span[1] - 3 : gene.coding_span[1]]] = True
        for residue in gene.hotspots:
            places = gene.codon_places(residue)
            mask[min(places) - 8 : max(places) + 9] = True
        for index in range(len(gene.coding)):
            place = int(gene.positions[gene.coding_span[0] + index])
            codon_at[gene.chrom, place] = (gene, index)
    for one in microsatellites:
        barred[one.chrom][one.start - 8 : one.end + 8] = True
    snps = []
    for chrom, text in contigs.items():
        at = 0
        while (at := at + 30 + int(rng.exponential(670))) < len(text) - 100:
            ref, share = text[at], round(float(rng.uniform(0.15, 0.7)), 3)
            if rng.random() < 2 / 3:
                alt = ref.translate(str.maketrans("ACGT", "GTAC"))
            else:
                alt = str(rng.choice([base for base in "ACGT" if base != ref]))
            if barred[chrom][at]:
                continue
            if (chrom, at) in codon_at:
                gene, index = codon_at[chrom, at]
                base = alt if gene.strand == "+" else alt.translate(COMPLEMENT)
                codon = list(gene.coding[index // 3 * 3 : index // 3 * 3 + 3])
                codon[index % 3] = base
                if "".join(codon) in STOPS:
                    continue
            snps.append((Variant(chrom, at + 1, ref, alt), share))
    return tuple(snps)


# ----------------------------------------------------------------------------------------------------------- writing
