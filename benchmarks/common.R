# What the scripts in R share: the job, a clock from the start of the process, writing draws.
# Times are seconds since the epoch, as the parent has them; reading the table does not count.

now <- function() as.numeric(Sys.time())

read_job <- function() {
  jsonlite::fromJSON(commandArgs(trailingOnly = TRUE)[1])
}

read_table <- function(job) {
  table <- read.csv(job$csv, colClasses = setNames(rep("character", length(job$factors)), job$factors))
  table[job$factors] <- lapply(table[job$factors], factor)
  table
}

peak_mib <- function() {
  lines <- tryCatch(readLines("/proc/self/status"), error = function(e) character())
  line <- grep("^VmHWM", lines, value = TRUE)
  if (length(line)) round(as.numeric(gsub("[^0-9]", "", line)) / 1024) else NULL
}

# Draws as raw doubles, one parameter after another, chain by chain. `draws` is iterations x chains x parameters;
# names that begin with "r_" are group effects, of which at most `max_effects` are kept, evenly spaced.
write_draws <- function(path, draws, max_effects) {
  names <- dimnames(draws)[[3]]
  effects <- grep("^r_", names)
  total <- length(effects)
  kept <- if (total) effects[unique(round(seq(1, total, length.out = min(total, max_effects))))] else integer()
  main <- setdiff(seq_along(names), effects)
  chosen <- draws[, , c(main, kept), drop = FALSE]
  file <- file(paste0(path, ".f64"), "wb")
  writeBin(as.double(chosen), file, endian = "little")
  close(file)
  facts <- list(names = names[c(main, kept)], shape = rev(dim(chosen)), n_effects = total)
  jsonlite::write_json(facts, paste0(path, ".json"), auto_unbox = TRUE)
}

report <- function(content) {
  cat(jsonlite::toJSON(content, auto_unbox = TRUE, digits = NA, null = "null"), "\n", sep = "")
}

versions <- function(...) {
  packages <- c(...)
  found <- lapply(packages, function(p) as.character(packageVersion(p)))
  c(list(R = paste(R.version$major, R.version$minor, sep = ".")), setNames(found, packages))
}

# Seconds of a run of Stan: chains of `cores` at a time, warmup and draws as Stan counts them; the rest of the
# wall time is compiling (brms) or what the package does around it.
stan_seconds <- function(stanfit, wall, cores) {
  elapsed <- rstan::get_elapsed_time(stanfit)
  warmup <- sum(elapsed[, "warmup"]) / cores
  draws <- sum(elapsed[, "sample"]) / cores
  list(rest = max(wall - warmup - draws, 0), warmup = warmup, draws = draws)
}

stan_facts <- function(stanfit) {
  steps <- rstan::get_num_leapfrog_per_iteration(stanfit)
  list(divergences = rstan::get_num_divergent(stanfit), leapfrogs = mean(steps))
}
