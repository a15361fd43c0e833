"""The compiled functions are scipy's own, loaded alone; and scipy is whole afterwards."""

import subprocess
import sys

import numpy as np
import pytest
from scipy import special as whole

from seriome import special

TELL = """
import sys
from seriome import special
alone = "scipy.special" not in sys.modules
import scipy.special, scipy.stats
same = special.gammaln is scipy.special.gammaln and special.digamma is scipy.special.psi
print(alone, same, scipy.stats.norm.cdf(0), scipy.special._ufuncs.ndtr(0))
"""
REFUSE = """
import sys
class Once:
    def find_spec(self, name, path=None, target=None):
        if name == "scipy.special._ufuncs":
            sys.meta_path.remove(self)
            raise ImportError(name)
sys.meta_path.insert(0, Once())
"""


def told(code):
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()


def test_the_functions_alone_are_loaded_and_scipy_is_whole_afterwards():
    assert told(TELL) == ["True", "True", "0.5", "0.5"]


def test_where_they_cannot_be_loaded_alone_all_is():
    assert told(REFUSE + TELL) == ["False", "True", "0.5", "0.5"]


def test_what_is_imported_already_is_used():
    assert special._compiled() is whole


@pytest.mark.parametrize("axis", [None, 0, 1, 2])
def test_logsumexp(axis):
    values = 300 * np.random.default_rng(1).standard_normal((3, 4, 5))
    values[0] = -np.inf
    assert special.logsumexp(values, axis=axis) == pytest.approx(whole.logsumexp(values, axis=axis))
    assert special.logsumexp(np.full(3, -np.inf)) == -np.inf
