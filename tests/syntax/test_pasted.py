"""What users of R and Python paste: it means what it means there, or the message says what to write.

The constructs are those of the manuals of lme4, brms, glmmTMB, bambi and MixedModels.jl, with the traps in
which one of them reads something else than was written.
"""

import pytest

from bayesformula.errors import FormulaError
from bayesformula.syntax.lower import lower
from bayesformula.syntax.parse import parse

# formula, canonical text
READ = [
    # population terms
    ("y ~ a + b", "y ~ a + b"),
    ("y ~ a:b", "y ~ a:b"),  # in R one column for each cell; formulae adds b
    ("y ~ f:h", "y ~ f:h"),
    ("y ~ a*b", "y ~ a + b + a:b"),
    ("y ~ a/b", "y ~ a + a:b"),
    ("y ~ (a+b)/c", "y ~ a + b + a:b:c"),  # not a:c + b:c
    ("y ~ x + z %in% x", "y ~ x + x:z"),  # formulae drops the term
    ("y ~ (a + b + c)^2", "y ~ a + b + c + a:b + a:c + b:c"),
    ("y ~ (a + b + c)**2", "y ~ a + b + c + a:b + a:c + b:c"),
    ("y ~ I(x^2)", "y ~ I(x^2)"),
    ("y ~ a*b - a", "y ~ a:b + b"),  # b, a:b in R's order; a stands first, so that it is not b:a
    ("y ~ 1", "y ~ 1"),
    ("y ~ 0", "y ~ 0"),
    ("y ~ -1", "y ~ 0"),
    ("y ~ +0", "y ~ 0"),
    ("y ~ 1 + 0", "y ~ 0"),
    ("y ~ x - 1", "y ~ 0 + x"),
    ("y ~ x + 0 + 1", "y ~ x"),
    ("y ~ 0 + a + b", "y ~ 0 + a + b"),
    ("y ~ -1 + (1|g)", "y ~ 0 + (1 | g)"),
    ("y ~ 0 + (1|g)", "y ~ 0 + (1 | g)"),
    ("y ~ 0 + Intercept + x", "y ~ 0 + Intercept + x"),  # brms; the data know whether it is a column
    ("y ~ .", "y ~ ."),
    ("y ~ . - id + (1|id)", "y ~ . - id + (1 | id)"),
    ("y ~ {x + 1}", "y ~ I(x + 1)"),
    ("y ~ log(x) + scale(x) + poly(x,2) + ns(x,3) + bs(x,df=5)",
     "y ~ log(x) + scale(x) + poly(x, 2) + ns(x, 3) + bs(x, df = 5)"),
    ("y ~ splines::ns(x, 3) + stats::poly(x, 2) + base::log(z)", "y ~ ns(x, 3) + poly(x, 2) + log(z)"),
    ("base::log(y) ~ x", "log(y) ~ x"),
    ("y ~ x + offset(log(t))", "y ~ x + offset(log(t))"),
    ("y ~ C(x, contr.sum) + C(z, Treatment)", "y ~ C(x, contr.sum) + C(z, Treatment)"),
    ("y ~ C(x, Treatment(reference='a'))", 'y ~ C(x, Treatment(reference = "a"))'),
    ("y ~ `my var` + x.1 + sigma_x + x_ + x__y", "y ~ `my var` + x.1 + sigma_x + x_ + x__y"),
    ("y ~ class + is + lambda + not + None", "y ~ class + is + lambda + not + None"),
    ("log(1 + total.fruits) ~ nutrient", "log(1 + total.fruits) ~ nutrient"),
    # group terms
    ("y ~ (1|g)", "y ~ 1 + (1 | g)"),
    ("y ~ (x|g)", "y ~ 1 + (1 + x | g)"),
    ("y ~ (1+x|g)", "y ~ 1 + (1 + x | g)"),
    ("y ~ (0+x|g)", "y ~ 1 + (0 + x | g)"),
    ("y ~ (-1+x|g)", "y ~ 1 + (0 + x | g)"),
    ("y ~ (x-1|g)", "y ~ 1 + (0 + x | g)"),  # a TypeError in formulae
    ("y ~ (x||g)", "y ~ 1 + (1 + x || g)"),
    ("y ~ (x*z||g)", "y ~ 1 + (1 + x + z + x:z || g)"),
    ("y ~ (f||g)", "y ~ 1 + (1 + f || g)"),
    ("y ~ (0+f|g)", "y ~ 1 + (0 + f | g)"),
    ("y ~ (1|a/b/c)", "y ~ 1 + (1 | a) + (1 | a:b) + (1 | a:b:c)"),  # lme4 names them c:(b:a)
    ("y ~ (x|g1+g2)", "y ~ 1 + (1 + x | g1) + (1 + x | g2)"),
    ("y ~ (1|g*f)", "y ~ 1 + (1 | g) + (1 | f) + (1 | g:f)"),
    ("y ~ site + (1|site:block)", "y ~ site + (1 | site:block)"),
    ("y ~ x*site + (x|site:block)", "y ~ x + site + x:site + (1 + x | site:block)"),
    ("y ~ (1|gr(g, by=f)) + (1|gr(phylo, cov=A))", "y ~ 1 + (1 | gr(g, by = f)) + (1 | gr(phylo, cov = A))"),
    ("y ~ (x |u| g)", "y ~ 1 + (1 + x | u | g)"),
    ("y ~ (x | gr(g, id = 'u'))", "y ~ 1 + (1 + x | u | g)"),
    ("y ~ (1 | brms::mm(s1, s2))", "y ~ 1 + (1 | mm(s1, s2))"),
    ("y ~ (1|mm(g1, g2, weights = cbind(w1, w2), scale = FALSE))",
     "y ~ 1 + (1 | mm(g1, g2, weights = cbind(w1, w2), scale = FALSE))"),
    ("y ~ (1|mm(g1, g2, weights = cbind(w1, w2), scale = TRUE))",
     "y ~ 1 + (1 | mm(g1, g2, weights = cbind(w1, w2)))"),
    # the response
    ("y | weights(w) ~ x", "y | weights(w) ~ x"),
    ("y | weights(w, scale = TRUE) ~ x", "y | weights(w, scale = TRUE) ~ x"),
    ("y | se(s, sigma = TRUE) ~ x", "y | se(s, sigma = TRUE) ~ x"),
    ("y | trials(n) ~ x", "y | trials(n) ~ x"),
    ("y | trials(10) ~ x", "y | trials(10) ~ x"),
    ("y | cens(c, y2) ~ x", "y | cens(c, y2) ~ x"),
    ("y | trunc(lb = 0, ub = 10) ~ x", "y | trunc(lb = 0, ub = 10) ~ x"),
    ("y | rate(d) ~ x", "y | rate(d) ~ x"),
    ("y['yes'] ~ x", 'y["yes"] ~ x'),
    ("cbind(s, f) ~ x", "cbind(s, f) ~ x"),
    # parameters
    ("y ~ x; sigma ~ z; nu ~ 1", "y ~ x; sigma ~ z; nu ~ 1"),
    ("y ~ x\n  + (1|g); # the mean\nsigma ~ z # the spread", "y ~ x + (1 | g); sigma ~ z"),
    # whole formulas of the manuals
    ("Reaction ~ Days + (Days || Subject)", "Reaction ~ Days + (1 + Days || Subject)"),
    ("count ~ zAge + zBase*Trt + (1|patient)", "count ~ zAge + zBase + Trt + zBase:Trt + (1 | patient)"),
    ("y ~ (1|gr(g, by=Trt, dist=\"student\"))", 'y ~ 1 + (1 | gr(g, by = Trt, dist = "student"))'),
    ("y ~ (1 + mmc(x1,x2) | mm(s1,s2, weights=cbind(w1,w2)))",
     "y ~ 1 + (1 + mmc(x1, x2) | mm(s1, s2, weights = cbind(w1, w2)))"),
    ("rating ~ period + cs(treat) + (1|subject)", "rating ~ period + cs(treat) + (1 | subject)"),
    ("rating ~ cs(period*treat) + brms::cs(carry)", "rating ~ cs(period + treat + carry + period:treat)"),
    # terms that are refused by name where the data are read
    ("y ~ mo(income)*age + (mo(income)|city)",
     "y ~ mo(income) + age + mo(income):age + (1 + mo(income) | city)"),
    ("y ~ s(x, by=f) + t2(x,z) + gp(w, k=20, c=5/4)",
     "y ~ s(x, by = f) + t2(x, z) + gp(w, k = 20, c = 5/4)"),
    ("y ~ x + ar(time=t, gr=g, p=1)", "y ~ x + ar(time = t, gr = g, p = 1)"),
    ('y ~ x + car(W, gr=region, type="bym2")', 'y ~ x + car(W, gr = region, type = "bym2")'),
    ("y['yes'] ~ C(f, Sum) + {x**2} + hsgp(t, m=20, c=1.5)",
     'y["yes"] ~ C(f, Sum) + I(x^2) + hsgp(t, m = 20, c = 1.5)'),
    ("y ~ 1 + (1 + fulldummy(c) | g) + (1 | a / b)", "y ~ 1 + (1 + fulldummy(c) | g) + (1 | a) + (1 | a:b)"),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "text"), READ, ids=[row[0] for row in READ])
def test_it_means_what_it_means_there(formula, text):
    found = lower(parse(formula))
    assert found.text == text
    assert lower(parse(text)) == found


# formula, a part of the message
REFUSED = [
    # read by one of the others as something else
    ("y ~ x + 1|g", "x + (1 | g)"),
    ("y ~ x z", "x + z"),
    ("y ~ x)", "closes nothing"),
    ("y ~ x, z", "y ~ x + z"),
    ("y ~ x | w", "(x | w)"),
    ("y ~ x*(1|g)", "x + (1 + x | g)"),
    ("y ~ x:(1|g)", "x + (1 + x | g)"),
    ("y ~ x - (1|g)", "cannot be removed"),
    ("y ~ I(1|g)", "(1 | g)"),
    ("y ~ log(x|g)", "(log(x) | g)"),
    ("y ~ (1|g)|h", "(1 | g/h)"),
    ("y ~ x ~ z + (1|g)", "its second"),
    ("y ~ (1|g", "(1|g)"),
    ("y ~ x +", "expected a column name"),
    ("y ~ x $ z", "named alone"),
    ("y ~ 2*z", "I(2*z)"),
    ("y ~ z*2", "I(z*2)"),
    ("y ~ (1|g) + (x|g)", "(1 | g) + (0 + x | g)"),
    ("y ~ (1|p|a/b)", "(1 | p1 | a) + (1 | p2 | a:b)"),
    ("y ~ (1|p|g); sigma ~ (1|p|h)", "within one factor only"),
    ("y ~ (1|p|gr(g, by = f)); sigma ~ (1|p|g)", "the same options"),
    ("y ~ (1|gr(g, pw = w))", "weights(w)"),
    # structures of glmmTMB, lme4 2 and MixedModels.jl
    ("y ~ ar1(0+times|g)", "(0+times | g)"),
    ("y ~ mat(0+pos|g)", "`mat()` is not offered"),
    ("y ~ rr(0+sp|id, d=2)", "`rr()` is not offered"),
    ("y ~ propto(0+sp|g, A)", "gr(g, cov = A)"),
    ("y ~ f + cs(1 + f | g)", "(1 + f || g)"),
    ("y ~ t + ar1(0 + ft | g)", "`ar1()` is not offered"),
    ("reaction ~ 1 + days + zerocorr(1 + days | subj)", "(1 + days || subj)"),
    ("y ~ (1 | a & b)", "(1 | a:b)"),
    ("y ~ a & b", "I(a & b)"),
    # the response
    ("mvbind(tarsus, back) ~ sex + (1|p|fosternest) + (1|q|dam)", "tarsus ~ x, then back ~ x"),
    ("p(y, n) ~ x", "y | trials(n) ~ x"),
    ("prop(y, n) ~ x", "y | trials(n) ~ x"),
    ("weighted(y, w) ~ x", "y | weights(w) ~ x"),
    ("censored(time, status) ~ 1 + sex", "time | cens(status) ~ x"),
    ("truncated(y, 0, 9) ~ x", "y | trunc(0, 9) ~ x"),
    ("Surv(time, status) ~ x", "time | cens(1 - status) ~ x"),
    ("y | mi() ~ x", "not offered"),
    ("y | thres(4) ~ x", "not offered"),
    ("y | dec(r) ~ x", "not offered"),
    ("y | vint(n) ~ x", "not offered"),
    ("y | subset(s) ~ x", "subset of the data before"),
    # around the formula
    ("bf(count ~ zAge + zBase*Trt + (1|patient))", "Write count ~ zAge + zBase*Trt + (1|patient)."),
    ("bf(y ~ x + (1|i|g), sigma ~ x + (1|i|g))", "Write y ~ x + (1|i|g); sigma ~ x + (1|i|g)."),
    ("bf(cnt ~ child + (1|g), zi ~ child)", "Write cnt ~ child + (1|g); zi ~ child."),
    ("bf(y ~ a*exp(-b*x), a ~ 1 + (1|g), b ~ 1, nl=TRUE)", "Non-linear formulas"),
    ("bf(y ~ x) + bf(z ~ x) + set_rescor(FALSE)", "Write y ~ x."),
    ("brm(y ~ x + (1 | g), data = df, family = student())",
     'bf.fit("y ~ x + (1 | g)", df, family="student")'),
    ("glmer(cbind(a, n - a) ~ x + (1|g), d, family = binomial)",
     'bf.fit("cbind(a, n - a) ~ x + (1|g)", d, family="binomial")'),
    ("glmer(p ~ x + (1|g), family = binomial, weights = n, data = d)",
     'bf.fit("p | trials(n) ~ x + (1|g)", d, family="binomial")'),
    ("lmer(y ~ x + (1|g), data = d, weights = w, offset = o)",
     'bf.fit("y | weights(w) ~ x + (1|g) + offset(o)", d)'),
    ("count ~ mined + (1|site), ziformula=~mined, dispformula=~DOY, family=nbinom2",
     'bf.fit("count ~ mined + (1|site); zi ~ mined; shape ~ DOY", data, family="negbinomial")'),
    ('bmb.Formula("y ~ x + (x|g)", "sigma ~ x")', "Write y ~ x + (x|g); sigma ~ x."),
    ("@formula(reaction ~ 1 + days + zerocorr(1 + days | subj))", "`formula()` stands around"),
    ("y ~ x, data = d", 'bf.fit("y ~ x", d)'),
    ("y ~ x, family = poisson", 'family="poisson"'),
    ("y ~ x, quantile = 0.25", "Write y ~ x; quantile = 0.25."),
    ("y ~ x; nl = TRUE", "Non-linear formulas"),
    ("y ~ a + b*exp(-c*x); a + b + c ~ 1 + (1|ID|g)",
     "a ~ 1 + (1|ID|g); b ~ 1 + (1|ID|g); c ~ 1 + (1|ID|g)"),
    ("y ~ x; y2 | weights(w) ~ z", "one by one"),
    ('"y ~ x"', "Write y ~ x."),
    ("df$y ~ df$x", "beside the formula: y"),
    ("y ~ np.log(x)", "Write log(x)."),
    ("y ~ np.where(x > 0, 1, 0)", "ifelse("),
    ("y ~ scale(x)[,1]", "Write scale(x)"),
    ("y ~ scale(x)[, 1]", "Write scale(x)"),
    ("y ~ dplyr::lag", "expected ("),
]  # fmt: skip


@pytest.mark.parametrize(("formula", "words"), REFUSED, ids=[row[0] for row in REFUSED])
def test_the_message_says_what_to_write(formula, words):
    with pytest.raises(FormulaError) as caught:
        lower(parse(formula))
    assert words in str(caught.value)
    assert caught.value.span is not None
    assert 0 <= caught.value.span.start <= caught.value.span.stop <= len(formula) + 1
