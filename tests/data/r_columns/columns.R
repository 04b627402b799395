# What R's model.matrix makes of the formulas in formulas.txt: names, rank and sums of the columns.
# Run as: Rscript columns.R > columns.json   (the numbers there say which R it was)
invisible(Sys.setlocale("LC_COLLATE", "C"))
suppressMessages(library(splines))
options(warn = -1)
text <- c("f", "o", "h", "s", "u", "q", "tf", "a")

read_frame <- function(name) {
  frame <- read.csv(paste0(name, ".csv"), na.strings = "", encoding = "UTF-8",
                    colClasses = setNames(rep("character", length(text)), text)[
                      intersect(text, names(read.csv(paste0(name, ".csv"), nrows = 1)))])
  if ("f" %in% names(frame)) frame$f <- factor(frame$f, c("early", "mid", "late"))
  if ("o" %in% names(frame)) frame$o <- factor(frame$o, c("none", "some", "much", "all"), ordered = TRUE)
  if ("h" %in% names(frame)) frame$h <- factor(frame$h, c("r", "q", "p"))
  if (is.character(frame$b) && all(frame$b %in% c("True", "False"))) frame$b <- frame$b == "True"
  frame
}

sums <- function(X) {
  weight <- sin(seq_len(nrow(X)))
  list(sum = unname(colSums(X)), squares = unname(colSums(X^2)), weighted = unname(colSums(X * weight)))
}

# Squared lengths of the projections of three fixed vectors: equal exactly if the spaces are equal, but by chance
projections <- function(X) {
  decomposition <- svd(t(t(X) / pmax(sqrt(colSums(X^2)), 1e-300)))
  basis <- decomposition$u[, decomposition$d > 1e-9 * max(decomposition$d), drop = FALSE]
  probes <- sapply(c(0.7, 1.9, 2.6), function(k) cos(k * seq_len(nrow(X))^1.5))
  list(rank = ncol(basis), projections = colSums((t(basis) %*% probes)^2))
}

one <- function(line) {
  replays <- !startsWith(line, "-")
  line <- sub("^-", "", line)
  frame_name <- sub(" .*", "", line)
  formula <- as.formula(sub("^[a-z]+ ", "", line))
  frame <- read_frame(frame_name)
  frame <- frame[complete.cases(frame[intersect(all.vars(formula), names(frame))]), ]
  rows <- model.frame(formula, frame, drop.unused.levels = TRUE)
  X <- model.matrix(formula, rows)
  result <- c(list(formula = sub("^[a-z]+ ", "", line), frame = frame_name, names = I(colnames(X))), sums(X), projections(X))
  if (replays && frame_name == "main") {
    parts <- delete.response(terms(rows))
    new <- model.frame(parts, read_frame("main_new"), xlev = .getXlevels(parts, rows))
    result$new <- sums(model.matrix(parts, new, contrasts.arg = attr(X, "contrasts")))
  }
  result
}

lines <- grep("^#|^$", readLines("formulas.txt"), value = TRUE, invert = TRUE)
records <- lapply(lines, function(line) tryCatch(one(line), error = function(fault) {
  list(formula = line, error = conditionMessage(fault))
}))
cat("[\n", paste(c(
  as.character(jsonlite::toJSON(list(R = R.version.string, jsonlite = as.character(packageVersion("jsonlite"))), auto_unbox = TRUE)),
  sapply(records, function(record) as.character(jsonlite::toJSON(record, auto_unbox = TRUE, digits = I(13))))
), collapse = ",\n"), "\n]\n", sep = "")
