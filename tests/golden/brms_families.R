# How brms_families.json and the tables in family_data/ were made: R 4.2.2, brms 2.18.0, rstan 2.21.7.
#
#   Rscript brms_families.R            all models, one after the other on one core (about an hour)
#   Rscript brms_families.R id id      these only; the others stay in the file as they are
#
# Every prior is stated once, in our language, and turned into brms's by `brms_priors`, so that the two cannot
# differ. '0 + Intercept' (for ordinal families center = FALSE) puts the priors of intercepts and thresholds at
# x = 0. `at_draw` is one draw with all its parameters and what brms makes of it row by row: exact, no Monte Carlo.
# Needs extraDistr for the rows of beta_binomial.
suppressMessages(library(brms))
rstan::rstan_options(boost_lib = "/usr/include")
SEED <- 20240501
OUT <- "brms_families.json"
ROWS_SHOWN <- 40

# ---- tables ---------------------------------------------------------------------------------------------------

table_path <- function(name) file.path("family_data", paste0(name, ".csv"))
keep_table <- function(name, d) {
  numbers <- sapply(d, is.double)
  d[numbers] <- lapply(d[numbers], signif, 6)
  write.csv(d, table_path(name), row.names = FALSE, quote = FALSE)
}

copy_tables <- function() {
  data(cbpp, package = "lme4")
  data(epilepsy, inhaler, kidney, package = "brms")
  keep_table("cbpp", cbpp)                                    # Lesnoff et al. (2004), by way of lme4
  e <- epilepsy[c("patient", "visit", "count", "zAge", "zBase", "Trt")]
  keep_table("epilepsy", e)                                   # Thall and Vail (1990), by way of brms
  keep_table("inhaler", inhaler)                              # Ezzet and Whitehead (1991), by way of brms
  k <- transform(kidney, age10 = (age - 44) / 10)
  keep_table("kidney", k[c("time", "censored", "patient", "age10", "sex")])  # McGilchrist and Aisbett (1991)
}                                    # nwo_grants.csv: table S1 of van der Lee and Ellemers (2015), typed in

simulate_tables <- function() {
  set.seed(11)                                                # catches: zero-inflated counts
  n <- 250
  d <- data.frame(persons = sample(1:4, n, TRUE), child = sample(0:3, n, TRUE, c(.5, .3, .15, .05)),
                  camper = rbinom(n, 1, .6))
  caught <- rpois(n, exp(-.5 + .6 * d$persons - .6 * d$child + .5 * d$camper))
  keep_table("catches", transform(d, count = caught * rbinom(n, 1, plogis(.8 - .8 * child))))

  set.seed(12)                                                # spread: the sd has a predictor, groups correlate
  groups <- 24; n <- groups * 10
  r <- cbind(rnorm(groups), rnorm(groups)); r <- cbind(.9 * r[, 1], .4 * (.5 * r[, 1] + sqrt(.75) * r[, 2]))
  d <- data.frame(g = rep(1:groups, 10), x = rnorm(n))
  keep_table("spread", transform(d, y = 2 + .7 * x + r[g, 1] + rnorm(n) * exp(-.3 + .3 * x + r[g, 2])))

  set.seed(13)                                                # proportions
  n <- 200
  d <- data.frame(g = rep(1:20, 10), x = rnorm(n)); r <- rnorm(20, 0, .6)
  mu <- plogis(-.4 + .6 * d$x + r[d$g]); phi <- exp(2.2 + .4 * d$x)
  share <- pmin(pmax(rbeta(n, mu * phi, (1 - mu) * phi), 1e-4), 1 - 1e-4)
  trials <- sample(5:25, n, TRUE)
  successes <- rbinom(n, trials, rbeta(n, mu * 6, (1 - mu) * 6))
  end <- rbinom(n, 1, .2); share01 <- ifelse(end == 1, rbinom(n, 1, .35), rbeta(n, mu * 5, (1 - mu) * 5))
  keep_table("proportions", cbind(d, share, share01 = pmin(pmax(share01, 0), 1), successes, trials))

  set.seed(14)                                                # positives: one column for each family
  n <- 180
  d <- data.frame(g = rep(1:18, 10), x = rnorm(n)); r <- rnorm(18, 0, .4)
  mu <- exp(.8 + .5 * d$x + r[d$g]); m0 <- exp(.5 + .4 * d$x)
  amount <- rgamma(n, 3, 3 / mu); sometimes <- amount * rbinom(n, 1, plogis(1 + .7 * d$x))
  wald <- function(m, shape) brms::rinv_gaussian(length(m), m, shape)
  keep_table("positives", cbind(d, amount, sometimes, wald = wald(m0, 4), size = rlnorm(n, .5 + .4 * d$x, .6),
                                delay = .25 + rlnorm(n, -1 + .3 * d$x, .5), mix = rnorm(n, 1 + .4 * d$x, .4) +
                                  rexp(n, 1), span = rweibull(n, 1.6, m0)))

  set.seed(15)                                                # reals
  n <- 180
  d <- data.frame(g = rep(1:18, 10), x = rnorm(n)); r <- rnorm(18, 0, .7)
  tails <- 1 + .5 * d$x + r[d$g] + .6 * rt(n, 4)
  skew <- brms::rskew_normal(n, 1 + .5 * d$x, 1.2, alpha = 5)
  keep_table("reals", cbind(d, tails, skew, quarter = 1 + .5 * d$x + rnorm(n) * .8))

  set.seed(16)                                                # choices
  n <- 240
  d <- data.frame(g = rep(1:12, 20), x = rnorm(n), z = rbinom(n, 1, .5)); r <- matrix(rnorm(24, 0, .6), 12)
  eta <- cbind(0, .3 + .8 * d$x + r[d$g, 1], -.4 - .5 * d$x + .6 * d$z + r[d$g, 2])
  keep_table("choices", cbind(d, choice = letters[1:3][apply(eta - log(-log(matrix(runif(3 * n), n))), 1, which.max)]))

  set.seed(17)                                                # visits: counts of at least one; counts per time
  n <- 200
  d <- data.frame(x = rnorm(n), days = round(runif(n, .5, 6), 2)); lambda <- exp(.3 + .5 * d$x)
  at_least <- qpois(runif(n, dpois(0, lambda), 1), lambda)
  keep_table("visits", cbind(d, at_least, events = rnbinom(n, mu = lambda * d$days, size = 1.5 * d$days)))

  set.seed(18)                                                # angles
  n <- 150
  x <- rnorm(n)
  turn <- 2 * atan(.3 + .5 * x) + rnorm(n) / sqrt(4)          # near von Mises; wrapped to (-pi, pi]
  keep_table("angles", data.frame(x, angle = atan2(sin(turn), cos(turn))))
}

# ---- priors: our statements as brms's -------------------------------------------------------------------------

brms_priors <- function(statements, formula, family, data) {
  sds <- subset(get_prior(formula, data, family), class == "sd" & group == "" & coef == "")$dpar
  do.call(c, lapply(statements, one_prior, ordinal = is_ordinal_formula(formula, family), sd_dpars = sds))
}
is_ordinal_formula <- function(formula, family) {
  name <- if (is.character(family)) family else family$family
  name %in% c("cumulative", "sratio", "cratio", "acat")
}
one_prior <- function(statement, ordinal, sd_dpars) {
  sides <- trimws(strsplit(statement, "~", fixed = TRUE)[[1]])
  dist <- sub("^half_cauchy\\((.*)\\)$", "cauchy(0, \\1)", sides[2])
  dist <- sub("^half_normal\\((.*)\\)$", "normal(0, \\1)", dist)
  inside <- if (grepl("[", sides[1], fixed = TRUE)) sub("^[^[]*\\[(.*)\\]$", "\\1", sides[1]) else ""
  head <- sub("\\[.*$", "", sides[1])
  dpar <- if (grepl(".", head, fixed = TRUE)) sub("\\..*$", "", head) else ""
  head <- sub("^[^.]*\\.", "", head)
  parts <- trimws(strsplit(inside, ",", fixed = TRUE)[[1]])
  switch(head,
    Intercept = if (ordinal) set_prior(dist, "Intercept") else set_prior(dist, "b", "Intercept", dpar = dpar),
    b = , bcs = set_prior(dist, "b", inside, dpar = dpar),
    sd = if (inside == "") do.call(c, lapply(sd_dpars, function(p) set_prior(dist, "sd", dpar = p))) else {
      of <- Filter(function(p) p != "" && startsWith(parts[2], paste0(p, "_")), sd_dpars)
      of <- if (length(of)) of else ""
      set_prior(dist, "sd", sub(paste0("^", of, "_"), "", parts[2]), parts[1], dpar = of)
    },
    cor = set_prior(dist, "cor"),
    set_prior(dist, head))
}

# ---- what is kept ---------------------------------------------------------------------------------------------

our_name <- function(name) sub("^r_([^[]*)__([A-Za-z0-9]+)\\[(.*),([^,]*)\\]$", "r_\\1[\\3,\\2_\\4]", name)
statistics <- function(draws) {
  s <- posterior::summarise_draws(draws, "mean", "sd", ~quantile(.x, c(.05, .5, .95)), "rhat", "ess_bulk", "ess_tail")
  names(s) <- c("variable", "mean", "sd", "q5", "q50", "q95", "rhat", "ess_bulk", "ess_tail")
  rows <- lapply(seq_len(nrow(s)), function(i) lapply(as.list(s[i, -1]), signif, 8))
  setNames(rows, s$variable)
}
at_draw <- function(fit, draws, rename) {
  id <- c(1000, 1001)                        # a single one fails in brms where there are cs() terms
  values <- as.data.frame(posterior::as_draws_df(draws))[id[1], posterior::variables(draws)]
  log_lik <- brms::log_lik(fit, draw_ids = id)[1, ]
  mean <- tryCatch(posterior_epred(fit, draw_ids = id), error = function(e) NULL)
  mean <- if (length(dim(mean)) == 3) mean[1, , ] else if (!is.null(mean)) mean[1, ]
  list(parameters = as.list(values), log_lik_sum = sum(log_lik), log_lik = head(log_lik, ROWS_SHOWN),
       mean = head(mean, ROWS_SHOWN))
}
stated_priors <- function(fit) {
  rows <- subset(as.data.frame(prior_summary(fit)), prior != "")[c("prior", "class", "coef", "group", "dpar")]
  as.list(unname(apply(rows, 1, function(r) paste0(r[1], " on ", paste(Filter(nzchar, r[-1]), collapse = " ")))))
}
model_record <- function(m, fit, compile_seconds) {
  draws <- posterior::as_draws_array(fit)
  all_names <- posterior::variables(draws)
  constant <- apply(draws, 3, function(v) diff(range(v)) == 0)
  drop <- grepl("^(lp__|lprior|z_|L_|Intercept|cor_lp)", all_names) | constant
  draws <- draws[, , all_names[!drop]]
  ours <- our_name(posterior::variables(draws))
  if (length(m$rename)) ours <- ifelse(ours %in% names(m$rename), m$rename[ours], ours)
  dimnames(draws)[[3]] <- unname(ours)
  effects <- grepl("^r_", ours)
  shown <- effects & ave(as.numeric(effects), sub("\\[.*,", "[", ours), FUN = seq_along) <= 3
  sampler <- nuts_params(fit)
  loo <- if (m$rows) suppressWarnings(tryCatch(
    brms::loo(fit, draw_ids = seq(1, ndraws(fit), length.out = 2000)), error = function(e) NULL))
  times <- rstan::get_elapsed_time(fit$fit)
  list(id = m$id, formula_brms = m$text_brms, formula_ours = m$ours, parameters_ours = m$parameters,
       fixed_ours = m$fixed, family_ours = m$family_ours, priors_ours = m$priors, data = m$data_label,
       n_rows = nrow(fit$data), note = m$note,
       priors_brms = stated_priors(fit),
       versions = versions(), seed = SEED,
       sampler = list(chains = 4, warmup = m$warmup, draws = m$draws, adapt_delta = m$adapt_delta, cores = 1),
       seconds = list(compile = compile_seconds, warmup = sum(times[, 1]), sampling = sum(times[, 2])),
       divergences = sum(subset(sampler, Parameter == "divergent__")$Value),
       loo = if (!is.null(loo)) list(elpd_loo = loo$estimates[1, 1], se = loo$estimates[1, 2],
                                     p_loo = loo$estimates[2, 1], n_k_above_0.7 = sum(loo$diagnostics$pareto_k > .7)),
       parameters = statistics(draws[, , !effects]),
       effects = if (any(shown)) statistics(draws[, , shown]),
       at_draw = if (m$rows) tryCatch(at_draw(fit, draws), error = function(e) {
         message("no draw of ", m$id, ": ", conditionMessage(e)); NULL
       }))
}
versions <- function() list(R = as.character(getRversion()), brms = as.character(packageVersion("brms")),
                            rstan = as.character(packageVersion("rstan")))
one_line <- function(text, pattern) {                          # short tables and rows of numbers
  found <- gregexpr(pattern, text, perl = TRUE)
  regmatches(text, found) <- lapply(regmatches(text, found), function(s) gsub("\\s*\n\\s*", " ", s))
  text
}
save_record <- function(record) {
  old <- if (file.exists(OUT)) jsonlite::fromJSON(OUT, simplifyVector = FALSE)$models else list()
  ids <- vapply(old, function(m) m$id, "")
  if (record$id %in% ids) old[[which(ids == record$id)]] <- record else old <- c(old, list(record))
  about <- paste("Posteriors by brms with the same priors, coded as '0 + Intercept' (ordinal: center = FALSE) so that",
                 "priors of intercepts and thresholds are at x = 0. Recreate with brms_families.R; tables in",
                 "family_data/. at_draw: one draw, all its parameters, what they give: log likelihood of all rows, and",
                 "log likelihood and mean of the first 40. effects: the first three levels of each group.")
  text <- jsonlite::toJSON(list(about = about, models = old), auto_unbox = TRUE, digits = NA, pretty = 1, null = "null",
                           na = "null")
  text <- one_line(one_line(text, '\\{\\s*"mean": [^{}]*\\}'), "\\[[-0-9.eE+,\\s]*\\]")
  writeLines(text, paste0(OUT, ".part"))
  file.rename(paste0(OUT, ".part"), OUT)
}

# ---- the models -----------------------------------------------------------------------------------------------

MODELS <- list()
model <- function(id, data, brms_formula, family, ours, family_ours, priors, parameters = NULL, fixed = NULL,
                  rename = NULL, note = NULL, warmup = 1000, draws = 2000, adapt_delta = 0.95, rows = TRUE) {
  text <- paste(deparse(substitute(brms_formula), width.cutoff = 500L), collapse = " ")
  MODELS[[id]] <<- list(id = id, table = data, formula = brms_formula, text_brms = text, family = family, ours = ours,
                        family_ours = family_ours, priors = as.list(priors), parameters = parameters, fixed = fixed,
                        rename = rename, note = note, warmup = warmup, draws = draws, adapt_delta = adapt_delta,
                        rows = rows)
}
fit_model <- function(m) {
  path <- if (file.exists(m$table)) m$table else table_path(m$table)
  m$data_label <- if (file.exists(m$table)) "VerbAgg of lme4 (not kept here)" else path
  d <- read.csv(path, stringsAsFactors = TRUE)
  priors <- brms_priors(unlist(m$priors), m$formula, m$family, d)
  started <- proc.time()[[3]]
  compiled <- brm(m$formula, d, family = m$family, prior = priors, chains = 0, save_pars = save_pars(group = TRUE))
  compile_seconds <- proc.time()[[3]] - started
  fit <- update(compiled, recompile = FALSE, chains = 4, iter = m$warmup + m$draws, warmup = m$warmup, cores = 1,
                seed = SEED, refresh = 0, control = list(adapt_delta = m$adapt_delta))
  save_record(model_record(m, fit, compile_seconds))
}

# a reference that exists elsewhere, made again
model("cbpp_binomial", "cbpp", incidence | trials(size) ~ 0 + Intercept + factor(period) + (1 | herd), binomial(),
      "incidence | trials(size) ~ factor(period) + (1 | herd)", "binomial",
      c("Intercept ~ normal(0, 1.5)", "b ~ normal(0, 1)", "sd ~ exponential(1)"),
      rename = setNames(paste0("b_factor(period)", 2:4), paste0("b_factorperiod", 2:4)))
# the grant example (index variables, pooled disciplines)
model("nwo_gender", "nwo_grants", awards | trials(applications) ~ 0 + gender, binomial(),
      "awards | trials(applications) ~ 0 + gender", "binomial", "b ~ normal(0, 2)")
disciplines <- sort(unique(read.csv(table_path("nwo_grants"))$discipline))[-1]
model("nwo_gender_discipline", "nwo_grants", awards | trials(applications) ~ 0 + gender + discipline, binomial(),
      "awards | trials(applications) ~ 0 + gender + discipline", "binomial",
      c("b ~ normal(0, 1)", "b[genderf] ~ normal(0, 2)", "b[genderm] ~ normal(0, 2)"),
      rename = setNames(paste0("b_discipline", disciplines),
                        paste0("b_discipline", gsub(" ", "", gsub("/", "D", disciplines, fixed = TRUE)))))
of_level <- function(d) setNames(paste0("r_discipline[", d, ",Intercept]"),
                                 paste0("r_discipline[", gsub(" ", ".", d), ",Intercept]"))
model("nwo_pooled", "nwo_grants", awards | trials(applications) ~ 0 + Intercept + gender + (1 | discipline),
      binomial(), "awards | trials(applications) ~ gender + (1 | discipline)", "binomial",
      c("Intercept ~ normal(0, 2)", "b ~ normal(0, 1)", "sd ~ half_cauchy(5)"), adapt_delta = 0.99,
      rename = of_level(c("Chemical sciences", disciplines)))
model("nwo_index_pooled", "nwo_grants", awards | trials(applications) ~ 0 + gender + (1 | discipline),
      binomial(), "awards | trials(applications) ~ 0 + gender + (1 | discipline)", "binomial",
      c("b ~ normal(0, 2)", "sd ~ half_cauchy(5)"), adapt_delta = 0.99, draws = 4000,
      rename = of_level(c("Chemical sciences", disciplines)))
# counts
seizure_priors <- c("Intercept ~ normal(0, 2)", "b ~ normal(0, 1)", "sd ~ exponential(1)")
model("epilepsy_poisson", "epilepsy", count ~ 0 + Intercept + zAge + zBase * Trt + (1 | patient), poisson(),
      "count ~ zAge + zBase * Trt + (1 | patient)", "poisson", seizure_priors)
model("epilepsy_negbinomial", "epilepsy", count ~ 0 + Intercept + zAge + zBase * Trt + (1 | patient), negbinomial(),
      "count ~ zAge + zBase * Trt + (1 | patient)", "negbinomial", c(seizure_priors, "shape ~ gamma(2, 0.1)"))
# ordered
rating_priors <- c("Intercept ~ normal(0, 5)", "b ~ normal(0, 2)", "sd ~ exponential(1)")
ordered_note <- "priors of the thresholds as they are reported; they are ordered"
model("inhaler_cumulative", "inhaler", bf(rating ~ period + carry + treat + (1 | subject), center = FALSE),
      cumulative(), "rating ~ period + carry + treat + (1 | subject)", "cumulative", rating_priors,
      note = ordered_note)
model("inhaler_sratio_cs", "inhaler", bf(rating ~ period + carry + cs(treat) + (1 | subject), center = FALSE),
      sratio(), "rating ~ period + carry + cs(treat) + (1 | subject)", "sratio",
      c(rating_priors, "bcs[treat] ~ normal(0, 2)"), note = "eta of threshold k is x b + treat bcs[k]")
# several predictors
model("spread_shared_id", "spread", bf(y ~ 0 + Intercept + x + (1 | i | g), sigma ~ 0 + Intercept + x + (1 | i | g)),
      gaussian(), "y ~ x + (1 | i | g)", "gaussian",
      c("Intercept ~ normal(0, 3)", "b ~ normal(0, 1)", "sigma.Intercept ~ normal(0, 1)", "sigma.b[x] ~ normal(0, 0.5)",
        "sd ~ exponential(1)", "sd[g, sigma_Intercept] ~ exponential(2)", "cor ~ lkj(2)"),
      parameters = list(sigma = "~ x + (1 | i | g)"))
model("catches_zip", "catches", bf(count ~ 0 + Intercept + persons + child + camper, zi ~ 0 + Intercept + child),
      zero_inflated_poisson(), "count ~ persons + child + camper", "zero_inflated_poisson",
      c("Intercept ~ normal(0, 2)", "b ~ normal(0, 1)", "zi.Intercept ~ normal(0, 1.5)", "zi.b ~ normal(0, 1)"),
      parameters = list(zi = "~ child"))
model("share_beta", "proportions", bf(share ~ 0 + Intercept + x + (1 | g), phi ~ 0 + Intercept + x), Beta(),
      "share ~ x + (1 | g)", "beta",
      c("Intercept ~ normal(0, 1.5)", "b ~ normal(0, 1)", "phi.Intercept ~ normal(2, 1)", "phi.b ~ normal(0, 1)",
        "sd ~ exponential(1)"), parameters = list(phi = "~ x"))
model("amount_gamma", "positives", amount ~ 0 + Intercept + x + (1 | g), Gamma("log"), "amount ~ x + (1 | g)",
      "gamma(log)", c("Intercept ~ normal(0, 2)", "b ~ normal(0, 1)", "sd ~ exponential(1)", "shape ~ gamma(2, 0.5)"))
model("kidney_weibull", "kidney", time | cens(censored) ~ 0 + Intercept + age10 + sex + (1 | patient), weibull(),
      "time | cens(censored) ~ age10 + sex + (1 | patient)", "weibull",
      c("Intercept ~ normal(4, 2)", "b ~ normal(0, 1)", "sd ~ exponential(1)", "shape ~ gamma(2, 1)"),
      adapt_delta = 0.99, note = "mu is the mean: scale = mu / Gamma(1 + 1 / shape); censored = 1 is right")
model("tails_student", "reals", tails ~ 0 + Intercept + x + (1 | g), student(), "tails ~ x + (1 | g)", "student",
      c("Intercept ~ normal(0, 3)", "b ~ normal(0, 1)", "sd ~ exponential(1)", "sigma ~ exponential(1)",
        "nu ~ gamma(2, 0.1)"), note = "nu is above 1, its prior cut off there")
model("choice_categorical", "choices", choice ~ 0 + Intercept + x + z + (1 | g), categorical(),
      "choice ~ x + z + (1 | g)", "categorical",
      c("mub.Intercept ~ normal(0, 2)", "muc.Intercept ~ normal(0, 2)", "mub.b ~ normal(0, 1)", "muc.b ~ normal(0, 1)",
        "sd ~ exponential(1)"), note = "separate group effects of the predictors, not correlated; level a is the first")
model("sometimes_hurdle_gamma", "positives", bf(sometimes ~ 0 + Intercept + x, hu ~ 0 + Intercept + x),
      hurdle_gamma(), "sometimes ~ x", "hurdle_gamma",
      c("Intercept ~ normal(0, 2)", "b ~ normal(0, 1)", "hu.Intercept ~ normal(0, 1.5)", "hu.b ~ normal(0, 1)",
        "shape ~ gamma(2, 0.5)"), parameters = list(hu = "~ x"))
model("successes_beta_binomial", "proportions", successes | trials(trials) ~ 0 + Intercept + x + (1 | g),
      beta_binomial(), "successes | trials(trials) ~ x + (1 | g)", "beta_binomial",
      c("Intercept ~ normal(0, 1.5)", "b ~ normal(0, 1)", "sd ~ exponential(1)", "phi ~ gamma(2, 0.1)"))
model("visits_poisson_trunc", "visits", at_least | trunc(lb = 1) ~ 0 + Intercept + x, poisson(),
      "at_least | trunc(lb = 1) ~ x", "poisson", c("Intercept ~ normal(0, 2)", "b ~ normal(0, 1)"), rows = FALSE,
      note = "1 is kept; no rows, as log_lik() of brms 2.18 leaves truncation out and posterior_epred() that 1")
model("quarter_asym_laplace", "reals", bf(quarter ~ 0 + Intercept + x, quantile = 0.25), asym_laplace(),
      "quarter ~ x", "asym_laplace", c("Intercept ~ normal(0, 3)", "b ~ normal(0, 1)", "sigma ~ exponential(1)"),
      fixed = list(quantile = 0.25))
model("skew_skew_normal", "reals", skew ~ 0 + Intercept + x, skew_normal(), "skew ~ x", "skew_normal",
      c("Intercept ~ normal(0, 3)", "b ~ normal(0, 1)", "sigma ~ exponential(1)", "alpha ~ normal(0, 4)"))
model("mix_exgaussian", "positives", mix ~ 0 + Intercept + x, exgaussian(), "mix ~ x", "exgaussian",
      c("Intercept ~ normal(0, 3)", "b ~ normal(0, 1)", "sigma ~ exponential(1)", "beta ~ exponential(1)"),
      note = "mu is the mean of all, beta that of the exponential part")
model("delay_shifted_lognormal", "positives", delay ~ 0 + Intercept + x, shifted_lognormal(), "delay ~ x",
      "shifted_lognormal", c("Intercept ~ normal(0, 2)", "b ~ normal(0, 1)", "sigma ~ exponential(1)",
                             "ndt ~ normal(0.2, 0.1)"), note = "ndt is between 0 and the least response")
model("size_lognormal", "positives", size ~ 0 + Intercept + x, lognormal(), "size ~ x", "lognormal",
      c("Intercept ~ normal(0, 2)", "b ~ normal(0, 1)", "sigma ~ exponential(1)"))
model("angle_von_mises", "angles", angle ~ 0 + Intercept + x, von_mises(), "angle ~ x", "von_mises",
      c("Intercept ~ normal(0, 1)", "b ~ normal(0, 1)", "kappa ~ gamma(2, 0.1)"), note = "link tan_half")
model("wald_inverse_gaussian", "positives", wald ~ 0 + Intercept + x, inverse.gaussian("log"), "wald ~ x",
      "inverse_gaussian(log)", c("Intercept ~ normal(0, 2)", "b ~ normal(0, 1)", "shape ~ gamma(2, 0.5)"))
model("events_negbinomial_rate", "visits", events | rate(days) ~ 0 + Intercept + x, negbinomial(),
      "events | rate(days) ~ x", "negbinomial",
      c("Intercept ~ normal(0, 2)", "b ~ normal(0, 1)", "shape ~ gamma(2, 0.5)"),
      note = "mu and shape are both multiplied by days")
model("share01_zoib", "proportions", share01 ~ 0 + Intercept + x, zero_one_inflated_beta(), "share01 ~ x",
      "zero_one_inflated_beta", c("Intercept ~ normal(0, 1.5)", "b ~ normal(0, 1)", "phi ~ gamma(2, 0.1)",
                                  "zoi ~ beta(2, 2)", "coi ~ beta(2, 2)"))
# and a few more, each for one thing
model("inhaler_acat", "inhaler", bf(rating ~ period + carry + treat, center = FALSE), acat(),
      "rating ~ period + carry + treat", "acat", rating_priors[1:2])
model("inhaler_cratio_probit", "inhaler", bf(rating ~ period + carry + treat, center = FALSE), cratio("probit"),
      "rating ~ period + carry + treat", "cratio(probit)", rating_priors[1:2])
model("inhaler_cumulative_disc", "inhaler", bf(rating ~ period + carry + treat, disc ~ 0 + treat, center = FALSE),
      cumulative("probit"), "rating ~ period + carry + treat", "cumulative(probit)",
      c(rating_priors[1:2], "disc.b ~ normal(0, 0.5)"), parameters = list(disc = "~ 0 + treat"),
      note = "log link of disc; eta of a threshold is disc (threshold - mu)")
model("visits_weights", "visits", at_least | weights(days) ~ 0 + Intercept + x, poisson(),
      "at_least | weights(days) ~ x", "poisson", c("Intercept ~ normal(0, 2)", "b ~ normal(0, 1)"))
model("events_zero_inflated_negbinomial", "catches", count ~ 0 + Intercept + persons + child + camper,
      zero_inflated_negbinomial(), "count ~ persons + child + camper", "zero_inflated_negbinomial",
      c("Intercept ~ normal(0, 2)", "b ~ normal(0, 1)", "shape ~ gamma(2, 0.5)", "zi ~ beta(2, 2)"))
model("catches_hurdle_poisson", "catches", bf(count ~ 0 + Intercept + persons + child + camper,
                                              hu ~ 0 + Intercept + child), hurdle_poisson(),
      "count ~ persons + child + camper", "hurdle_poisson",
      c("Intercept ~ normal(0, 2)", "b ~ normal(0, 1)", "hu.Intercept ~ normal(0, 1.5)", "hu.b ~ normal(0, 1)"),
      parameters = list(hu = "~ child"))
# long: last
VERBAGG <- Sys.getenv("VERBAGG_CSV", "VerbAgg.csv")
if (file.exists(VERBAGG)) {
  model("verbagg_bernoulli", VERBAGG,
        r2 ~ 0 + Intercept + Anger + Gender + btype + situ + (1 | id) + (1 | item), bernoulli(),
        "r2 ~ Anger + Gender + btype + situ + (1 | id) + (1 | item)", "bernoulli",
        c("Intercept ~ normal(0, 1.5)", "b ~ normal(0, 1)", "sd ~ exponential(1)"), draws = 1000, warmup = 500,
        adapt_delta = 0.8, rows = FALSE)
}

# ---- run ------------------------------------------------------------------------------------------------------

wanted <- commandArgs(TRUE)
dir.create("family_data", showWarnings = FALSE)
if (!file.exists(table_path("angles"))) { copy_tables(); simulate_tables() }
for (id in if (length(wanted)) wanted else names(MODELS)) {
  message("== ", id, " ", format(Sys.time(), "%H:%M:%S"))
  tryCatch(fit_model(MODELS[[id]]), error = function(e) message("FAILED ", id, ": ", conditionMessage(e)))
}
