"""All targets by name, each in a module of this folder that is loaded when it is asked for."""

from __future__ import annotations

import importlib

from fuzz.target import HERE, Target

MODULES = {
    "formula": "formulas",
    "predictors": "formulas",
    "priors": "prior_statements",
    "prior_tables": "prior_statements",
    "hypothesis": "hypotheses",
    "family": "family_texts",
    "tables": "tables",
    "designs": "tables",
    "new_rows": "tables",
    "models": "models",
    "matrices": "tables",
    "fits": "files",
    "checkpoints": "files",
}
"""The module of each target; in it, the target stands in TARGETS."""


def names() -> list[str]:
    """Of the targets whose module is there."""
    return [name for name, module in MODULES.items() if (HERE / f"{module}.py").is_file()]


def find(name: str) -> Target:
    """The target of this name."""
    module = importlib.import_module(f"fuzz.{MODULES[name]}")
    return {target.name: target for target in module.TARGETS}[name]
