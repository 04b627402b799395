# How tests/golden/terms.tsv was made, with R 4.2.2: the formulas of its first column, which were drawn at random
# from the operators, get what terms() says: the intercept, and the terms in R's order.
# Run in this folder: Rscript terms.R
formulas <- read.delim("terms.tsv", stringsAsFactors = FALSE)$formula
meaning <- lapply(formulas, function(text) {
  found <- terms(as.formula(text))
  data.frame(
    formula = text,
    intercept = attr(found, "intercept"),
    terms = paste(gsub(" %in% ", ":", attr(found, "term.labels"), fixed = TRUE), collapse = " + ")
  )
})
write.table(do.call(rbind, meaning), "terms.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
