# Cumulative models of the housing data of MASS with every link, as `polr` fits them.
# The log-likelihood is R's own: polr takes infinity for 100, where a Cauchy tail still has 0.3 % of its mass.
# Rscript tests/compiler/likelihood/polr.R > tests/compiler/likelihood/polr.json
library(MASS)
start <- NULL
number <- function(x) paste(sprintf("%.15g", x), collapse = ", ")
x <- model.matrix(~ Infl + Type + Cont, housing)[, -1]
cdf <- list(logit = plogis, probit = pnorm, cloglog = function(q) 1 - exp(-exp(q)), cauchit = pcauchy)
log_likelihood <- function(fit, link) {
  ends <- c(-Inf, fit$zeta, Inf)
  eta <- drop(x %*% coef(fit))
  y <- as.integer(housing$Sat)
  sum(housing$Freq * log(cdf[[link]](ends[y + 1] - eta) - cdf[[link]](ends[y] - eta)))
}
cat(sprintf('{"version": "MASS %s, %s",\n', packageVersion("MASS"), R.version.string))
cat(sprintf(' "y": [%s],\n "freq": [%s],\n', number(as.integer(housing$Sat) - 1), number(housing$Freq)))
cat(sprintf(' "x": [%s],\n "fits": {', paste(sprintf("[%s]", apply(x, 1, number)), collapse = ", ")))
for (method in c("logistic", "probit", "cloglog", "cauchit")) {
  fit <- if (is.null(start)) polr(Sat ~ Infl + Type + Cont, housing, Freq, method = method)
         else polr(Sat ~ Infl + Type + Cont, housing, Freq, start = start, method = method)
  if (is.null(start)) start <- c(coef(fit), fit$zeta)
  link <- if (method == "logistic") "logit" else method
  cat(sprintf('%s\n  "%s": {"b": [%s], "thresholds": [%s], "log_likelihood": %.15g}',
              if (method == "logistic") "" else ",", link, number(coef(fit)), number(fit$zeta),
              log_likelihood(fit, link)))
}
cat("\n }\n}\n")
