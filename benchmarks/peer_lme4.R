# lme4 or glmmTMB: a point fit, no posterior; only its seconds and estimates are recorded.

arguments <- commandArgs(trailingOnly = FALSE)
here <- dirname(sub("^--file=", "", grep("^--file=", arguments, value = TRUE)))
source(file.path(here, "common.R"))
job <- read_job()
package <- job$option
suppressPackageStartupMessages(library(package, character.only = TRUE))
imported <- now()
table <- read_table(job)
read <- now()

formula <- as.formula(if (nzchar(job$lme4)) sub("^[^~]*~", paste(job$lme4, "~"), job$formula) else job$formula)

fitted_once <- function() {
  family <- switch(job$family,
    binomial = , bernoulli = binomial(), poisson = poisson(), negbinomial = "nbinom2", gaussian()
  )
  suppressWarnings(suppressMessages(
    if (package == "glmmTMB") {
      glmmTMB(formula, data = table, family = family)
    } else if (job$family == "gaussian") {
      lmer(formula, data = table)
    } else {
      glmer(formula, data = table, family = family)
    }
  ))
}

fit <- fitted_once()
done <- now()
content <- list(
  status = "ok", wall = done - job$began - (read - imported), memory_mib = peak_mib(),
  seconds = list(import = imported - job$began, read = read - imported, fit = done - read)
)
beta <- if (package == "glmmTMB") fixef(fit)$cond else fixef(fit)
names(beta) <- paste0("b_", gsub("(Intercept)", "Intercept", names(beta), fixed = TRUE))
content$means <- as.list(beta)
if (job$refit) {
  tick <- now()
  fitted_once()
  content$refit <- list(wall = now() - tick)
}
content$versions <- versions(package)
report(content)
