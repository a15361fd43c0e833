"""The table of variants as VCF 4.4, which other programs read."""

import tempfile
from pathlib import Path

import pandas as pd

from seriome.files import moved_into_place

FILTERS = {
    "low_evidence": "summed evidence of all samples below the threshold (a variant another caller gave)",
    "few_reads": "too few reads of the allele over all samples but the normal",
    "germline": "as frequent in the matched normal as a germline variant",
    "germline_like": "no normal, and fractions as of a germline variant in every sample",
    "in_normal": "more reads in the matched normal than errors and a trace of tumour explain",
    "chip": "of the blood's own clones: as frequent in the white cells as in plasma",
    "panel_of_normals": "other people's normals show it, too",
    "population": "no normal, and a polymorphism of the population",
    "normal_depth": "too few reads in the matched normal to tell",
    "strand_bias": "reads of the allele on one strand only",
    "read_end": "the allele stands at the ends of its reads",
    "mapping": "reads of the allele are placed poorly",
    "haplotype": "its reads show another change that the normal shows, too: a copy from elsewhere",
    "repeat": "indel in a long repeat at a low fraction",
}


def write_vcf(path, table: pd.DataFrame, samples, contigs) -> None:
    """The same as VCF 4.4, one column per sample, compressed by bgzip, with its index `.tbi` beside it."""
    import pysam

    lines = ["##fileformat=VCFv4.4", "##source=seriome", '##FILTER=<ID=PASS,Description="All filters passed">']
    lines += [f'##FILTER=<ID={name},Description="{text}">' for name, text in FILTERS.items()]
    lines += [f"##contig=<ID={name},length={length}>" for name, length in contigs.items()]
    for name, text in {
        "GENE": "Gene symbol",
        "TRANSCRIPT": "Transcript that the consequence is of",
        "CONSEQUENCE": "Sequence Ontology term",
        "HGVSC": "Change of the transcript",
        "HGVSP": "Protein change, short form",
    }.items():
        lines.append(f'##INFO=<ID={name},Number=1,Type=String,Description="{text}">')
    lines += [
        '##INFO=<ID=EVIDENCE,Number=1,Type=Float,Description="Evidence over samples but the normal, powers of ten">',
        '##INFO=<ID=TUMOR_ONLY,Number=0,Type=Flag,Description="Called without a matched normal: less certain">',
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="0/1 seen in this sample, 0/0 not seen, ./. not measured">',
        '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Reads of the reference and of the variant">',
        '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Reads of any allele">',
        '##FORMAT=<ID=VAF,Number=1,Type=Float,Description="Variant reads over all reads">',
        '##FORMAT=<ID=PRES,Number=1,Type=Float,Description="Probability that the variant is there in this sample">',
        '##FORMAT=<ID=LOD,Number=1,Type=Float,Description="Fraction that would be seen with 95 % power at this depth">',
    ]
    lines.append("\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *samples]))

    def text(value):
        return (
            str(value).replace("%", "%25").replace(";", "%3B").replace("=", "%3D").replace(",", "%2C").replace(" ", "_")
        )

    def number(value, form="{:.6g}"):
        return "." if pd.isna(value) else form.format(value)

    for _, group in table.groupby("variant", sort=False):
        first, by_sample = group.iloc[0], {row["sample"]: row for row in group.to_dict("records")}
        pairs = {"GENE": "gene", "TRANSCRIPT": "transcript", "CONSEQUENCE": "consequence"}
        pairs |= {"HGVSC": "hgvs_c", "HGVSP": "hgvs_p"}
        info = [f"{key}={text(first[column])}" for key, column in pairs.items() if pd.notna(first[column])]
        info += [f"EVIDENCE={first['evidence']:.2f}"] + ["TUMOR_ONLY"] * bool(first["tumor_only"])
        cells = []
        for sample in samples:
            row = by_sample[sample]
            genotype = "./." if row["state"] == "not_measured" else "0/1" if row["called"] else "0/0"
            counts = ",".join(number(row[key], "{:d}") for key in ("ref_count", "alt_count"))
            depth = number(row["depth"], "{:d}")
            cells.append(
                ":".join([genotype, counts, depth, number(row["vaf"]), number(row["lod"]), number(row["presence"])])
            )
        place = [first["chrom"], str(first["pos"]), ".", first["ref"], first["alt"], ".", first["filter"]]
        lines.append("\t".join([*place, ";".join(info), "GT:AD:DP:VAF:LOD:PRES", *cells]))
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "variants.vcf"
        plain.write_text("\n".join(lines) + "\n", encoding="utf-8")
        with moved_into_place(path) as temporary:
            pysam.tabix_compress(str(plain), str(temporary), force=True)
            pysam.tabix_index(str(temporary), preset="vcf", force=True)
            Path(f"{temporary}.tbi").replace(f"{path}.tbi")
