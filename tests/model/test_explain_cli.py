"""`bf explain`: text, LaTeX and JSON of the same explanation."""

import json

import pytest
from click.testing import CliRunner

from bayesformula import api, datasets
from bayesformula.cli import bf
from bayesformula.errors import OptionError

CAFES = "wait ~ afternoon + (afternoon | cafe)"


@pytest.fixture(scope="module")
def cafes(tmp_path_factory):
    path = tmp_path_factory.mktemp("explain") / "cafes.csv"
    datasets.load("cafes").to_csv(path, index=False)
    return str(path)


def call(*arguments):
    return CliRunner().invoke(bf, ["explain", *arguments], catch_exceptions=True)


@pytest.mark.parametrize("has_data", [True, False])
def test_text_latex_and_json(cafes, has_data):
    data = [cafes] * has_data
    explanation = api.explain(CAFES, *data)
    assert call(CAFES, *data).output == f"{explanation}\n"
    assert call(CAFES, *data, "--latex").output == f"{explanation.latex()}\n"
    content = json.loads(call(CAFES, *data, "--json").output)
    assert content == explanation.to_dict()
    assert content["equations"]["latex"] == explanation.latex()


def test_one_form_at_a_time():
    error = call("y ~ x", "--json", "--latex").exception
    assert isinstance(error, OptionError)
    assert str(error) == "--json holds the equations in LaTeX already: leave out --latex"


def test_priors_take_part(cafes):
    text = call(CAFES, cafes, "--prior", "b ~ normal(0, 1)", "--plan", "centred").output
    assert "  b[afternoon] ~ normal(0, 1)  # stated: b ~ normal(0, 1)" in text.splitlines()
    assert "Plan      centred: asked for" in text.splitlines()
    assert "dimensions for the sampler (centred plan)" in text
