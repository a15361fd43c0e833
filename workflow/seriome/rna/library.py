"""Quality of an RNA library: its reads, what they are of, how evenly they cover genes, how many are copies.

Reads and foreign sequences are judged from the first HEAD fragments of the first unit. Alignments are read once: a pair
that begins and ends where another does is a copy (in RNA often an accident of abundance: this is an upper bound). The
gene body is that of the transcripts with most reads, one per gene, in BINS parts from 5' to 3'; the ratio of the last
fifth to the first tells RNA that was degraded (Wang, Wang and Li 2012, doi:10.1093/bioinformatics/bts356).
"""

from itertools import islice, pairwise

import numpy as np

HEAD = 20_000
ADAPTERS = ("AGATCGGAAGAGC", "CTGTCTCTTATACACATCT")  # Illumina's TruSeq and Nextera
RIBOSOMAL = ("rRNA", "Mt_rRNA", "rRNA_pseudogene")  # biotypes as GENCODE and Ensembl call them
TRANSCRIPTS, SHORTEST, DEPTH, BINS = 200, 500, 20, 20


def heads(files) -> list[tuple]:
    """The reads of the first fragments: ((sequence, qualities), ...) of each."""
    import pysam

    streams = [pysam.FastxFile(str(file)) for file in files]
    first = islice(zip(*streams, strict=False), HEAD)
    return [tuple((one.sequence or "", one.quality or "") for one in reads) for reads in first]


def of_reads(fragments) -> dict:
    """Length (bases), shares of bases (q30, gc, n) and of fragments with an adapter; nothing without fragments."""
    reads = [read for fragment in fragments for read in fragment]
    bases = "".join(sequence for sequence, _ in reads)
    scores = np.frombuffer("".join(quality for _, quality in reads).encode(), np.uint8)
    if not bases:
        return {}
    known = len(bases) - bases.count("N")
    with_adapter = sum(any(adapter in read[0] for adapter in ADAPTERS for read in one) for one in fragments)
    return {
        "read_length": round(len(bases) / len(reads), 1),
        "q30": _share((scores >= 33 + 30).sum(), len(scores)),
        "gc": _share(bases.count("G") + bases.count("C"), known),
        "n": _share(len(bases) - known, len(bases)),
        "adapter": _share(with_adapter, len(fragments)),
    }


def ribosomal(abundance, transcripts) -> float | None:
    """Share of the reads that fit transcripts which are of ribosomal RNA's biotypes; None where there are none of them.

    abundance    target_id, est_counts;  transcripts  transcript_id, biotype
    """
    of = set(transcripts.loc[transcripts["biotype"].isin(RIBOSOMAL), "transcript_id"])
    if not of or not abundance["est_counts"].sum():
        return None
    return _share(abundance.loc[abundance["target_id"].isin(of), "est_counts"].sum(), abundance["est_counts"].sum())


def foreign(fragments, path, own) -> dict:
    """Shares of fragments that fit sequences of a FASTA of what is not wanted better than the genome, by group.

    path   FASTA; a record's group is what stands in its name before the first `|`, such as `rRNA|NR_003286`
    own    an aligner on the genome (align.open_index)
    """
    import mappy

    aligner, counts = mappy.Aligner(fn_idx_in=str(path), preset="sr", n_threads=1), {}
    for name in aligner.seq_names:
        counts.setdefault(name.split("|")[0], 0)
    for fragment in fragments:
        sequences = [sequence for sequence, _ in fragment]
        hits = [hit for hit in aligner.map(*sequences) if hit.is_primary]
        if hits:
            best = max(hits, key=_fit)
            if _fit(best) > max((_fit(hit) for hit in own.map(*sequences)), default=0):
                counts[best.ctg.split("|")[0]] += 1
    return {f"foreign_{group}": _share(number, len(fragments)) for group, number in sorted(counts.items())}


def _fit(hit) -> int:
    return hit.mlen - 4 * hit.NM


def of_alignments(bam) -> dict:
    """Shares of main alignments: aligned, spliced (an intron at least); of proper pairs: copies of another."""
    import pysam

    reads = aligned = spliced = pairs = copies = 0
    here, seen = None, set()
    with pysam.AlignmentFile(str(bam), "rb") as file:
        for read in file.fetch(until_eof=True):
            if read.flag & 0x900:
                continue
            reads += 1
            if read.is_unmapped:
                continue
            aligned += 1
            spliced += any(kind == 3 for kind, _ in read.cigartuples)
            if not (read.flag & 0x2 and read.template_length > 0):
                continue
            if here != (read.reference_id, read.reference_start):
                here, seen = (read.reference_id, read.reference_start), set()
            key = read.template_length, read.next_reference_start, read.is_read1
            pairs, copies = pairs + 1, copies + (key in seen)
            seen.add(key)
    found = {"aligned": _share(aligned, reads), "spliced": _share(spliced, aligned)}
    return found | {"copies": _share(copies, pairs)}


def gene_body(bam, models, abundance) -> list[float] | None:
    """Coverage of BINS parts of the transcripts with most reads, mean 1; None with fewer than three of them.

    models      Transcript of the annotation;  abundance  target_id, est_counts
    Only transcripts of SHORTEST bases or more with DEPTH reads or more; each counts as much as any other
    """
    import pysam

    reads = dict(zip(abundance["target_id"], abundance["est_counts"], strict=True))
    ranked = sorted(models, key=lambda one: (-reads.get(one.transcript_id, 0), one.transcript_id))
    genes, curves = set(), []
    with pysam.AlignmentFile(str(bam), "rb") as file:
        for one in ranked:
            if len(curves) == TRANSCRIPTS or reads.get(one.transcript_id, 0) < DEPTH:
                break
            if one.gene_id in genes or one.length < SHORTEST or one.chrom not in file.references:
                continue
            genes.add(one.gene_id)
            depth = np.concatenate(
                [np.sum(file.count_coverage(one.chrom, *exon, quality_threshold=0), axis=0) for exon in one.exons]
            )
            depth = depth if one.strand == "+" else depth[::-1]
            edges = np.linspace(0, len(depth), BINS + 1).astype(int)
            parts = np.array([depth[low:high].mean() for low, high in pairwise(edges)])
            if parts.sum() > 0:
                curves.append(parts / parts.mean())
    return [round(float(part), 4) for part in np.mean(curves, axis=0)] if len(curves) >= 3 else None


def of_sample(info: dict, fragments, abundance, transcripts, models, bam, foreign_to=None) -> dict:
    """The record of one library: shares (0 to 1), None where something cannot be told.

    info        run_info of the quantification
    bam         alignments, or None where reads are not aligned
    foreign_to  (FASTA, aligner on the genome), or None
    """
    record = {"fragments": info["n_processed"], "state": info["state"], "strand": info.get("strand")}
    record["fit_transcripts"] = _share(info["n_pseudoaligned"], info["n_processed"])
    record |= of_reads(fragments)
    record["ribosomal"] = ribosomal(abundance, transcripts) if len(abundance) else None
    if foreign_to and fragments:
        record |= foreign(fragments, *foreign_to)
    if bam and fragments:
        record |= of_alignments(bam)
        record["gene_body"] = gene_body(bam, models, abundance) if len(abundance) else None
        if record["gene_body"]:
            fifth = BINS // 5
            first, last = np.mean(record["gene_body"][:fifth]), np.mean(record["gene_body"][-fifth:])
            record["last_over_first_fifth"] = round(float(last / first), 4) if first > 0 else None
    return record


def _share(part, whole) -> float | None:
    return round(float(part) / float(whole), 5) if whole else None
