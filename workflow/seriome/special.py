"""Special functions: scipy's compiled ones, without what else an import of scipy.special brings.

That import is a fifth of a small run of `seriome clones`: wrappers for other array libraries, and with them all of
numpy, its tests and its Fortran parser. Here only the compiled functions are loaded; where scipy keeps them elsewhere,
or scipy.special has been imported already, they are those of scipy.special.
"""

import sys
from contextlib import suppress
from importlib.util import find_spec
from types import ModuleType

import numpy as np


def _compiled():
    """The module of scipy's compiled functions; a bare package stands in for scipy.special while it is loaded."""
    name = "scipy.special"
    if name not in sys.modules:
        package = ModuleType(name)
        package.__path__ = find_spec(name).submodule_search_locations
        sys.modules[name] = package
        try:
            with suppress(ImportError):
                from scipy.special import _ufuncs

                return _ufuncs
        finally:
            del sys.modules[name]
    from scipy import special

    return special


_functions = _compiled()
betainc, betaincinv, betaln = _functions.betainc, _functions.betaincinv, _functions.betaln
digamma, expit = _functions.psi, _functions.expit
gammainc, gammaincinv, gammaln = _functions.gammainc, _functions.gammaincinv, _functions.gammaln
log_ndtr, ndtr, ndtri, pdtr = _functions.log_ndtr, _functions.ndtr, _functions.ndtri, _functions.pdtr
xlog1py, xlogy = _functions.xlog1py, _functions.xlogy


def logsumexp(values, axis=None):
    """Log of the sum of exp(values) along an axis, or of all; of none above -inf it is -inf."""
    top = np.max(values, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    with np.errstate(divide="ignore"):
        return np.log(np.exp(values - top).sum(axis=axis)) + np.squeeze(top, axis=axis)
