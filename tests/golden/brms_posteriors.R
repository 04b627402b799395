# How tests/golden/brms_posteriors.json was made: R 4.2.2, brms 2.18.0, rstan 2.21.7.
# The tables are those that lme4 publishes; '0 + Intercept' puts the intercept's prior at x = 0.
library(brms)
rstan::rstan_options(boost_lib = "/usr/include")
run <- function(formula, data, priors, adapt_delta) {
  brm(formula, data, prior = priors, chains = 4, iter = 4000, warmup = 2000, cores = 1,
      seed = 20240501, control = list(adapt_delta = adapt_delta))
}
data(sleepstudy, Penicillin, Pastes, package = "lme4")
print(run(Reaction ~ 0 + Intercept + Days + (Days | Subject), sleepstudy, c(
  prior(normal(250, 50), class = b, coef = Intercept), prior(normal(0, 20), class = b, coef = Days),
  prior(exponential(0.05), class = sd), prior(lkj(2), class = cor),
  prior(exponential(0.05), class = sigma)), 0.95))
print(run(diameter ~ 0 + Intercept + (1 | plate) + (1 | sample), Penicillin, c(
  prior(normal(23, 5), class = b, coef = Intercept), prior(exponential(1), class = sd),
  prior(exponential(1), class = sigma)), 0.95))
print(run(strength ~ 0 + Intercept + (1 | batch/cask), Pastes, c(
  prior(normal(60, 10), class = b, coef = Intercept), prior(exponential(0.5), class = sd),
  prior(exponential(1), class = sigma)), 0.999))
