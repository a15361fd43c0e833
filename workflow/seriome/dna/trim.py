"""Adapters and bases of low quality at the ends of reads, taken off while they are aligned, by cutadapt's functions.

Off by default: `bwa mem` clips softly what does not fit the genome, so that an adapter behind a short insert is in no
pileup. Worth it where inserts are much shorter than reads (plasma, old tissue: the few bases of adapter that happen to
fit become mismatches at the ends of reads), where two colours are read (no light is read as G), and to compare with
pipelines that trim. As the program `cutadapt -q Q -a ADAPTER -A ADAPTER`: quality first, then the adapter, with one
error in ten bases and an overlap of three, to the same bytes.

Source: Martin 2011, EMBnet.journal 17:10, doi:10.14806/ej.17.1.200; adapters: Illumina Adapter Sequences, document
1000000002694
"""

import re

from seriome.errors import InputError

KNOWN = {
    "truseq": ("AGATCGGAAGAGCACACGTCTGAACTCCAGTCA", "AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGT"),
    "nextera": ("CTGTCTCTTATACACATCT", "CTGTCTCTTATACACATCT"),
}
MAX_ERRORS, MIN_OVERLAP, BASE = 0.1, 3, 33  # cutadapt's own defaults; FASTQ's zero
COUNTS = ("reads", "bases", "adapter_reads", "adapter_bases", "low_quality_bases")
HELP = "truseq, nextera, or a sequence of A, C, G, T, for read 1 and, after a space, for read 2"


def adapters(text: str | None) -> tuple[str | None, str | None]:
    """The adapters of read 1 and read 2, from the config's word. Raises InputError for a text of another form."""
    if not text:
        return None, None
    if text in KNOWN:
        return KNOWN[text]
    if not re.fullmatch(r"[ACGT]{5,}( [ACGT]{5,})?", text):
        raise InputError(f"dna.trim: {text!r} is no adapter: {HELP}")
    one, _, two = text.partition(" ")
    return one, two or one


class Trimmer:
    """Trims reads and counts what it took.

    adapter     as of `adapters`
    quality     Phred; from the end of a read, bases go while their sum of (quality - this) falls (bwa's rule); 0: none
    two_colour  a G is taken as of no quality, whatever it says: instruments of two colours read no light as G
    behind      bases before the adapter that are barcode of the other end: they go with it, per mate
    """

    def __init__(self, adapter: str | None = None, quality: int = 0, two_colour: bool = False, behind=(0, 0)):
        from cutadapt.adapters import BackAdapter

        self.quality, self.two_colour, self.behind = quality, two_colour, behind
        self.counts = dict.fromkeys(COUNTS, 0)
        limits = {"max_errors": MAX_ERRORS, "min_overlap": MIN_OVERLAP}
        self.found = [BackAdapter(one, **limits) if one else None for one in adapters(adapter)]

    def __bool__(self) -> bool:
        return bool(self.quality or any(self.found))

    def trim(self, mate: int, name: str, sequence: str, quality: str) -> tuple[str, str]:
        """(sequence, quality) of what is left of read 1 (mate 0) or read 2 (mate 1); it may be empty."""
        from cutadapt.qualtrim import nextseq_trim_index, quality_trim_index
        from dnaio import SequenceRecord

        counts = self.counts
        counts["reads"] += 1
        counts["bases"] += len(sequence)
        if self.quality:
            if self.two_colour:
                end = nextseq_trim_index(SequenceRecord(name, sequence, quality), self.quality, BASE)
            else:
                _, end = quality_trim_index(quality, 0, self.quality, BASE)
            counts["low_quality_bases"] += len(sequence) - end
            sequence, quality = sequence[:end], quality[:end]
        match = self.found[mate].match_to(sequence) if self.found[mate] else None
        if match is not None:
            end = max(0, match.rstart - self.behind[mate])
            counts["adapter_reads"] += 1
            counts["adapter_bases"] += len(sequence) - end
            sequence, quality = sequence[:end], quality[:end]
        return sequence, quality


def summary(units) -> dict:
    """Numbers of a sample from the counts of its units: shares of reads with an adapter, of bases taken off.

    units     one dict per unit with the keys COUNTS; one without them was not trimmed
    Returns   adapter_share (of reads), trimmed_adapter_share, trimmed_quality_share (of bases); None where a unit was
              not trimmed, or had no reads
    """
    units = list(units)
    names = ("adapter_share", "trimmed_adapter_share", "trimmed_quality_share")
    if not units or any("adapter_reads" not in unit for unit in units):
        return dict.fromkeys(names)
    total = {name: sum(unit[name] for unit in units) for name in COUNTS}
    parts = (("adapter_reads", "reads"), ("adapter_bases", "bases"), ("low_quality_bases", "bases"))
    shares = (round(total[part] / total[whole], 6) if total[whole] else None for part, whole in parts)
    return dict(zip(names, shares, strict=True))
