"""A mixed model as scikit-learn knows estimators."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bayesformula.errors import MissingDependencyError

try:
    from sklearn.base import BaseEstimator, RegressorMixin
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    raise MissingDependencyError(
        "bf.BayesianMixedModel needs scikit-learn 1.6 or newer\n"
        "  Install it: pip install 'bayesformula[sklearn]'"
    ) from error

if TYPE_CHECKING:
    import pandas as pd

    from bayesformula.results.fit import Fit


class BayesianMixedModel(RegressorMixin, BaseEstimator):
    """A Bayesian mixed model for scikit-learn's pipelines, searches and cross-validation.

    Args:
        formula: the right-hand side, `"x + (1 | g)"`, of columns of X; or a whole formula, whose response is
            then what `y` is called. Without one every column of X is a predictor. Columns of an array without
            names are x0, x1, ...
        family, priors, chains, draws, warmup, seed, plan, target_accept: as for `bf.fit`.
        groups: whose effects enter predictions, as for `fit.predict`.
        new_levels: of groups in X that were not in training data: "population", "sample" or "error".

    Attributes:
        fit_: the `Fit`, with everything that it can do.
        n_features_in_, feature_names_in_: as scikit-learn has them.

    Example:
        >>> model = bf.BayesianMixedModel("Days + (Days | Subject)").fit(X, y)  # doctest: +SKIP
        >>> model.predict(X)  # doctest: +SKIP
    """

    def __init__(
        self,
        formula: str | None = None,
        *,
        family: str | None = None,
        priors: Any = None,
        chains: int = 4,
        draws: int = 1000,
        warmup: int = 1000,
        seed: int = 0,
        plan: str = "auto",
        target_accept: float = 0.8,
        groups: Any = "all",
        new_levels: Literal["error", "population", "sample"] = "population",
    ) -> None:
        self.formula = formula
        self.family = family
        self.priors = priors
        self.chains = chains
        self.draws = draws
        self.warmup = warmup
        self.seed = seed
        self.plan = plan
        self.target_accept = target_accept
        self.groups = groups
        self.new_levels = new_levels

    def fit(self, X: Any, y: Any) -> BayesianMixedModel:
        """Fit the model.

        Args:
            X: a frame, or an array of numbers (rows, columns).
            y: (rows,) responses.
        """
        from bayesformula import api

        frame, y = self._read(X, y, is_training=True)
        formula, response = self._formula(list(frame.columns))
        names = ("family", "priors", "chains", "draws", "warmup", "seed", "plan", "target_accept")
        options = {name: getattr(self, name) for name in names}
        checks = {"constant-response": "warn"}
        self.fit_: Fit = api.fit(
            formula, frame.assign(**{response: y}), progress=False, checks=checks, **options
        )
        return self

    def predict(self, X: Any, return_std: bool = False) -> Any:
        """The posterior mean of the response's mean, (rows,); of classes their probabilities, (rows, K).

        Args:
            X: as for `fit`.
            return_std: give the posterior sd of the mean beside it.
        """
        check_is_fitted(self, "fit_")
        frame, _ = self._read(X, None, is_training=False)
        levels: Any = self.new_levels
        draws: Any = self.fit_.predict(frame, groups=self.groups, new_levels=levels)
        mean = draws.mean(("chain", "draw")).to_numpy()
        return (mean, draws.std(("chain", "draw"), ddof=1).to_numpy()) if return_std else mean

    def _read(self, X: Any, y: Any, *, is_training: bool) -> tuple[pd.DataFrame, Any]:
        """The columns as a frame, and the responses; a frame may hold text, an array must be numbers."""
        import pandas as pd

        validate: Any = validate_data
        is_text = isinstance(X, pd.DataFrame) and _holds_text(X)
        rules: dict[str, Any] = {"skip_check_array": True} if is_text else {"dtype": "numeric"}
        if is_training:
            if not is_text:
                rules |= {"ensure_min_samples": 2, "y_numeric": y is not None and _is_number(y)}
            X, y = validate(self, X, y, **rules)
        else:
            X = validate(self, X, reset=False, **rules)
        if isinstance(X, pd.DataFrame):
            return X.reset_index(drop=True), None if y is None else np.asarray(y)
        names = getattr(self, "feature_names_in_", [f"x{i}" for i in range(X.shape[1])])
        return pd.DataFrame(np.asarray(X, float), columns=list(names)), y

    def _formula(self, columns: list[str]) -> tuple[str, str]:
        """The formula, and what its response is called."""
        from bayesformula.syntax.render import render_name

        response = "y"
        while response in columns:
            response += "_"
        if self.formula is None:
            return f"{render_name(response)} ~ {' + '.join(map(render_name, columns)) or '1'}", response
        left, tilde, _ = self.formula.partition("~")
        if not tilde:
            return f"{render_name(response)} ~ {self.formula}", response
        return self.formula, left.strip() or response

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        return tags

    def __getstate__(self) -> dict[str, Any]:
        """The parameters, and the fit as the bytes of a saved one: no code."""
        inherited: Any = super().__getstate__()
        state: dict[str, Any] = dict(inherited)
        if "fit_" in state:
            state["fit_"] = _saved(state["fit_"])
        return state

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        state = dict(state)
        if isinstance(state.get("fit_"), bytes):
            state["fit_"] = _loaded(state["fit_"])
        super().__setstate__(state)  # pyright: ignore[reportArgumentType]


def _holds_text(frame: pd.DataFrame) -> bool:
    return any(dtype.kind not in "biuf" for dtype in frame.dtypes)


def _is_number(y: Any) -> bool:
    return np.asarray(y).dtype.kind in "biufO"


def _saved(fit: Fit) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fit.nc"
        fit.save(path)
        return path.read_bytes()


def _loaded(content: bytes) -> Fit:
    from bayesformula import api

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fit.nc"
        path.write_bytes(content)
        return api.load(path)
