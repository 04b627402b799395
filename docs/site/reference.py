"""Griffe extension: the methods of `Fit` that are functions of other modules, as methods.

The class body says `loo = loo.loo`; statically that is an attribute without a docstring. And sections of
docstrings get the names that griffe knows.
"""

from __future__ import annotations

import copy
from typing import Any

import griffe
from mkdocs.exceptions import PluginError

SECTIONS = {
    "Main arguments:": "Args:",
    "Other arguments:": "Other Args:",
    "Example:": "Examples:",
    "References: ": "**References**: ",  # a paragraph, not a box with its first line as the title
}


class BorrowedMethods(griffe.Extension):
    """Show what `Fit` borrows from other modules."""

    def on_package(self, *, pkg: griffe.Module, **kwargs: Any) -> None:
        """Called with the whole package, once."""
        from bayesformula import Fit

        _rename_sections(pkg)
        fit = pkg["results.fit.Fit"]
        for name, member in list(fit.members.items()):
            value = vars(Fit).get(name)
            if not callable(value) or not isinstance(member, griffe.Attribute):
                continue
            path = f"{value.__module__}.{value.__qualname__}".removeprefix("bayesformula.")
            found = pkg[path]
            if not isinstance(found, griffe.Function):
                raise PluginError(f"Fit.{name} has no docstring to show: {path} is no function")
            fit.set_member(name, _as_method(found, member, fit))


def _as_method(found: griffe.Function, member: griffe.Attribute, parent: griffe.Class) -> griffe.Function:
    """A copy under another name, at its place in the class, and without its first parameter, the fit."""
    method = copy.copy(found)
    name = member.name
    method.name, method.parent, method.lineno = name, parent, member.lineno
    method.parameters = griffe.Parameters(*list(found.parameters)[1:])
    if found.docstring is not None:
        method.docstring = copy.copy(found.docstring)
        method.docstring.parent = method
        if found.name != name:
            first = found.docstring.value.split("\n", 1)[0]
            method.docstring.value = f"`{found.name}` under the name it has elsewhere. {first}"
    return method


def _rename_sections(of: griffe.Object) -> None:
    """In every docstring of a module, a class, a function."""
    if of.docstring is not None:
        for old, new in SECTIONS.items():
            of.docstring.value = of.docstring.value.replace(old, new)
    for member in of.members.values():
        if not member.is_alias:
            _rename_sections(member)
