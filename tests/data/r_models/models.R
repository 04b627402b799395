# What lme4 makes of the models in formulas.txt: fixed columns, response, offset, groups, levels and their columns.
# Run in this folder: Rscript models.R > models.json   (the numbers there say which R and lme4 it was)
invisible(Sys.setlocale("LC_COLLATE", "C"))
suppressMessages({library(lme4); library(splines); library(jsonlite)})
options(warn = -1)
ignored <- lapply(formals(lmerControl)[grep("^check", names(formals(lmerControl)))], function(x) "ignore")
numbers <- function(X) unname(as.matrix(X))

sums <- function(X) {
  X <- as.matrix(X)
  list(sum = I(unname(colSums(X))), squares = I(unname(colSums(X^2))),
       weighted = I(unname(colSums(X * sin(seq_len(nrow(X)))))))
}

# Squared lengths of the projections of three fixed vectors: equal exactly if the spaces are equal, but by chance
space <- function(X) {
  decomposition <- svd(t(t(X) / pmax(sqrt(colSums(X^2)), 1e-300)))
  basis <- decomposition$u[, decomposition$d > 1e-9 * max(decomposition$d), drop = FALSE]
  probes <- sapply(c(0.7, 1.9, 2.6), function(k) cos(k * seq_len(nrow(X))^1.5))
  list(rank = ncol(basis), projections = colSums((t(basis) %*% probes)^2))
}

# One term: its factor, levels, coefficients, and the columns that multiply the effects of each row's level
term <- function(place, parts, n) {
  names <- parts$cnms[[place]]
  from <- parts$Gp[place]
  block <- as.matrix(parts$Zt[(from + 1):parts$Gp[place + 1], , drop = FALSE])
  q <- length(names)
  factor_of <- parts$flist[[attr(parts$flist, "assign")[place]]]
  rows <- (as.integer(factor_of) - 1L) * q
  Z <- sapply(seq_len(q), function(k) block[cbind(rows + k, seq_len(n))])
  c(list(label = names(parts$cnms)[place], levels = I(levels(factor_of)),
         sizes = I(as.integer(table(factor_of))), coefs = I(names)), sums(Z))
}

one <- function(line) {
  sides <- strsplit(line, " => ", fixed = TRUE)[[1]]
  frame_name <- sub(" .*", "", line)
  ours <- sub("^[a-z]+ ", "", sides[1])
  given <- if (length(sides) > 1) sides[2] else ours
  base <- list(formula = ours, frame = frame_name)
  if (given == "refused") return(c(base, refused = TRUE))
  frame <- read.csv(paste0(frame_name, ".csv"), na.strings = "", stringsAsFactors = FALSE)
  for (name in names(frame)) if (all(frame[[name]] %in% c("True", "False"))) frame[[name]] <- frame[[name]] == "True"
  found <- tryCatch({
    formula <- as.formula(given)
    frame <- frame[complete.cases(frame[intersect(all.vars(formula), names(frame))]), ]  # what is scaled is what is used
    binomial_like <- startsWith(given, "cbind") || startsWith(given, "passed")
    if (startsWith(given, "passed")) frame$passed <- factor(frame$passed)
    read <- if (binomial_like) glFormula(formula, frame, family = binomial, control = do.call(glmerControl, ignored))
            else lFormula(formula, frame, control = do.call(lmerControl, ignored))
    n <- nrow(read$fr)
    y <- model.response(read$fr)
    if (is.factor(y)) y <- as.integer(y) - 1L
    X <- read$X
    offset <- model.offset(read$fr)
    c(base, list(n = n, names = I(colnames(X)), fixed = sums(X)), space(X),
      list(y = sums(as.matrix(y)), offset = if (is.null(offset)) NULL else sum(offset),
           groups = lapply(seq_along(read$reTrms$cnms), term, parts = read$reTrms, n = n)))
  }, error = function(e) c(base, list(error = conditionMessage(e))))
  found
}

lines <- grep("^#|^$", readLines("formulas.txt"), value = TRUE, invert = TRUE)
made_by <- list(R = R.version.string, lme4 = as.character(packageVersion("lme4")))
cat(toJSON(c(list(made_by), lapply(lines, one)), auto_unbox = TRUE, digits = 15, null = "null", pretty = FALSE))
