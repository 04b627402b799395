"""Bayesian mixed models from a formula.

    import bayesformula as bf
    fit = bf.fit("wait ~ afternoon + (1 + afternoon | cafe)", bf.datasets.load("cafes"))

This file is an index: names load on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bayesformula import datasets as datasets
    from bayesformula import families as families
    from bayesformula.api import design as design
    from bayesformula.api import explain as explain
    from bayesformula.api import fit as fit
    from bayesformula.api import formula as formula
    from bayesformula.api import load as load
    from bayesformula.calibration import sbc as sbc
    from bayesformula.errors import BayesFormulaError as BayesFormulaError
    from bayesformula.errors import BayesFormulaWarning as BayesFormulaWarning
    from bayesformula.errors import DataError as DataError
    from bayesformula.errors import FormulaError as FormulaError
    from bayesformula.errors import PriorError as PriorError
    from bayesformula.estimator import BayesianMixedModel as BayesianMixedModel
    from bayesformula.results.comparison.compare import compare as compare
    from bayesformula.results.fit import Fit as Fit

__version__ = "0.1.0"

_HOME = {
    "fit": "api",
    "explain": "api",
    "design": "api",
    "formula": "api",
    "load": "api",
    "compare": "results.comparison.compare",
    "sbc": "calibration",
    "datasets": "",
    "families": "",
    "Fit": "results.fit",
    "BayesFormulaError": "errors",
    "BayesFormulaWarning": "errors",
    "CheckpointError": "errors",
    "DataError": "errors",
    "DeviceError": "errors",
    "FamilyError": "errors",
    "FitFileError": "errors",
    "FormulaError": "errors",
    "HealthError": "errors",
    "OptionError": "errors",
    "PriorError": "errors",
    "UnknownColumnError": "errors",
    "UnseenLevelError": "errors",
}

_OPTIONAL = {"BayesianMixedModel": "estimator"}
"""Names that need a package which may not be installed: not among those of `import *`."""

__all__ = ["__version__", *_HOME]  # pyright: ignore[reportUnsupportedDunderAll]

logging.getLogger("bayesformula").addHandler(logging.NullHandler())


def __getattr__(name: str) -> Any:
    if name not in _HOME and name not in _OPTIONAL:
        raise AttributeError(f"module 'bayesformula' has no attribute {name!r}")
    home = _HOME.get(name, _OPTIONAL.get(name, ""))
    if not home:
        return importlib.import_module(f"bayesformula.{name}")
    value = getattr(importlib.import_module(f"bayesformula.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
