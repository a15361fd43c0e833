"""A patient's own proteins measured: which mutations and fusions of simulated tumours are reported, and which not."""

import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from seriome.proteome import own
from seriome.proteome.identify import judged_by_run, prepared, with_variants
from seriome.simulate.proteome import digest, write_run

from ..proteome.made import SETTINGS, alike, as_proteins, made_up, searched


def _reported(reference, products, translated, made, amounts, minutes) -> SimpleNamespace:
    """What is reported of a patient's own proteins in one simulated run.

    reference      sequences that are searched with the products;  translated: products that are in the run
    made, amounts  all that is in the run
    Returns        sources `shown` and `true`, and `due`: translated products of which a peptide of their own was the
                   strongest in a spectrum; the table `evidence`; `share` of the class; in words, whether `rescored`,
                   and `reasons`
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tumour.mzML"
        truth = write_run(path, made, amounts, seed=3, minutes=minutes, top_n=8, wrong=0.05)
        rows, proteins = own.table_of(products), as_proteins(reference)
        psms, index = searched({"S": path}, proteins | own.proteins(rows))
    scored, learned = prepared(psms, SETTINGS)
    text = own.reference_text(proteins, rows)
    share = own.forms(rows, text, SETTINGS) / index.forms
    _, evidence = with_variants(judged_by_run(scored, SETTINGS)[0], rows, text, share, SETTINGS)
    fragmented = {alike(peptides[0]) for peptides in truth.values() if peptides}
    new = {one.source: fragmented.intersection(map(alike, digest(one.sequence))) for one in translated}
    due = {source for source, peptides in new.items() if any(one not in text for one in peptides)}
    shown = set(evidence.loc[evidence["reported"], "source"])
    reasons = f"reasons {evidence['reason'].value_counts().to_dict()}, missed {sorted(due - shown)[:8]}"
    return SimpleNamespace(
        shown=shown, true=set(new), due=due, evidence=evidence, share=share,
        rescored="rescored" if learned else "not rescored", reasons=reasons,
    )  # fmt: skip


def _mutated(there: dict, rng, number: int) -> list[own.Product]:
    """Missense products of drawn proteins, whose new peptide is of a usual length."""
    products = []
    while len(products) < number:
        name = rng.choice(list(there))
        at, residue = int(rng.integers(5, len(there[name]) - 5)), str(rng.choice(list("ADEFGHLMNPQSTVWY")))
        before, after = there[name], there[name][:at] + residue + there[name][at + 1 :]
        new = [one for one in digest(after) if one not in before and 8 <= len(one) <= 22]
        if residue == before[at] or {residue, before[at]} <= set("IL") or not new:
            continue
        source = f"{name}:{before[at]}{at + 1}{residue}"
        products.append(own.Product("missense", source, name, source, "T", at + 1, at + 1, after, before))
    return products


def variants(proteins: int = 60, number: int = 160, silent: int = 600, minutes: float = 20) -> dict:
    """A tumour with translated mutations, untranslated ones, and peptides that look like mutations: who is reported?

    Half of the mutations of the patient's DNA are translated (from a third of the protein's copies). Of 20 N>D and Q>E
    that are not translated, the protein is deamidated right there; of 20 others, the unmutated peptide carries a usual
    modification of the same mass (S>T and G>A by methylation, F>Y by oxidation). Recall is asked of translated
    mutations of which a spectrum was taken. Then the same once more, beside as many proteins that no reference holds,
    and with `silent` more that are not in the sample in the reference: there matches are rescored.
    """
    there, rng = made_up(proteins, 2), np.random.default_rng(7)
    products = _mutated(there, rng, number)
    looks = {("N", "D"), ("Q", "E")}, {("D", "E"), ("N", "Q"), ("S", "T"), ("F", "Y")}
    traps = []
    for pairs in looks:
        wanted = len(traps) + 20
        while len(traps) < wanted:
            for one in _mutated(there, rng, 50):
                pair = one.reference[one.first - 1], one.sequence[one.first - 1]
                if pair in pairs and len(traps) < wanted and one.source not in {two.source for two in traps}:
                    traps.append(one)
    translated = products[: number // 2]
    amounts = dict(zip(there, 2 ** rng.normal(2, 1.3, proteins), strict=True))
    made, total, figures = dict(there), dict(amounts), {}
    for one in [*translated, *traps]:
        made[one.source] = one.sequence
        total[one.source] = amounts[one.gene] / 3
        total[one.gene] = max(total[one.gene] - amounts[one.gene] / 3, amounts[one.gene] / 10)
    unknown = made_up(proteins, 5)
    more = dict(zip(unknown, 2 ** rng.normal(2, 1.3, proteins), strict=True))
    for prefix, searched_for, sequences, levels in (
        ("", there, made, total),
        ("unknown_", there | made_up(silent, 6), made | unknown, total | more),
    ):
        seen = _reported(searched_for, [*products, *traps], translated, sequences, levels, minutes)
        trapped = int(seen.evidence["source"].isin({one.source for one in traps}).sum())
        figures |= {
            f"{prefix}variant_peptide_recall": round(len(seen.shown & seen.due) / len(seen.due), 4),
            f"{prefix}variant_peptide_false": len(seen.shown - seen.true),
            f"{prefix}variant_peptides_due": len(seen.due),
            f"{prefix}variant_traps_matched": trapped,
        }
        print(
            f"{len(translated)} translated mutations{', unknown proteins' if prefix else ''}, {seen.rescored}: "
            f"{len(seen.due)} with a spectrum, {len(seen.shown & seen.due)} reported; {number - len(translated)} "
            f"untranslated and {len(traps)} lookalikes ({trapped} matches to them): {len(seen.shown - seen.true)} "
            f"reported; class share {seen.share:.4f}\n  {seen.reasons}"
        )
    return figures


def _joined(there: dict, rng, number: int) -> list[own.Product]:
    """Fusions of drawn proteins, cut anywhere, whose junction lies in a peptide of a usual length."""
    products = []
    while len(products) < number:
        five, three = map(str, rng.choice(list(there), 2, replace=False))
        cut, start = int(rng.integers(30, len(there[five]) - 30)), int(rng.integers(30, len(there[three]) - 30))
        after = there[five][:cut] + there[three][start:]
        if any(8 <= len(one) <= 22 for one in _over(after, cut)):
            source, alone = f"{five}:{cut}-{three}:{start + 1}", f"{there[five]}|{there[three]}"
            products.append(own.Product("fusion", source, five, source, "T", cut, cut + 1, after, alone))
    return products


def _over(sequence: str, cut: int) -> list[str]:
    """Tryptic peptides that hold a junction behind residue `cut`."""
    return [one for one in digest(sequence) if sequence.find(one) < cut < sequence.find(one) + len(one)]


def fusions(proteins: int = 60, number: int = 80, minutes: float = 20) -> dict:
    """A tumour with fusions: a half is translated, as much as a third of the 5' protein. Who is reported?

    Of the other half, every second one's junction peptide is that of a protein of the reference that is in the sample,
    with I for L and L for I: spectra that look exactly like the fusion, and are of none.
    """
    there, rng = made_up(proteins, 2), np.random.default_rng(17)
    products = _joined(there, rng, number)
    translated, silent = products[: number // 2], products[number // 2 :]
    amounts = dict(zip(there, 2 ** rng.normal(2, 1.3, proteins), strict=True))
    held, traps = dict(there), silent[::2]
    for place, one in enumerate(traps):
        (peptide, *_) = sorted(_over(one.sequence, one.first), key=len)
        held[f"X{place}"] = "MK" + peptide.translate(str.maketrans("IL", "LI")) + ("" if peptide[-1] in "KR" else "K")
        amounts[f"X{place}"] = 2 ** rng.normal(2, 1.3)
    made, total = held | {one.source: one.sequence for one in translated}, dict(amounts)
    total |= {one.source: amounts[one.gene] / 3 for one in translated}
    seen = _reported(held, products, translated, made, total, minutes)
    trapped = int(seen.evidence["source"].isin({one.source for one in traps}).sum())
    print(
        f"{len(translated)} translated fusions, {len(seen.due)} with a spectrum of the junction: "
        f"{len(seen.shown & seen.due)} reported; {len(silent)} untranslated, {len(traps)} with a reference's junction "
        f"peptide ({trapped} matches to them): {len(seen.shown - seen.true)} reported\n  {seen.reasons}"
    )
    return {
        "fusion_peptide_recall": round(len(seen.shown & seen.due) / len(seen.due), 4),
        "fusion_peptide_false": len(seen.shown - seen.true),
        "fusion_peptides_due": len(seen.due),
    }


PARTS = {"variants": variants, "fusions": fusions}
QUICK = {
    "variants": {"proteins": 40, "number": 20, "silent": 40, "minutes": 12},
    "fusions": {"proteins": 40, "number": 16, "minutes": 12},
}
