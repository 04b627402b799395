# rstanarm: Stan models compiled when the package was built. Its prior of group effects is its own, decov(2): the sds of
# a Gaussian model are relative to the residual sd. A refit is another call.

arguments <- commandArgs(trailingOnly = FALSE)
here <- dirname(sub("^--file=", "", grep("^--file=", arguments, value = TRUE)))
source(file.path(here, "common.R"))
job <- read_job()
suppressPackageStartupMessages(library(rstanarm))
imported <- now()
table <- read_table(job)
read <- now()

formula <- as.formula(if (nzchar(job$lme4)) sub("^[^~]*~", paste(job$lme4, "~"), job$formula) else job$formula)

sampled <- function(seed) {
  n <- job$priors
  arguments <- list(
    formula,
    data = table, chains = job$chains, cores = job$cores, iter = job$warmup + job$draws, warmup = job$warmup,
    refresh = 0, seed = seed, prior_intercept = normal(n$mean, n$intercept), prior_covariance = decov(n$cor)
  )
  if (!is.null(n$b)) arguments$prior <- normal(0, n$b)
  if (!is.null(n$sigma)) arguments$prior_aux <- exponential(n$sigma)
  if (!is.null(n$shape)) arguments$prior_aux <- exponential(n$shape)
  run <- switch(job$family,
    gaussian = stan_lmer, negbinomial = stan_glmer.nb, stan_glmer
  )
  if (job$family %in% c("binomial", "bernoulli")) arguments$family <- binomial()
  if (job$family == "poisson") arguments$family <- poisson()
  suppressWarnings(suppressMessages(do.call(run, arguments)))
}

# (Intercept) -> b_Intercept, b[(Intercept) g:l] -> r_, Sigma[g:a,a] -> sd_g__a, Sigma[g:a,b] -> cor_g__a__b
draws <- function(fit) {
  array <- as.array(fit)
  names <- gsub("(Intercept)", "Intercept", dimnames(array)[[3]], fixed = TRUE)
  names <- sub("^b\\[(.*)\\]$", "r_\\1", names)
  names[names == "reciprocal_dispersion"] <- "shape"
  covariance <- grep("^Sigma\\[", names)
  parts <- regmatches(names, regexec("^Sigma\\[(.*):([^:,]+),([^:,]+)\\]$", names))
  variances <- list()
  for (k in covariance) {
    if (parts[[k]][3] == parts[[k]][4]) variances[[paste(parts[[k]][2:3], collapse = "|")]] <- array[, , k]
  }
  for (k in covariance) {
    p <- parts[[k]]
    # (x || g) becomes two terms on g, which rstanarm calls g and g.1, as lme4 does
    label <- sub("\\.[0-9]+$", "", p[2])
    if (p[3] == p[4]) {
      array[, , k] <- sqrt(array[, , k])
      names[k] <- paste0("sd_", label, "__", p[3])
    } else {
      both <- variances[[paste(p[2], p[3], sep = "|")]] * variances[[paste(p[2], p[4], sep = "|")]]
      array[, , k] <- array[, , k] / sqrt(both)
      names[k] <- paste0("cor_", label, "__", p[4], "__", p[3])
    }
  }
  population <- !grepl("^(r_|sd_|cor_|sigma$|shape$)", names)
  names[population] <- paste0("b_", names[population])
  dimnames(array)[[3]] <- names
  array
}

quietly <- function(expression) {
  sink(stderr())
  on.exit(sink())
  expression
}

fit <- quietly(sampled(job$seed))
done <- now()
parts <- stan_seconds(fit$stanfit, done - read, job$cores)
content <- c(
  list(status = "ok", wall = done - job$began - (read - imported), memory_mib = peak_mib()),
  list(seconds = c(
    list(import = imported - job$began, read = read - imported), setNames(parts, c("design", "warmup", "draws"))
  )),
  stan_facts(fit$stanfit)
)
write_draws(job$out, draws(fit), job$max_effects)
if (job$refit) {
  tick <- now()
  again <- quietly(sampled(job$seed + 1))
  took <- now() - tick
  content$refit <- c(
    list(wall = took, seconds = stan_seconds(again$stanfit, took, job$cores)), stan_facts(again$stanfit)
  )
  write_draws(paste0(job$out, "-refit"), draws(again), job$max_effects)
}
content$versions <- versions("rstanarm", "rstan")
report(content)
