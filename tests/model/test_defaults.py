"""The default priors: by hand, and under changes of units."""

import math

import numpy as np
import pytest

from model.small import ONE, F, X, Y, group, make_design, make_model, usual

SD_Y, MEAN_Y = np.std(Y, ddof=1), np.mean(Y)
SD_X = np.std(X, ddof=1)


def arguments(model):
    return {row.parameter: row.prior.arguments for row in model.priors}


def test_by_hand(model_of):
    """y = 3 1 4 1 5 9: mean 23/6, variance (133 - 23^2/6) / 5."""
    assert pytest.approx(23 / 6) == MEAN_Y
    assert pytest.approx(math.sqrt((133 - 529 / 6) / 5)) == SD_Y
    expected = {
        "b_Intercept": (MEAN_Y, 2.5 * SD_Y),
        "b_x": (0, 2.5 * SD_Y / SD_X),
        "b_f": (0, 2.5 * SD_Y),  # two values: their range is 1, whatever the balance
        "sd_g__Intercept": (1 / SD_Y,),
        "sd_g__x": (SD_X / SD_Y,),
        "sd_h__Intercept": (1 / SD_Y,),
        "sd_h__x": (SD_X / SD_Y,),
        "sd_h__f": (1 / SD_Y,),
        "cor_g": (2,),
        "cor_h": (2,),
        "sigma": (1 / SD_Y,),
    }
    model = model_of()
    assert arguments(model) == {name: pytest.approx(values) for name, values in expected.items()}
    kinds = {"b": "normal", "sd": "exponential", "cor": "lkj", "sigma": "exponential"}
    assert all(row.prior.distribution == kinds[row.kind] for row in model.priors)


def test_reasons(model_of):
    assert {row.parameter: row.reason for row in model_of("b[f] ~ flat").priors} == {
        "b_Intercept": "mean(y), 2.5 sd(y), at the predictors' means",
        "b_x": "2.5 sd(y) / sd(x)",
        "b_f": "stated: b[f] ~ flat",
        "sd_g__Intercept": "mean sd(y), at the predictors' means",
        "sd_g__x": "mean sd(y) / sd(x), at the predictors' means",
        "sd_h__Intercept": "mean sd(y)",
        "sd_h__x": "mean sd(y) / sd(x)",
        "sd_h__f": "mean sd(y) / range(f)",
        "cor_g": "weakly away from -1 and 1, at the predictors' means",
        "cor_h": "weakly away from -1 and 1",
        "sigma": "mean sd(y)",
    }


POWER = {  # parameter -> powers of the units of y and of x in which it is measured
    "b_Intercept": (1, 0), "b_x": (1, -1), "b_f": (1, 0),
    "sd_g__Intercept": (1, 0), "sd_g__x": (1, -1),
    "sd_h__Intercept": (1, 0), "sd_h__x": (1, -1), "sd_h__f": (1, 0),
    "cor_g": (0, 0), "cor_h": (0, 0), "sigma": (1, 0),
}  # fmt: skip


@pytest.mark.parametrize(
    ("y_unit", "x_unit", "shift"),
    [(1000, 1, 0), (1, 1000, 0), (1, 1, 2000), (1e-6, 1e6, -1990), (1e12, 1, 0)],
)
def test_units_do_not_matter(y_unit, x_unit, shift, model_of):
    """A parameter measured in other units has the same prior in those units; a shift of x changes none."""
    before = model_of()
    after = make_model(usual(y=Y * y_unit, x=(X + shift) * x_unit))
    for old, new in zip(before.priors, after.priors, strict=True):
        powers = POWER[old.parameter]
        unit = y_unit ** powers[0] * x_unit ** powers[1]
        factor = {"normal": unit, "exponential": 1 / unit, "lkj": 1}[old.prior.distribution]
        assert new.prior.arguments == pytest.approx(
            [value * factor for value in old.prior.arguments], rel=1e-9
        )
        assert (new.centred, new.address, new.reason) == (old.centred, old.address, old.reason)


def test_a_shift_of_y_moves_the_centre_of_the_intercept_only(model_of):
    before, after = model_of(), make_model(usual(y=Y + 100))
    moved = [
        old.parameter
        for old, new in zip(before.priors, after.priors, strict=True)
        if new.prior.arguments != pytest.approx(old.prior.arguments)
    ]
    assert moved == ["b_Intercept"]
    assert after.priors[0].prior.arguments == pytest.approx((MEAN_Y + 100, 2.5 * SD_Y))


def test_an_offset_is_taken_out_first():
    """y + o with offset o is the model of y."""
    offset = np.array([10.0, 0, 300, -5, 7, 8])
    plain = make_model(make_design(Intercept=ONE, x=X))
    shifted = make_model(make_design(y=Y + offset, offset=offset, Intercept=ONE, x=X))
    assert shifted.mu.has_offset
    for name, values in arguments(plain).items():
        assert arguments(shifted)[name] == pytest.approx(values)
    assert shifted.priors[1].reason == "2.5 sd(y - offset) / sd(x)"


def test_without_an_intercept_coefficients_may_carry_the_mean():
    """y ~ 0 + f with y about 1000 must not be pulled to 0."""
    model = make_model(make_design(y=Y + 1000, f0=1 - F, f1=F))
    rms = math.hypot(MEAN_Y + 1000, SD_Y)
    assert arguments(model) == {
        "b_f0": pytest.approx((0, 2.5 * rms)),
        "b_f1": pytest.approx((0, 2.5 * rms)),
        "sigma": pytest.approx((1 / SD_Y,)),
    }
    assert model.priors[0].reason == "2.5 rms(y) / range(f0)"
    assert not any(row.centred for row in model.priors)


def test_columns_with_one_value_or_none_that_varies():
    model = make_model(make_design(group("g", ["c zero"], c=3 * ONE, zero=0 * ONE), Intercept=ONE))
    assert arguments(model)["sd_g__c"] == pytest.approx((3 / SD_Y,))
    assert arguments(model)["sd_g__zero"] == pytest.approx((1 / SD_Y,))


def test_a_constant_response_that_was_let_through_has_proper_priors():
    model = make_model(make_design(y=ONE * 7, Intercept=ONE, x=X))
    assert arguments(model)["b_Intercept"] == (7, 2.5)
    assert arguments(model)["sigma"] == (1,)


def test_weights_take_no_part():
    weighted = make_model(make_design(weights=np.arange(1.0, 7.0), Intercept=ONE, x=X))
    assert weighted.has_weights
    assert arguments(weighted) == arguments(make_model(make_design(Intercept=ONE, x=X)))


def test_rows_of_weight_zero_are_not_there():
    """A held-out row, coded 9999 perhaps, must not move the priors of the others."""
    weights = np.array([0.0, 1, 1, 1, 1, 1])
    kept, spoilt = np.arange(6.0), np.array([9999.0, 1, 2, 3, 4, 5])
    priors = [
        arguments(make_model(make_design(y=y, weights=weights, Intercept=ONE, x=X))) for y in (kept, spoilt)
    ]
    assert priors[0] == priors[1]


def test_what_is_built(model_of):
    model = make_model(usual(), nested_in={"h": ("g",)})
    g, h = model.groups
    assert (g.label, g.factors, g.n_levels, g.coefs, g.blocks) == (
        "g",
        ("g",),
        3,
        ("Intercept", "x"),
        ((0, 1),),
    )
    assert (g.nested_in, h.nested_in, h.blocks) == ((), ("g",), ((0,), (1, 2)))
    assert g.is_correlated
    assert not h.is_correlated
    assert (model.n_rows, model.response, model.has_weights, model.mu.link) == (6, "y", False, "identity")
    assert hash(model) != hash(model_of("b ~ flat"))
