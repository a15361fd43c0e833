"""Mistakes of the config's section are told at once, each with its key."""

import pytest

from seriome.proteome.checks import problems

from .made import SETTINGS

UNIT = {"sample": "S1", "run": "plex1"}


@pytest.mark.parametrize(
    ("settings", "units", "said"),
    [
        pytest.param({}, [UNIT], [], id="the default is sound"),
        pytest.param({"label": "tmt10", "bridge": "126"}, [UNIT | {"channel": "127N"}], [], id="a plex with a bridge"),
        pytest.param(
            {"variable": ["Oxydation@M"]},
            [UNIT],
            ["proteome.variable: modification 'Oxydation@M' is not known, did you mean 'Oxidation'?"],
            id="misspelt",
        ),
        pytest.param(
            {"contaminants": "/no/such.fa"}, [], ["proteome.contaminants: /no/such.fa is not there"], id="no such file"
        ),
        pytest.param(
            {"label": "tmt6", "bridge": "127C"},
            [UNIT, UNIT | {"channel": "129C"}],
            [
                "proteome.bridge: '127C' is no channel of tmt6, did you mean '128C'?",
                "assays.tsv, channel: S1 plex1: missing, proteome.label is tmt6",
                "assays.tsv, channel: S1 plex1: '129C' is no channel of tmt6",
            ],
            id="channels of another kit",
        ),
        pytest.param(
            {"bridge": "126"},
            [UNIT | {"channel": "126"}],
            [
                "proteome.bridge: means nothing without a label",
                "assays.tsv, channel: 'S1' has one, but proteome.label is null",
            ],
            id="channels without a label",
        ),
    ],
)
def test_problems(settings, units, said):
    assert problems(SETTINGS | settings, units) == said
