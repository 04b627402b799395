"""Cross-validation with refits: some rows are left out together, the rest fitted, the former predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bayesformula.errors import OptionError
from bayesformula.results.comparison.elpd import check_comparable, n_draws, result
from bayesformula.results.comparison.folds import level_folds, level_index, row_folds
from bayesformula.results.comparison.groups import level_means
from bayesformula.results.comparison.pointwise import Pointwise, log_mean
from bayesformula.results.comparison.refits import held_out_levels, held_out_rows, refits
from bayesformula.results.names import group_names
from bayesformula.results.observed import training_design
from bayesformula.results.prediction.predict import likelihood_answers
from bayesformula.results.summary import check_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arviz_stats.utils import ELPDData

    from bayesformula.results.fit import Fit


def kfold(
    fit: Fit,
    k: int | None = None,
    *,
    folds: Literal["random", "stratified", "grouped"] | Sequence[Any] = "random",
    by: str | None = None,
    group: str | None = None,
    joint: bool = False,
    seed: int = 0,
) -> ELPDData:
    """How well rows that the model has not seen are predicted: fit without each fold, and predict it.

    Each fold is a run of the sampler on all rows, those of the fold with likelihood weight 0: one program
    serves all folds, and priors stay those of the whole table. A level that lost all its rows is still in
    the model, and the sampler draws its effects from their prior given the standard deviations and
    correlations of the same draw. The mean over the draws of the density of a held-out row is thus the
    density with the unknown effects integrated out, by Monte Carlo: the prediction of a new level.

    Args:
        k: number of folds; 10, or with `group=` one for each level, when it is not given.
        folds: "random"; "stratified", each fold like the table in its values of `by` (the response when that
            is not given); "grouped", all rows of a level of `by` in one fold; or a label for each used row,
            rows with the same label being left out together.
        by: column of the data, or group of the model, for the two last.
        group: leave out whole levels of this group, each alone, or k folds of them.
        joint: with `group=`, give the density of all rows of a level together, its effects integrated out at
            every draw as in `loo(group=...)`, in place of that of each row: what `loo(group=...)` estimates.
        seed: of folds and refits.

    Returns:
        ArviZ's ELPDData of kind "loo_kfold": `.elpd` (greater is better), `.se`, `.p`, `.elpd_i` by row, or
        by level with `joint=True`. Compare models with the same folds: pass the same `seed` or `folds`.

    Raises:
        OptionError: an option is not legal; the rows or the draws of the group effects were not kept.

    Example:
        >>> fit.kfold(group="cafe")  # doctest: +SKIP

    References: Vehtari, Gelman and Gabry (2017), doi:10.1007/s11222-016-9696-4, section 2.3; of grouped folds
        Roberts et al. (2017), doi:10.1111/ecog.02881.
    """

    check_comparable(fit)
    check_count("seed", seed, least=0)
    random = np.random.default_rng(seed)
    design = training_design(fit)
    if group is None:
        if joint:
            raise OptionError("joint=True gives one density for each level: say of which group, group=...")
        fold = row_folds(fit, design, k, folds, by, random)
        return _by_row(fit, fold, seed)
    if by is not None or not isinstance(folds, str) or folds != "random":
        raise OptionError(f"group={group!r} says what is left out together: leave out folds= and by=")
    index = level_index(fit, design, group)
    fold = level_folds(index, k, group, random)
    return _by_level(fit, group, index, fold, seed) if joint else _by_row(fit, fold, seed)


def _by_row(fit: Fit, fold: np.ndarray, seed: int) -> ELPDData:
    n, count = len(fold), int(fold.max()) + 1
    found = Pointwise(np.empty(n), np.empty(n))
    for at, values in likelihood_answers(fit).chunks():
        found.lppd[at] = log_mean(values, axis=0)
    for rows, again in refits(fit, _parts(fold), seed):
        found.elpd[rows] = held_out_rows(again, rows)
    return result("loo_kfold", found, n_draws(fit), n_folds=count)


def _by_level(fit: Fit, group: str, index: np.ndarray, fold: np.ndarray, seed: int) -> ELPDData:
    whole = level_means(fit, group)
    codes = whole.rows.levels
    found = Pointwise(np.empty(len(codes)), whole.found[0])
    for rows, again in refits(fit, _parts(fold), seed):
        out = np.unique(index[rows])
        found.elpd[np.searchsorted(codes, out)] = held_out_levels(again, group, out)
    dimension, count = group_names(fit.spec)[group].dimension, int(fold.max()) + 1
    data = result(
        "loo_kfold", found, n_draws(fit), dimension=dimension, names=whole.rows.names, n_folds=count
    )
    data.elpd_i.attrs.update(integration=whole.method, integration_error=whole.error)
    return data


def _parts(fold: np.ndarray) -> list[np.ndarray]:
    return [np.flatnonzero(fold == number) for number in range(int(fold.max()) + 1)]
