"""The page: offline, escaped, honest about what is empty, and equal for equal input."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from seriome.features import read_features
from seriome.files import read_json, read_tsv
from seriome.ledger import read_gaps
from seriome.report import changes, sparks, words
from seriome.report.figures import as_files, as_parts, patient_pictures
from seriome.report.inputs import (
    CLONE_TABLES,
    COURSE,
    VARIANTS,
    methods_used,
    plain,
    plain_gaps,
    program_versions,
    read_table,
)
from seriome.report.pages import matrix, patient_part, patient_summary, ranking_rows, variant_table, whole_page
from seriome.report.pictures import inline, rendered, sentence

from . import synthetic

DOI = re.compile(r"https://doi\.org/10\.\d{4,}/\S+")


def page_of(folder, ranking=None, differential=None, expression=None):
    """The whole page, from the files of a results folder."""
    parts, summaries = {}, []
    for patient in synthetic.PATIENTS:
        name = patient["patient"]
        tables = {key: read_table(folder / f"clones/{name}/{key}.tsv", c) for key, c in CLONE_TABLES.items()}
        file = folder / f"dna/variants/{name}.parquet"
        variants = read_table(file, VARIANTS) if file.exists() else None
        parts[name] = patient_part(
            patient,
            synthetic.of(name),
            synthetic.TREATMENTS.get(name, []),
            variants=variants,
            clones=tables,
            course=synthetic.course(name),
            features=read_features(sorted(folder.glob(f"features/*/patient={name}/*.parquet"))),
            figures=as_parts(name, patient_pictures(name, synthetic.course(name), tables)),
            variants_shown=5,
            changes_shown=6,
            meaning=synthetic.meaning(name),
        )
        summaries.append(patient_summary(name, variants, tables))
    files = sorted(folder.glob("features/*/*/*.parquet"))
    return whole_page(
        title="A cohort & <i>more</i>",
        outcome=read_json(folder / "outcome.json"),
        patients=synthetic.PATIENTS,
        account=plain(read_table(folder / "ledger/samples.tsv")),
        gaps=plain_gaps(read_gaps([folder / "ledger/gaps.tsv"])),
        summaries=summaries,
        ranking=synthetic.ranking() if ranking is None else ranking,
        evidence=synthetic.evidence(),
        differential=synthetic.differential() if differential is None else differential,
        parts=parts,
        settings={"run": {"seed": 7}, "dna": {"min_depth": 10}},
        methods=methods_used(files),
        versions=program_versions(),
        ranking_shown=20,
        expression=synthetic.expression() if expression is None else expression,
        changes_shown=12,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    synthetic.write_results(folder)
    return folder


@pytest.fixture(scope="module")
def page(folder):
    return page_of(folder)


class Read(HTMLParser):
    """Every tag, its attributes, the text, and whether tags close in order."""

    VOID = ("meta", "link", "img", "br", "hr", "input")

    def __init__(self, text):
        super().__init__()
        self.tags, self.text, self.open, self.wrong = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append((tag, self.getpos()))

    def handle_data(self, data):
        self.text.append(data)


def test_nothing_is_fetched(page):
    read = Read(page)
    for tag, attributes in read.tags:
        assert tag not in ("script", "link", "iframe", "object", "embed", "base", "img"), tag
        assert not [name for name in attributes if name.startswith("on")], attributes
        assert "src" not in attributes
        for name, value in attributes.items():
            if name == "href":
                assert value.startswith("#") or (tag == "a" and DOI.fullmatch(value)), value
            else:
                assert "//" not in (value or "").replace("http://www.w3.org/", ""), (tag, name, value)
    assert "@import" not in page
    assert "url(" not in re.sub(r"url\(#[\w-]+\)", "", page)


def test_tags_close_in_order_and_links_lead_somewhere(page):
    read = Read(page)
    assert not read.wrong
    assert not read.open
    ids = [attributes["id"] for _, attributes in read.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {a["href"][1:] for _, a in read.tags if a.get("href", "").startswith("#")} <= set(ids)


def test_what_comes_from_data_is_text(page):
    assert "<script" not in page
    assert "<img" not in page
    assert "<b>arm</b>" not in page
    assert "<i>" not in page
    assert "&lt;script&gt;" in page
    assert synthetic.HOSTILE in "".join(Read(page).text)


def test_equal_bytes(folder, page):
    assert page_of(folder) == page


def test_three_kinds_of_empty_differ(page):
    kinds = {}
    for state in ("measured", "below_lod", "not_measured", "zero"):
        cells = re.findall(rf'<svg class="glyph" data-state="{state}".*?</svg>', page, re.S)
        assert len(set(cells)) == 1, state
        kinds[state] = re.sub(r'data-state="\w+"|aria-label="[^"]*"', "", cells[0])
    assert len(set(kinds.values())) == 4
    below = re.search(r'<td class="n below" data-state="below_lod".*?</td>', page, re.S).group()
    assert "of" in below, "a limit stands with its depth"
    assert "&lt;" in below
    blank = re.search(r'<td class="n blank" data-state="not_measured".*?</td>', page, re.S).group()
    assert "not measured" in blank
    assert "%" not in blank.split(">", 1)[1]


def test_states_of_the_matrix(folder):
    gaps = plain_gaps(synthetic.GAPS)
    card = matrix(synthetic.PATIENTS[0], plain(read_table(folder / "ledger/samples.tsv")), gaps)
    order = [sample["sample"] for sample in card["samples"]]
    cells = {row["assay"]: dict(zip(order, [c["state"] for c in row["cells"]], strict=True)) for row in card["rows"]}
    assert order[:3] == ["P1-T0-N", "P1-T0-T", "P1-T0-P"]
    assert cells["dna"]["P1-T2-P"] == "part"
    assert cells["metabolome"] == dict.fromkeys(order, "none") | {"P1-T0-P": "measured", "P1-T3-P": "gap"}


def test_patient_without_anything(page):
    part = page[page.index('<article class="page" id="P3"') :]
    part = part[: part.index("</article>")]
    for said in (
        "No clones are shown",
        "no somatic variant passed",
        "Not measured in this patient",
        "no course to draw",
    ):
        assert said in part, said
    assert "None" not in part
    assert "nan" not in part.lower()


def test_empty_tables_of_the_cohort(folder):
    page = page_of(folder, ranking=pd.DataFrame(), differential=pd.DataFrame())
    assert "No gene has evidence" in page
    assert "No feature was measured in enough pairs" in page


def test_events_in_words(page):
    text = re.sub(r"\s+", " ", "".join(Read(page).text))
    assert "EGFR T790M first seen day 84; at day 42 the depth could have shown 0.4 % (under gefitinib)." in text
    assert "EGFR C797S emerged, first seen day 330; at day 210 the depth could have shown 0.37 % (under osim" in text


def test_outcome_and_response_in_words(page):
    text = re.sub(r"\s+", " ", "".join(Read(page).text))
    assert "Complete with gaps. 17 of 19 raw file sets could be used" in text
    assert "partial response (day 42), progression (day 210)" in text


def test_variants_hidden_are_told(page):
    assert "the other 2 are in" in re.sub(r"\s+", " ", page)
    table = variant_table(synthetic.variants(), synthetic.of("P1"), synthetic.TREATMENTS["P1"], 50)
    assert [row["name"] for row in table["rows"]][:2] == ["EGFR L858R", "TP53 R273H"]
    assert table["rows"][-1]["name"] == "KEAP1 c.114"  # synonymous comes last
    assert table["altering"] == 6


@pytest.mark.parametrize(
    ("fraction", "shown"),
    [
        (0.384, "38 %"),
        (0.0962, "9.6 %"),
        (0.0042, "0.42 %"),
        (0.00042, "0.042 %"),
        (0, "0 %"),
        (1, "100 %"),
        (None, "–"),
    ],
)
def test_percent(fraction, shown):
    assert words.percent(fraction).replace(words.THIN, " ") == shown


def test_changes_by_hand():
    rows = pd.DataFrame(
        [("expression", "g1", "A", "s0", 5.0), ("expression", "g1", "A", "s1", 7.5),
         ("expression", "g2", "B", "s0", 6.0), ("expression", "g2", "B", "s1", 3.0),
         ("expression", "g3", "C", "s0", 0.1), ("expression", "g3", "C", "s1", 2.9),
         ("expression", "g4", "D", "s1", 9.0)],
        columns=["kind", "feature", "name", "sample", "value"],
    ).assign(state="measured")  # fmt: skip
    found = changes.largest_changes(rows, "s0", "s1", "expression", 10)
    assert [(row["name"], row["change"]) for row in found] == [("B", -3.0), ("A", 2.5)]  # C is too low, D unknown early
    assert changes.newly_seen(rows, "s0", "s1", "expression") == (1, 0)


def test_pair_prefers_progression():
    early, late = changes.pair_of(pd.DataFrame(synthetic.of("P1")))
    assert (early["sample"], late["sample"]) == ("P1-T0-T", "P1-T3-T")
    assert changes.pair_of(pd.DataFrame(synthetic.of("P3"))) is None


def test_spark_has_a_mark_per_sample():
    points = synthetic.variants().query("name == 'EGFR T790M'").to_dict("records")
    svg = sparks.spark(points, [], -7, 330, 0.4)
    assert svg.count("<title>") == len(points)
    assert svg.count("<circle") == 4
    assert svg.count("<polygon") == 4


def test_pictures_are_fixed_safe_and_apart():
    import altair as alt

    data = pd.DataFrame({"day": [1, 2], "value": [1.0, 2.0], "name": ["a<b", "c"]})
    chart = alt.Chart(data).mark_line(point=True, clip=True).encode(x="day", y="value", color="name")
    first, second = rendered(chart, "P1-x"), rendered(chart, "P1-x")
    assert first == second
    other = inline(rendered(chart, "P2-x"), "a chart <here>")
    ids = set(re.findall(r'id="([^"]+)"', first))
    assert ids
    assert not ids & set(re.findall(r'id="([^"]+)"', other))
    assert set(re.findall(r"url\(#([^)]+)\)", first)) <= ids
    assert "a&lt;b" in first
    assert 'aria-label="a chart &lt;here&gt;"' in other
    assert "xmlns" not in other


def test_patient_without_pictures_says_why():
    empty = {name: pd.DataFrame(columns=columns) for name, columns in CLONE_TABLES.items()}
    files = as_files("P9", patient_pictures("P9", pd.DataFrame(columns=COURSE), empty))
    assert set(files) == {"course", "lines", "fish", "tree", "composition", "growth", "heterogeneity"}
    assert all("P9" in svg and svg.startswith("<svg") for svg in files.values())


def test_growth_and_heterogeneity_are_shown_where_there_are_tables_of_them(folder, page):
    for heading in ("Growth of each clone under each treatment", "Heterogeneity of each sample"):
        assert page.count(heading) == 1, heading
    assert "not estimable: clone 2 (one day of this phase)" in page
    without = {
        name: read_table(None if name in ("growth", "heterogeneity") else folder / f"clones/P1/{name}.tsv", columns)
        for name, columns in CLONE_TABLES.items()
    }
    pictures = patient_pictures("P1", synthetic.course("P1"), without)
    assert [name for name, svg in pictures.items() if svg is None] == ["growth", "heterogeneity"]


def test_no_share_is_drawn_twice():
    tables = synthetic.clones("P1")
    course = synthetic.course("P1")
    assert patient_pictures("P1", course, tables)["composition"], "day -7 has tissue and plasma"
    tracks = tables["trajectories"]
    plasma = tables | {"trajectories": tracks[tracks["specimen"] == "plasma"]}
    pictures = patient_pictures("P1", course, plasma)
    assert pictures["fish"]
    assert pictures["composition"] is None, "the fish plot shows every sample of it"
    lone = tables | {"trajectories": tracks[tracks["sample_id"] == "P1-T0-T"]}
    pictures = patient_pictures("P1", course, lone)
    assert pictures["fish"] is None
    assert pictures["composition"]


def test_foreign_svg_loses_its_scripts():
    hostile = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="x()"><script>x()</script>'
        '<image href="http://there/x.png"/><rect width="3" height="3" onclick="x()"/></svg>'
    )
    svg = rendered(hostile, "p")
    assert "<rect" in svg
    for word in ("script", "onload", "onclick", "http://there"):
        assert word not in svg
    assert "No picture" in sentence("No picture")


def test_table_with_header_only(tmp_path):
    (tmp_path / "tree.tsv").write_text("cluster_id\tparent\tsupport\n")
    (tmp_path / "nothing.tsv").write_text("")
    assert list(read_table(tmp_path / "tree.tsv", CLONE_TABLES["tree"])) == CLONE_TABLES["tree"]
    assert read_table(tmp_path / "nothing.tsv", COURSE).empty
    assert read_table(None, VARIANTS).empty


def test_sources_are_those_that_the_stages_name():
    stages = Path(changes.__file__).parents[1]
    for row in read_tsv(words.SOURCES):
        if row["stage"] != "workflow":
            told = "".join(file.read_text(encoding="utf-8") for file in (stages / row["stage"]).rglob("*.py"))
            page = stages.parents[1] / "docs" / f"{row['stage']}.md"
            told += page.read_text(encoding="utf-8") if page.is_file() else ""
            assert row["doi"].removeprefix("10.48550/arXiv.") in told, f"{row['stage']} does not name doi:{row['doi']}"


def test_what_came_together_is_told_together():
    common = {"event": "resistance", "cluster_id": 1, "mutation_id": "m", "label": None, "unit": "vaf"}
    common |= {"treatment": "gefitinib"}
    days = {"first_seen_day": 84, "last_unseen_day": 42}
    rows = [common | days | {"name": name, "limit_then": limit} for name, limit in [("A", 0.004), ("B", 0.01)]]
    rows.append(common | {"name": "C", "limit_then": 0.02, "first_seen_day": 10, "last_unseen_day": 0})
    told = words.events_in_words(rows)
    assert [one["what"] for one in told] == ["C", "A and B"]
    said = "first seen day 84; at day 42 the depth could have shown between 0.40 % and 1.0 % (VAF); under gefitinib"
    assert told[1]["rest"].replace(words.THIN, " ") == said


def test_events_come_by_importance():
    """Resistance, clones, then mutations; many pairs of hits that the data leave open are one sentence, the last."""

    def event(kind, name, cluster=1, mutation=None, day=0, **more):
        row = dict.fromkeys(["last_unseen_day", "last_seen_day", "limit_then", "unit", "treatment", "gene"])
        row |= {"event": kind, "name": name, "cluster_id": cluster, "mutation_id": mutation, "first_seen_day": day}
        return row | {"label": None} | more

    pairs = [
        event("two_hits_open", f"A and {other}", mutation="a", label=f"A and {other}: two hits of TP53", gene="TP53")
        for other in "BC"
    ]
    grown = event("expanded", "KRAS G12D", cluster=0, day=5, label="expanded from day 5 to 9")
    seen = [event("emerged", "D", mutation="d"), event("emerged", None, cluster=2, day=60)]
    told = words.events_in_words([*pairs, *seen, grown, event("resistance", "E", mutation="e", day=90)])
    assert [one["what"] for one in told] == ["E", "Clone 2", "Founder (KRAS G12D)", "D", "A, B and C"]
    assert told[-1]["rest"] == "2 pairs of hits of TP53, whether on one branch the data leave open"


def test_pairs_whose_phase_is_known_come_before_the_others():
    keys = ["last_unseen_day", "last_seen_day", "limit_then", "unit", "treatment", "first_seen_day"]
    about = dict.fromkeys(keys) | {"event": "two_hits", "cluster_id": 1, "mutation_id": "m", "gene": "EGFR"}
    names = {"A and B": "unknown", "A and C": "unknown", "T790M and C797S": "cis"}
    rows = [
        about | {"name": name, "phase": phase, "label": f"{name}: two hits of EGFR on one branch, {phase}"}
        for name, phase in names.items()
    ]
    told = words.events_in_words(rows)
    assert [one["what"] for one in told] == ["T790M and C797S", "A, B and C"]
    assert told[0]["rest"] == "two hits of EGFR on one branch, cis"
    twice = words.events_in_words([rows[2], rows[2] | {"name": "T790M and L792H"}])
    assert (
        twice[0]["rest"]
        == "2 pairs of hits of EGFR, on one branch, so in some cells both, on one copy of the gene (cis)"
    )


def test_evidence_of_every_layer_comes_before_a_second_of_one(page):
    rows = ranking_rows(synthetic.ranking(), synthetic.evidence(), 20, statements=2)
    assert [said[:10] for said in rows[0]["statements"]] == ["EGFR L858R", "EGFR T790M"]
    assert "emerged" in rows[0]["statements"][1]
    assert rows[0]["more"] == 1
