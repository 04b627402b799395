# How brms_group_options.json was made. The tables are simulated (group_options.csv, group_options_A.csv).
library(brms)
rstan::rstan_options(boost_lib = "/usr/include")
d <- read.csv("group_options.csv")
A <- as.matrix(read.csv("group_options_A.csv", row.names = 1))
priors <- c(prior(normal(0, 5), class = b), prior(exponential(1), class = sd), prior(exponential(1), class = sigma))
run <- function(formula, more = NULL) {
  fit <- brm(formula, d, data2 = list(A = A), prior = c(priors, more), chains = 4, iter = 6000, warmup = 1000,
             cores = 2, seed = 7, refresh = 0, control = list(adapt_delta = 0.95))
  draws <- as.data.frame(fit)
  keep <- grep("^(b_|sd_|cor_|df_|sigma|r_.*(g00|g01|g23),)", names(draws))
  data.frame(name = names(draws)[keep], mean = sapply(draws[keep], mean), sd = sapply(draws[keep], sd),
             ess = sapply(draws[keep], function(v) posterior::ess_bulk(matrix(v, ncol = 4))))
}
out <- list(
  by = run(by ~ 0 + Intercept + x + (1 + x | gr(g, by = arm)), prior(lkj(2), class = cor)),
  cov = run(cov ~ 0 + Intercept + x + (1 | gr(g, cov = A))),
  student = run(student ~ 0 + Intercept + x + (1 | gr(g, dist = "student"))),
  mm = run(mm ~ 0 + Intercept + x + (1 | mm(g, g2, weights = cbind(w1, w2))))
)
out$versions <- list(R = as.character(getRversion()), brms = as.character(packageVersion("brms")),
                     rstan = as.character(packageVersion("rstan")))
writeLines(jsonlite::toJSON(out, digits = 8, auto_unbox = TRUE), "brms_group_options.json")
