# From R: weights of chicks, a data.frame with factors, through reticulate.
#
#     Rscript examples/from_r.R
#
# RETICULATE_PYTHON names the Python in which bayesformula is installed. Run with R 4.2.2, reticulate 1.28
# (Debian's r-cran-reticulate), Python 3.11, pandas 3.1.
#
# Prints the summary: log weights grow by 0.065 a day under the first diet and by 0.09 under the third, and the sd
# of the chicks' slopes is 0.0185; effects of some chicks; predictions for a new one; quantiles of draws; and 2, the
# rows that are left out for missing values.

library(reticulate)
bf <- import("bayesformula", convert = FALSE) # what comes back stays Python's until it is asked for

# A frame of pandas as a data.frame, its index as columns.
as_table <- function(frame) {
  as.data.frame(py_to_r(frame$reset_index()$to_dict("list")), check.names = FALSE)
}

# reticulate turns a missing TRUE/FALSE into TRUE and a missing text into "NA"; of a factor it keeps it missing.
with_factors <- function(df) {
  text <- vapply(df, function(column) is.character(column) || is.logical(column), NA)
  df[text] <- lapply(df[text], factor)
  df
}

chicks <- as.data.frame(ChickWeight)
fit <- bf$fit("log(weight) ~ Time * Diet + (Time | Chick)", chicks, draws = 500L, progress = FALSE)
print(fit)

head(as_table(fit$summary()))
head(as_table(fit$groups()), 5)

new <- data.frame(Time = c(0, 21), Diet = factor("1", levels = levels(chicks$Diet)), Chick = "new")
as_table(fit$predict(new, new_levels = "sample", summary = TRUE))

draws <- as_table(fit$draws_frame(effects = FALSE))
quantile(draws$b_Time, c(0.025, 0.5, 0.975))

gaps <- chicks
gaps$Time <- as.integer(gaps$Time)
gaps$Time[3] <- NA
gaps$hatched <- rep(c("early", "late"), length.out = nrow(gaps))
gaps$hatched[5] <- NA
bf$explain("log(weight) ~ Time + hatched + (1 | Chick)", with_factors(gaps))$n_dropped
