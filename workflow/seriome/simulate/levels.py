"""How much of everything is there: transcripts and proteins of tumour tissue, metabolites of plasma and serum.

A level is a common one, times what a patient is born with, times 2^(planned change x state), times noise from sample
to sample. Numbers without a source are made up.
"""

import hashlib

import numpy as np

from seriome.simulate.metabolome import reference_levels
from seriome.simulate.reference import Reference
from seriome.simulate.tumours import Tumour

PROTEIN_FOLLOWS = 0.7  # log2 change of protein per log2 change of RNA
FUSION_PROTEIN = 12.0  # amount of a fusion's protein in cancer cells alone: strong, as what drives them often is
# log2 of RNA relative to the median gene, for genes whose level everybody knows
KNOWN = {
    "ACTB": 5.0, "ACTG1": 4.3, "GAPDH": 4.8, "B2M": 4.2, "VIM": 2.5, "COL1A1": 3.2, "LDHA": 2.6, "EPCAM": 2.0,
    "CDH1": 1.8, "HLA-A": 2.5, "AXL": 0.3, "ZEB1": 0.0, "ALB": -3.0, "CRP": -3.0, "SERPINA1": 0.5, "ALK": -2.5,
    "EML4": 0.3, "MKI67": 0.5, "GZMB": -0.8, "CD8A": -0.6, "PDCD1": -1.2, "CTLA4": -1.4,
}  # fmt: skip


def stream(seed: int, *words) -> np.random.Generator:
    """Random numbers that belong to words (a sample, a purpose), whatever else is drawn."""
    return np.random.default_rng(number_of(seed, *words))


def number_of(seed: int, *words) -> int:
    """A seed (32 bits) for words of a cohort."""
    text = ":".join(map(str, (seed, *words))).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=4).digest(), "big")


def expression(reference: Reference, tumour: Tumour, visit, seed: int) -> dict[str, float]:
    """Transcripts per million of every gene; they sum to a million, as a quantifier's do."""
    names = [gene.name for gene in reference.genes]
    common = stream(seed, "expression").normal(0, 1.3, len(names))
    own = stream(seed, tumour.patient, "expression").normal(0, 0.4, len(names))
    noise = stream(seed, tumour.patient, visit.label, "expression").normal(0, 0.22, len(names))
    log2 = np.array(
        [
            KNOWN.get(name, middle) + visit.state * tumour.story.expression.get(name, 0.0)
            for name, middle in zip(names, common, strict=True)
        ]
    )
    level = 2 ** (log2 + own + noise)
    return dict(zip(names, (level / level.sum() * 1e6).tolist(), strict=True))


def proteins(reference: Reference, tumour: Tumour, visit, seed: int) -> dict[str, float]:
    """Amount of every protein by gene name, linear; 1 is a common protein (see proteome.write_run)."""
    names = [gene.name for gene in reference.genes]
    common = stream(seed, "proteins").normal(1.2, 1.3, len(names))
    own = stream(seed, tumour.patient, "proteins").normal(0, 0.35, len(names))
    noise = stream(seed, tumour.patient, visit.label, "proteins").normal(0, 0.2, len(names))
    planned = [visit.state * PROTEIN_FOLLOWS * tumour.story.expression.get(name, 0.0) for name in names]
    known = [0.35 * KNOWN.get(name, 0.0) for name in names]
    amounts = 2 ** np.clip(common + own + noise + planned + known, -3.5, 6.5)
    return dict(zip(names, amounts.tolist(), strict=True))


def metabolites(tumour: Tumour, visit, seed: int) -> dict[str, float]:
    """Linear level of every compound in one plasma or serum sample."""
    healthy = reference_levels()
    own = stream(seed, tumour.patient, "metabolites").normal(0, 0.35, len(healthy))
    noise = stream(seed, tumour.patient, visit.label, "metabolites").normal(0, 0.2, len(healthy))
    return {
        key: level * 2 ** (one + two + visit.state * tumour.story.metabolites.get(key, 0.0))
        for (key, level), one, two in zip(healthy.items(), own, noise, strict=True)
    }


def pooled(samples: list[dict[str, float]]) -> dict[str, float]:
    """Equal parts of all samples."""
    return {key: float(np.mean([one[key] for one in samples])) for key in samples[0]}
