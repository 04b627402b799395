# brms with rstan. Cold: the C++ is compiled. Warm: `update` of the fit that the cold process saved, which compiles
# nothing: the most that brms offers a second process. Refit: `update` in the same process.

arguments <- commandArgs(trailingOnly = FALSE)
here <- dirname(sub("^--file=", "", grep("^--file=", arguments, value = TRUE)))
source(file.path(here, "common.R"))
job <- read_job()
suppressPackageStartupMessages(library(brms))
rstan::rstan_options(boost_lib = "/usr/include")
imported <- now()
table <- read_table(job)
read <- now()

priors <- function() {
  n <- job$priors
  out <- c(
    set_prior(sprintf("normal(%g, %g)", n$mean, n$intercept), class = "Intercept"),
    set_prior(sprintf("exponential(%g)", n$sd), class = "sd")
  )
  if (!is.null(n$b)) out <- c(out, set_prior(sprintf("normal(0, %g)", n$b), class = "b"))
  if (!is.null(n$sigma)) out <- c(out, set_prior(sprintf("exponential(%g)", n$sigma), class = "sigma"))
  if (!is.null(n$shape)) out <- c(out, set_prior(sprintf("exponential(%g)", n$shape), class = "shape"))
  if (job$is_correlated) out <- c(out, set_prior(sprintf("lkj(%g)", n$cor), class = "cor"))
  out
}

families <- list(
  gaussian = gaussian(), binomial = binomial(), bernoulli = bernoulli(), poisson = poisson(),
  negbinomial = negbinomial(), cumulative = cumulative()
)

sampled <- function(fit, seed) {
  common <- list(
    chains = job$chains, cores = job$cores, iter = job$warmup + job$draws, warmup = job$warmup,
    refresh = 0, seed = seed
  )
  first <- if (is.null(fit)) {
    list(as.formula(job$formula), data = table, family = families[[job$family]], prior = priors())
  } else {
    list(fit, recompile = FALSE)
  }
  suppressWarnings(suppressMessages(do.call(if (is.null(fit)) brm else update, c(first, common))))
}

quietly <- function(expression) { # Stan's progress goes to standard output, which is for the report
  sink(stderr())
  on.exit(sink())
  expression
}

draws <- function(fit) {
  array <- as.array(fit$fit)
  names <- dimnames(array)[[3]]
  reported <- grepl("^(b_|sd_|cor_|r_|sigma$|shape$)", names)
  array[, , reported, drop = FALSE]
}

saved <- file.path(job$cache, "brms-fit.rds")
old <- if (file.exists(saved)) readRDS(saved) else NULL
fit <- quietly(sampled(old, job$seed))
done <- now()
wall <- done - job$began - (read - imported)
parts <- stan_seconds(fit$fit, done - read, job$cores)
content <- c(
  list(status = "ok", wall = wall, memory_mib = peak_mib()),
  list(seconds = c(list(import = imported - job$began, read = read - imported), setNames(parts, c(
    if (is.null(old)) "compile" else "design", "warmup", "draws"
  )))),
  stan_facts(fit$fit)
)
write_draws(job$out, draws(fit), job$max_effects)
if (is.null(old)) saveRDS(fit, saved)
if (job$refit) {
  tick <- now()
  again <- quietly(sampled(fit, job$seed + 1))
  took <- now() - tick
  content$refit <- c(
    list(wall = took, seconds = stan_seconds(again$fit, took, job$cores)), stan_facts(again$fit)
  )
  write_draws(paste0(job$out, "-refit"), draws(again), job$max_effects)
}
content$versions <- versions("brms", "rstan")
report(content)
