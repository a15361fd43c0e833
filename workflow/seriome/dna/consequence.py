"""Gene, transcript, consequence, protein change and a name for each variant.

`bcftools csq` says what a variant does to each transcript; of these one is chosen to speak for it: a change in a coding
or splice region before one outside, then the transcript the annotation calls canonical (MANE Select, Ensembl
canonical), protein-coding, the more severe consequence, the longer coding sequence, the smaller id. Each variant is
taken alone, except neighbouring bases on the same reads, which are one variant by then.
Consequences are Sequence Ontology terms. Protein changes are in HGVS's short form; those that change the length, and
`c.` of all, are described by `hgvs` from the chosen transcript, with the 3' rule for repeats.
Sources: Danecek & McCarthy 2017, BCFtools/csq, Bioinformatics 33:2037, doi:10.1093/bioinformatics/btx100; HGVS
nomenclature: den Dunnen et al. 2016, Hum Mutat 37:564, doi:10.1002/humu.22981
"""

import subprocess
import sys
from dataclasses import dataclass, replace

from seriome.dna import hgvs
from seriome.dna.tools import read_contigs
from seriome.files import read_tsv

# csq's word -> Sequence Ontology term, most severe first
TERMS = {
    "splice_acceptor": "splice_acceptor_variant",
    "splice_donor": "splice_donor_variant",
    "stop_gained": "stop_gained",
    "frameshift": "frameshift_variant",
    "stop_lost": "stop_lost",
    "start_lost": "start_lost",
    "inframe_insertion": "inframe_insertion",
    "inframe_deletion": "inframe_deletion",
    "inframe_altering": "protein_altering_variant",
    "missense": "missense_variant",
    "coding_sequence": "coding_sequence_variant",
    "splice_region": "splice_region_variant",
    "start_retained": "start_retained_variant",
    "stop_retained": "stop_retained_variant",
    "synonymous": "synonymous_variant",
    "5_prime_utr": "5_prime_UTR_variant",
    "3_prime_utr": "3_prime_UTR_variant",
    "non_coding": "non_coding_transcript_exon_variant",
    "intron": "intron_variant",
}
SEVERITY = {word: rank for rank, word in enumerate(TERMS)}
OUTSIDE = SEVERITY["5_prime_utr"]  # from here on not in a coding or splice region
UPSTREAM, INTERGENIC = "upstream_gene_variant", "intergenic_variant"
SPLICE = ("splice_acceptor_variant", "splice_donor_variant")
NONSYNONYMOUS = {
    *("stop_gained", "frameshift_variant", "stop_lost", "start_lost", "inframe_insertion", "inframe_deletion"),
    *("protein_altering_variant", "missense_variant", *SPLICE),
}
PROMOTER = 500  # bases upstream of a transcription start within which a variant is named after the gene


def nonsynonymous(consequence) -> bool:
    """Does a consequence (words of bcftools csq or Sequence Ontology, joined by &) change the protein?"""
    words = {word.strip("*@") for word in str(consequence or "").split("&")}
    return bool({TERMS.get(word, word) for word in words} & NONSYNONYMOUS)


@dataclass(frozen=True)
class Effect:
    """What is said of one variant; None where nothing can be."""

    gene: str | None
    gene_id: str | None
    transcript: str | None
    consequence: str
    hgvs_p: str | None
    name: str
    hgvs_c: str | None = None
    exon: int | None = None


def effects(keys, genome, gff, transcripts, folder) -> list[Effect]:
    """The effect of each variant (chrom, pos 1-based, ref, alt), in the order given.

    genome, gff    the stage's reference and its gene models
    transcripts    table of reference.write_transcripts
    folder         for temporary files
    """
    import pysam

    if not keys:
        return []
    rows = read_tsv(transcripts)
    for row in rows:
        for column in ("start", "end", "rank", "cds_bases", "utr5_bases"):
            row[column] = int(row[column])
    by_name = {row["transcript"]: row for row in rows}
    by_contig = {}
    for row in rows:
        by_contig.setdefault(row["chrom"], []).append(row)
    contigs = read_contigs(f"{genome}.fai")
    order = {name: index for index, name in enumerate(contigs)}
    source, target = f"{folder}/sites.vcf", f"{folder}/consequences.vcf"
    with open(source, "w", encoding="ascii") as file:
        file.write("##fileformat=VCFv4.3\n")
        file.writelines(f"##contig=<ID={name},length={length}>\n" for name, length in contigs.items())
        file.write("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
        for index in sorted(range(len(keys)), key=lambda i: (order[keys[i][0]], keys[i][1:])):
            chrom, pos, ref, alt = keys[index]
            file.write(f"{chrom}\t{pos}\tv{index}\t{ref}\t{alt}\t.\t.\t.\n")
    _csq("--no-version", "-f", genome, "-g", gff, "-l", "-n", 64, "--force", "-o", target, source)
    said = {}
    with pysam.VariantFile(target) as file:
        for record in file:
            texts = record.info.get("BCSQ", ())
            said[int(record.id[1:])] = [texts] if isinstance(texts, str) else list(texts)
    found = [
        _placed(_effect(key, said.get(index, []), by_name, by_contig), key, by_contig) for index, key in enumerate(keys)
    ]
    models = hgvs.read_models(gff, {one.transcript for one in found if one.transcript})
    with pysam.FastaFile(str(genome)) as fasta:
        rulers = {name: hgvs.Ruler(model, fasta) for name, model in models.items()}
        return [_described(one, rulers.get(one.transcript), key) for one, key in zip(found, keys, strict=True)]


OF_LENGTH = {"frameshift_variant", "inframe_insertion", "inframe_deletion", "protein_altering_variant"}


def _placed(effect: Effect, key, by_contig) -> Effect:
    """csq names no transcript for introns: there it is the gene's foremost one around the place."""
    if effect.transcript or not effect.gene:
        return effect
    rows = [
        row for row in by_contig.get(key[0], ()) if row["gene"] == effect.gene and row["start"] < key[1] <= row["end"]
    ]
    if not rows:
        return effect
    best = min(
        rows, key=lambda row: (row["rank"], row["biotype"] != "protein_coding", -row["cds_bases"], row["transcript"])
    )
    return replace(effect, transcript=best["transcript"], gene_id=effect.gene_id or best["gene_id"])


def _described(effect: Effect, ruler, key) -> Effect:
    """The effect with `c.` and, where the length changes, `p.` by the 3' rule."""
    if ruler is None:
        return effect
    start, gone, _ = hgvs.trimmed(*key[1:])
    first = start - (not gone)  # of an insertion, the base before it
    exon = ruler.exon(first)
    if exon is None and effect.consequence in SPLICE:
        exon = ruler.exon_beside(first, start + max(len(gone), 1))
    effect = replace(effect, hgvs_c=hgvs.coding_change(ruler, *key[1:]), exon=exon)
    change = hgvs.protein_change_of_length(ruler, *key[1:]) if effect.consequence in OF_LENGTH else None
    return replace(effect, hgvs_p=f"p.{change}", name=f"{effect.gene} {change}") if change else effect


def _csq(*arguments) -> None:
    """`bcftools csq` in a process of its own: within one it remembers the last position of an earlier call."""
    code = "import sys, pysam.bcftools as b; b.csq(*sys.argv[1:], catch_stdout=False)"
    done = subprocess.run([sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"bcftools csq failed: {done.stderr.strip()[-2000:]}")


def _effect(key, texts, by_name, by_contig) -> Effect:
    chrom, pos, ref, alt = key
    choices = []
    for text in texts:
        fields = text.split("|")
        if text.startswith("@") or len(fields) < 4:
            continue
        words = [word.lstrip("*") for word in fields[0].split("&")]
        severity = min(SEVERITY.get(word, len(TERMS)) for word in words)
        row = by_name.get(fields[2], {})
        word = min(words, key=lambda one: SEVERITY.get(one, len(TERMS)))
        rank = (
            *(severity >= OUTSIDE, row.get("rank", 9), fields[3] != "protein_coding", severity),
            *(-row.get("cds_bases", 0), fields[2]),
        )
        choices.append((rank, TERMS.get(word, word), fields, row))
    within = [row for row in by_contig.get(chrom, ()) if row["start"] < pos <= row["end"]]
    if choices:
        _, consequence, fields, row = min(choices, key=lambda choice: choice[0])
        gene = fields[1] or row.get("gene")
        # beside a splice region csq says what the residue becomes in a row of its own
        same = [other for other in sorted(choices, key=lambda choice: choice[0]) if other[2][2] == fields[2]]
        changes = (protein_change(said[5], word) for _, word, said, _ in same if len(said) > 5 and said[5])
        change = next((one for one in changes if one), None)
        if consequence in SPLICE:
            change = None
        if consequence in ("intron_variant", "non_coding_transcript_exon_variant", "5_prime_UTR_variant"):
            promoter = _promoter(key, by_contig)
            if promoter and consequence != "5_prime_UTR_variant":
                return promoter
        name = f"{gene} {change}" if change else f"{gene} {consequence} {chrom}:{pos} {ref}>{alt}"
        hgvs = f"p.{change}" if change else None
        return Effect(gene, row.get("gene_id"), fields[2] or None, consequence, hgvs, name)
    promoter = _promoter(key, by_contig)
    if promoter:
        return promoter
    if within:  # a transcript that csq does not read: the gene is known, the consequence is not
        row = min(within, key=lambda one: (one["rank"], one["transcript"]))
        where = "within_gene_variant"
        return Effect(
            row["gene"], row["gene_id"], row["transcript"], where, None, f"{row['gene']} {chrom}:{pos} {ref}>{alt}"
        )
    return Effect(None, None, None, INTERGENIC, None, f"{chrom}:{pos} {ref}>{alt}")


def _promoter(key, by_contig) -> Effect | None:
    """A variant up to 500 bases before the first base of a gene's foremost transcript.

    Where the 5' UTR of that transcript is known, the place is counted from the start codon as in `TERT promoter
    c.-124C>T`: bases of the UTR in the transcript plus bases before it. Changes of length are named by their place.
    """
    chrom, pos, ref, alt = key
    near = []
    for row in by_contig.get(chrom, ()):
        forward = row["strand"] == "+"
        tss = row["start"] + 1 if forward else row["end"]
        distance = tss - (pos + len(ref) - 1) if forward else pos - tss  # of the base nearest to the gene
        if 0 < distance <= PROMOTER:
            near.append(((row["rank"], row["cds_bases"] == 0, distance, row["transcript"]), distance, forward, row))
    if not near:
        return None
    _, distance, forward, row = min(near, key=lambda one: one[0])
    name = f"{row['gene']} upstream {chrom}:{pos} {ref}>{alt}"
    if row["cds_bases"] and len(ref) == len(alt):
        nearest, farthest = distance + row["utr5_bases"], distance + row["utr5_bases"] + len(ref) - 1
        bases = str.maketrans("ACGT", "TGCA")
        old, new = (ref, alt) if forward else (ref.translate(bases)[::-1], alt.translate(bases)[::-1])
        place = f"c.-{nearest}{old}>{new}" if len(ref) == 1 else f"c.-{farthest}_-{nearest}delins{new}"
        name = f"{row['gene']} promoter {place}"
    return Effect(row["gene"], row["gene_id"], row["transcript"], UPSTREAM, None, name)


def protein_change(text: str, consequence: str) -> str | None:
    """csq's amino acids as HGVS's short form: `858L>858R` -> `L858R`; `745KELREA>745K` -> `E746_A750del`.

    A synonymous change (`12G`) -> `G12=`, a frameshift -> the first residue that changes and `fs`.
    """
    if ">" not in text:
        position, residues = _split(text)
        return f"{residues[0]}{position}=" if residues else None
    (position, old), (_, new) = map(_split, text.split(">", 1))
    if not old or old.endswith("..") or new.endswith(".."):
        return f"{old[0]}{position}fs" if old and consequence == "frameshift_variant" else None
    if consequence == "frameshift_variant":
        same = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
        if same < len(old):
            return f"{old[same]}{position + same}" + ("*" if new[same : same + 1] == "*" else "fs")
        return f"{old[0]}{position}fs"
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    gone, come = old[start : len(old) - end], new[start : len(new) - end]
    first = position + start
    if not gone and not come:
        return f"{old[0]}{position}="
    if len(gone) == 1 and len(come) == 1:
        return f"{gone}{first}{come}"
    if consequence == "stop_gained" and "*" in come and gone:
        return (
            f"{gone[0]}{first}*"
            if come[0] == "*"
            else f"{gone[0]}{first}_{gone[-1]}{first + len(gone) - 1}delins{come}"
        )
    if not gone:
        if start in (0, len(old)):  # csq shows no residue behind it
            return f"{old[start - 1]}{first - 1}ins{come}" if start else None
        return f"{old[start - 1]}{first - 1}_{old[start]}{first}ins{come}"
    span = f"{gone[0]}{first}" + (f"_{gone[-1]}{first + len(gone) - 1}" if len(gone) > 1 else "")
    return f"{span}delins{come}" if come else f"{span}del"


def _split(text: str) -> tuple[int, str]:
    """`745KEL` -> (745, "KEL")."""
    digits = len(text) - len(text.lstrip("0123456789"))
    return (int(text[:digits]) if digits else 0), text[digits:]
