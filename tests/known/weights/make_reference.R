# Rscript make_reference.R, in this folder; Debian: apt-get install r-cran-survey
library(survey)
d <- read.csv("sample.csv", stringsAsFactors = TRUE)
shares <- list(
  form = c(association = .80, scop = .10, scic = .06, company = .04),
  size = c(small = .70, middle = .22, large = .08),
  place = c(north = .2, south = .2, west = .35, city = .25))
N <- nrow(d)
margin <- function(name) { f <- data.frame(names(shares[[name]]), Freq = N * unname(shares[[name]])); names(f)[1] <- name; f }
design <- function(w) svydesign(ids = ~1, weights = w, data = d)
raked <- function(w) weights(rake(design(w), list(~form, ~size, ~place), lapply(names(shares), margin),
                                  control = list(maxit = 500, epsilon = 1e-10)))
total <- function(x) { f <- shares[[x]]; f <- f[levels(d[[x]])]; v <- N * f[-1]; names(v) <- paste0(x, levels(d[[x]])[-1]); v }
population <- c("(Intercept)" = N, total("form"), total("size"), total("place"))
calibrated <- function(w) weights(calibrate(design(w), ~form + size + place, population, calfun = "raking",
                                            epsilon = 1e-12, maxit = 500))
base <- d$base / mean(d$base)
p <- fitted(glm(answered ~ z + form, family = binomial, data = d, control = list(epsilon = 1e-14, maxit = 100)))
out <- data.frame(rake_equal = raked(rep(1, N)), rake_base = raked(base), calibrate_equal = calibrated(rep(1, N)),
                  calibrate_base = calibrated(base), probability = p)
con <- file("reference.csv", "w")
writeLines(sprintf("# R %s, survey %s", getRversion(), packageVersion("survey")), con)
write.csv(format(out, digits = 15), con, row.names = FALSE, quote = FALSE)
close(con)
weighted <- svydesign(ids = ~1, weights = raked(base), data = d)
m <- svymean(~y, weighted)
con <- file("reference_mean.csv", "w")
writeLines("mean,std_error", con)
writeLines(sprintf("%.15g,%.15g", coef(m), SE(m)), con)
close(con)
