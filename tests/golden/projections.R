# What space the columns of R's fixed matrix span, by squared lengths of projections of known vectors:
# Rscript projections.R, in this folder, writes projections.json.
# Two matrices whose projections of enough vectors in general position are equally long span one space,
# whatever the coding of their factors.
suppressMessages(library(lme4))
library(jsonlite)
library(splines)

read_table <- function(path, schema) {
  frame <- read.csv(gzfile(path), check.names = FALSE, colClasses = "character", na.strings = "", encoding = "UTF-8")
  for (name in names(frame)) {
    column <- schema[[name]]
    values <- frame[[name]]
    if (is.null(column)) frame[[name]] <- type.convert(values, as.is = TRUE)
    else if (column$type %in% c("factor", "ordered"))
      frame[[name]] <- factor(values, levels = unlist(column$levels), ordered = column$type == "ordered")
    else if (column$type == "logical") frame[[name]] <- values %in% c("TRUE", "True", "true")
    else if (column$type != "character") frame[[name]] <- as.numeric(values)
  }
  frame
}

lengths_of <- function(text, frame, with_response) {
  whole <- as.formula(text)
  if (!with_response) whole <- whole[-2]  # nobars() would read the bar of y | weights(w)
  formula <- nobars(whole)
  frame <- frame[stats::complete.cases(frame[intersect(all.vars(as.formula(text)), names(frame))]), ]
  rows <- model.frame(formula, frame)
  x <- if (ncol(rows)) model.matrix(terms(rows), rows) else matrix(1, nrow(frame), 1)
  n <- nrow(frame)
  stopifnot(nrow(x) == n)
  qr <- qr(x, tol = 1e-9)
  lengths <- sapply(1:6, function(k) sum(qr.fitted(qr, sin(k * seq_len(n)^2))^2))
  list(rank = qr$rank, lengths = signif(lengths, 12))
}

schemas <- fromJSON("data/schema.json", simplifyVector = FALSE)
records <- lapply(readLines("formulas.jsonl", encoding = "UTF-8"), fromJSON, simplifyVector = FALSE)
out <- list(R = R.version.string, lme4 = as.character(packageVersion("lme4")))
spaces <- list()
for (record in records) {
  schema <- if (is.null(record$schema)) schemas[[record$dataset]] else record$schema
  frame <- read_table(record$data, schema)
  texts <- if (is.null(record$formula)) unlist(record$parts) else record$formula
  found <- list()
  for (text in texts) {
    name <- if (!length(found)) "mu" else sub(" *~.*", "", text)
    one <- tryCatch(lengths_of(text, frame, !is.null(record$formula)), error = function(e) NULL)
    if (is.null(one)) { if (!length(found)) break else next }
    found[[name]] <- one
  }
  if (length(found)) spaces[[record$id]] <- found
}
out$spaces <- spaces
lines <- sapply(names(spaces), function(id) paste0('"', id, '": ', toJSON(spaces[[id]], auto_unbox = TRUE, digits = NA)))
cat('{"R": "', out$R, '", "lme4": "', out$lme4, '", "spaces": {\n', paste(lines, collapse = ",\n"), "\n}}\n",
    sep = "", file = "projections.json")
