"""The public names are what the contract says, and no submodule shadows one."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import types

import bayesformula as bf


def test_every_public_name_survives_the_import_of_every_submodule():
    for module in pkgutil.walk_packages(bf.__path__, "bayesformula."):
        importlib.import_module(module.name)
    for name in ("fit", "explain", "design", "formula", "load"):
        assert inspect.isfunction(getattr(bf, name)), name
    assert isinstance(bf.datasets, types.ModuleType)
    assert isinstance(bf.families, types.ModuleType)
    assert issubclass(bf.FormulaError, bf.BayesFormulaError)
    assert issubclass(bf.FormulaError, ValueError)
    assert set(bf.__all__) <= set(dir(bf))


def test_fit_has_the_signature_of_the_contract():
    parameters = inspect.signature(bf.fit).parameters
    assert list(parameters)[:2] == ["formula", "data"]
    expected = {
        **{"family": None, "priors": None, "chains": 4, "draws": 1000, "warmup": 1000, "thin": 1, "seed": 0},
        **{"plan": "auto", "device": "auto", "target_accept": 0.8, "max_tree_depth": 10, "init": None},
        **{"na": "drop", "checks": None, "prior_only": False, "strict": False, "checkpoint": None},
        **{"keep": None, "progress": None, "transforms": None, "data2": None},
    }
    assert {n: p.default for n, p in parameters.items() if p.kind is p.KEYWORD_ONLY} == expected


def test_unknown_attribute_is_an_attribute_error():
    assert not hasattr(bf, "nothing_of_that_name")
