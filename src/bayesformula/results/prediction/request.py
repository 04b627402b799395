"""What a prediction asks, checked: anything that can be wrong with the options is wrong here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast, get_args

from bayesformula.errors import OptionError, listing, nearest

if TYPE_CHECKING:
    from bayesformula.data.rows import GroupPart
    from bayesformula.model.spec import GroupSpec, ModelSpec
    from bayesformula.results.fit import Fit

PredictionKind = Literal["mean", "linear", "response"]
NewLevels = Literal["error", "population", "sample"]
Groups = str | Sequence[str]


@dataclass(frozen=True, slots=True)
class Request:
    """One question about rows.

    Attributes:
        kind: "mean", "linear", "response", or "log_likelihood".
        parameter: whose linear predictor or value is asked for; None for the response itself.
        kept: labels of the groups whose effects enter.
        averaged: labels of those that are integrated out; all others are left out.
        new_levels: what is done with a level that was not in the training data.
    """

    kind: str
    parameter: str | None
    kept: tuple[str, ...]
    averaged: tuple[str, ...]
    new_levels: NewLevels

    @property
    def parts(self) -> dict[str, GroupPart]:
        """What has to be read of each group."""
        return {**dict.fromkeys(self.kept, "levels"), **dict.fromkeys(self.averaged, "columns")}  # pyright: ignore

    @property
    def needs_terms(self) -> bool:
        """Whether the response's distribution is asked for: its trials, its bounds, its exposure."""
        return self.kind != "linear" and self.parameter is None


def request(fit: Fit, kind: str, parameter: str | None, groups: Groups, new_levels: str) -> Request:
    """The options of `predict`, checked.

    Raises:
        OptionError: one of them is not legal, or needs draws that the fit did not keep.
    """
    legal = get_args(PredictionKind)
    if kind not in legal:
        raise OptionError(f"kind={kind!r} is not known; {listing(nearest(str(kind), legal))} are")
    if new_levels not in get_args(NewLevels):
        raise OptionError(
            f"new_levels={new_levels!r} is not known; legal are 'error', 'population', 'sample'"
        )
    kept, averaged = chosen_groups(fit.spec, groups)
    for group in fit.spec.groups:
        if group.label in kept and f"r_{group.label}" not in fit.draws:
            raise OptionError(
                f"the effects of '{group.label}' were summarised (keep=\"summary\"), and predictions need "
                'their draws\n  Pass groups="none" or groups="integrate", or fit again with keep="draws".'
            )
    found = _parameter(fit.spec, kind, parameter)
    return Request(kind, found, kept, averaged, cast("NewLevels", new_levels))


def chosen_groups(spec: ModelSpec, groups: Groups) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Labels of the groups that enter, and of those that are integrated out."""
    labels = tuple(group.label for group in spec.groups)
    match groups:
        case "all":
            return labels, ()
        case "none":
            return (), ()
        case "integrate":
            for group in spec.groups:
                _check_averaged(group)
            return (), labels
        case str():
            raise OptionError(
                f"groups={groups!r} is not known: write 'all', 'none', 'integrate', or a list of labels, "
                f"of {listing(labels) or 'none'}"
            )
        case _:
            pass
    if not isinstance(groups, Sequence) or not all(isinstance(label, str) for label in groups):  # pyright: ignore
        raise OptionError(f"groups={groups!r} must be 'all', 'none', 'integrate', or a list of labels")
    for label in groups:
        if label not in labels:
            known = (
                f"the groups are {listing(nearest(label, labels))}" if labels else "the model has no groups"
            )
            raise OptionError(f"no group {label!r} in this model: {known}")
    return tuple(label for label in labels if label in groups), ()


def _check_averaged(group: GroupSpec) -> None:
    if group.cov:
        raise OptionError(
            f"the levels of '{group.label}' are related by the matrix {group.cov}, which knows no new level: "
            'its effects cannot be integrated out\n  Pass groups="none".'
        )


def _parameter(spec: ModelSpec, kind: str, parameter: str | None) -> str | None:
    """The parameter that is asked for; the linear predictor is mu's unless another is named."""
    predicted = [predictor.parameter for predictor in spec.predictors]
    if parameter is None:
        if kind != "linear":
            return None
        if "mu" not in predicted:
            raise OptionError(f"say which linear predictor: parameter= one of {listing(predicted)}")
        return "mu"
    legal = predicted if kind == "linear" else list(dict.fromkeys((*predicted, *spec.scalars)))
    if parameter not in legal:
        what = "a linear predictor" if kind == "linear" else "a parameter of the response"
        raise OptionError(f"{parameter!r} is not {what}: these are {listing(nearest(str(parameter), legal))}")
    if kind == "response":
        raise OptionError(f'kind="response" draws the response: leave out parameter={parameter!r}')
    return parameter
