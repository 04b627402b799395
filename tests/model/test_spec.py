"""The model as JSON, and its priors as a table that can be passed back."""

import json

import pytest

from bayesformula.errors import FitFileError
from bayesformula.model.describe import prior_lines
from bayesformula.model.spec import from_json, prior_records, to_json

PRIORS = [None, "b ~ flat; sd ~ student_t(3, 0, 2.5)", "cor[g] ~ lkj(0.1); sigma ~ uniform(0, 3)"]


@pytest.mark.parametrize("priors", PRIORS)
def test_json_both_ways_is_the_identity(priors, model_of):
    model = model_of(priors)
    text = json.dumps(to_json(model), allow_nan=False)
    assert from_json(json.loads(text)) == model
    assert from_json(to_json(model)) == model


@pytest.mark.parametrize(
    "change",
    [{"version": 99}, {"groups": [{}]}, {"predictors": 3}, {"priors": [{"x": 1}]}, {"n_rows": "many"}],
)
def test_damaged_json_is_refused(change, model_of):
    content = {**to_json(model_of()), **change}
    with pytest.raises(FitFileError):
        from_json(content)


@pytest.mark.parametrize("priors", PRIORS)
def test_what_is_listed_can_be_passed_back(priors, model_of):
    """`fit.priors`, `explain --json` and the printed lines are all legal `priors=`."""
    model = model_of(priors)
    wanted = [(row.parameter, row.prior, row.centred) for row in model.priors]
    for source in (prior_records(model), prior_lines(model), prior_lines(model, width=20), model.priors):
        assert [(row.parameter, row.prior, row.centred) for row in model_of(source).priors] == wanted


def test_a_table_of_priors_can_be_passed_back(model_of):
    import pandas as pd

    model = model_of()
    table = pd.DataFrame(prior_records(model)).set_index("parameter")
    assert [row.prior for row in model_of(table).priors] == [row.prior for row in model.priors]
