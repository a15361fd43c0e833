"""What a junction of two genes makes: which exons, in which reading frame, and what it is called.

A gene is read through its foremost coding transcript (as for variants: MANE Select where the annotation says so). Of
the gene whose 5' part is kept the last exon before the junction stays, of the other the first one behind it; what lies
between them is spliced out. The frame is kept where the coding bases before the junction, and those that the 3' gene
has lost, leave the same remainder by three. A junction within an exon leaves the splicing open: its frame is `unknown`.
The name is that of the clinic: `EML4-ALK E13;A20` joins exon 13 of EML4 to exon 20 of ALK.
Kinases are driven by what comes before them, so the driver's 3' part must be kept, but for FGFR2 and FGFR3, whose own
5' part holds the kinase, and FGFR1, which is known both ways.
Source  Stransky et al. 2014, Nat Commun 5:4846, doi:10.1038/ncomms5846
"""

from dataclasses import asdict, dataclass

from seriome.dna.hgvs import read_models

KEPT = {"FGFR1": ("5'", "3'"), "FGFR2": ("5'",), "FGFR3": ("5'",)}  # of the driver; of all others the 3' part
FRAMES = ("in_frame", "out_of_frame", "promoter", "no_protein", "unknown")


@dataclass(frozen=True)
class Fused:
    """five, three: genes whose 5' and 3' part are kept, with their exon at the junction (None: none, or not known)

    frame   in_frame, out_of_frame;
            promoter     the 5' part ends before its start codon: the other's coding sequence comes under its promoter
            no_protein   nothing of a coding sequence is left behind the junction, or the 5' part keeps its own stop
            unknown      a junction within an exon, or a gene without a coding transcript
    drives  1: one direction, the driver's kinase side kept, and not known to be out of frame
    """

    five: str = ""
    three: str = ""
    five_exon: int | None = None
    three_exon: int | None = None
    frame: str = ""
    name: str = ""
    drives: int = 0

    def row(self) -> dict:
        return asdict(self)


def models_of(transcripts, gff, genes) -> dict:
    """{gene: hgvs.Model} of the foremost coding transcript of each gene that has one.

    transcripts   rows of the stage's table of transcripts
    """
    best = {}
    for row in transcripts:
        if row["gene"] in genes and int(row["cds_bases"]):
            rank = (int(row["rank"]), row["biotype"] != "protein_coding", -int(row["cds_bases"]), row["transcript"])
            best[row["gene"]] = min(best.get(row["gene"], (rank,)), (rank,))
    found = read_models(gff, {rank[-1] for (rank,) in best.values()})
    return {gene: found[rank[-1]] for gene, (rank,) in best.items() if rank[-1] in found}


def clinical_name(five: str, three: str, exon5=None, exon3=None) -> str:
    """`EML4-ALK E13;A20`; without the exons where one is not known."""
    exons = f" {five[0]}{exon5};{three[0]}{exon3}" if exon5 and exon3 else ""
    return f"{five}-{three}{exons}"


def fused(gene: str, part: str, position: int, partner: str | None, other: str | None, far: int, models) -> Fused:
    """A junction of a driver gene; `part` and `other` are the parts kept (`5'`, `3'`) of it and of its partner.

    position, far   0-based, the last base kept of each
    """
    if not partner or not other or part == other:
        return Fused(name=f"{gene} and {partner or 'no gene'}")
    sides = {part: (gene, position), other: (partner, far)}
    (five, end), (three, start) = sides["5'"], sides["3'"]
    before, behind = _kept(models.get(five), end, True), _kept(models.get(three), start, False)
    frame = _frame(before, behind)
    exons = before and before[0], behind and behind[0]
    name = clinical_name(five, three, *exons)
    drives = part in KEPT.get(gene, ("3'",)) and frame in ("in_frame", "promoter", "unknown")
    return Fused(five, three, *exons, frame, name, int(drives))


def _kept(model, position: int, head: bool):
    """(exon, within it?, coding bases before the junction, all coding bases) of a part; None without a model.

    head   what lies before the position stays, it included; else what lies behind it, it included
    """
    if model is None:
        return None
    forward = model.strand == "+"
    place = position if forward else -position

    def along(parts):
        return sorted(parts if forward else [(1 - end, 1 - start) for start, end in parts])

    exons, coding = along(model.exons), along(model.cds)
    edge = place + 1 if head else place  # bases before it lie before the junction
    bases = sum(max(0, min(end, edge) - start) for start, end in coding)
    total = sum(end - start for start, end in coding)
    if head:
        kept = [number for number, (start, _) in enumerate(exons, 1) if start < edge]
        exon = kept[-1] if kept else None
        cut = exon is not None and edge < exons[exon - 1][1]
    else:
        exon = next((number for number, (_, end) in enumerate(exons, 1) if end > edge), None)
        cut = exon is not None and exons[exon - 1][0] < edge
    return exon, cut, bases, total


def _frame(before, behind) -> str:
    if before is None or behind is None or before[1] or behind[1]:
        return "unknown"
    (_, _, head, all_head), (_, _, lost, all_tail) = before, behind
    if lost == all_tail or head == all_head:
        return "no_protein"
    if not head:
        return "promoter"
    return "in_frame" if (head - lost) % 3 == 0 else "out_of_frame"
