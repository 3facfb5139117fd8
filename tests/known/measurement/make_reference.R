# Write bfi.csv and reference.csv: what R says about reliability, polychoric correlations, factors and DIF.
#
#   cd tests/known/measurement && Rscript make_reference.R
#
# bfi: 25 personality items of the SAPA project, shipped with R's psychTools (Revelle 2023); the first 600 complete
# rows of items A1-A5, C1-C5 and E1-E5, with gender as the group of the DIF tests. A1, C4, C5, E1 and E2 are reversed (7 - x).
suppressWarnings(suppressPackageStartupMessages({
  library(psych); library(psychTools); library(polycor); library(lavaan); library(MASS); library(GPArotation)}))
data(bfi)
names <- c(paste0("A", 1:5), paste0("C", 1:5), paste0("E", 1:5))
d <- na.omit(bfi[, c(names, "gender")])[1:600, ]
for (item in c("A1", "C4", "C5", "E1", "E2")) d[[item]] <- 7 - d[[item]]
write.csv(d, "bfi.csv", row.names = FALSE)
results <- NULL
keep <- function(what, term, value, method) results <<- rbind(results,
  data.frame(what, term, value = sprintf("%.12g", as.numeric(value)), method))
quiet <- function(x) suppressWarnings(suppressMessages({capture.output(y <- x); y}))

for (scale in c("A", "C", "E")) {
  x <- d[paste0(scale, 1:5)]
  a <- quiet(psych::alpha(x))
  keep("alpha", scale, a$total$raw_alpha, "psych::alpha raw_alpha")
  ci <- psych::alpha.ci(a$total$raw_alpha, n.obs = nrow(x), n.var = 5)
  keep("feldt_low", scale, ci$lower.ci, "psych::alpha.ci"); keep("feldt_high", scale, ci$upper.ci, "psych::alpha.ci")
  keep("item_total", names(x), a$item.stats$r.drop, "psych::alpha r.drop")
  keep("alpha_dropped", names(x), a$alpha.drop$raw_alpha, "psych::alpha alpha.drop")
  minres <- quiet(psych::fa(x, 1, fm = "minres", tol = 1e-10))
  keep("minres", names(x), abs(minres$loadings[, 1]), "psych::fa(fm = 'minres')")
  # omega total of one factor on standardised items, as psych::omega(nfactors = 1)
  keep("omega_standardised", scale, quiet(psych::omega(x, nfactors = 1, plot = FALSE))$omega.tot, "psych::omega omega.tot")
  keep("ml", names(x), abs(factanal(x, 1, control = list(nstart = 5))$loadings[, 1]), "stats::factanal")
  # maximum likelihood on covariances: omega = 1 - sum(unique) / observed variance of the sum
  fit <- cfa(paste("f =~", paste(names(x), collapse = " + ")), x, std.lv = TRUE, likelihood = "wishart")
  keep("omega_ml", scale, 1 - sum(diag(lavInspect(fit, "est")$theta)) / sum(cov(x)), "lavaan::cfa(likelihood = 'wishart')")
}
whole <- d[names]
three <- quiet(psych::omega(whole, nfactors = 3, plot = FALSE, flip = FALSE))
keep("omega_hierarchical", "ACE", three$omega_h, "psych::omega(nfactors = 3)")
oblique <- quiet(psych::fa(whole, 3, fm = "minres", rotate = "none", tol = 1e-10))
turned <- GPArotation::oblimin(unclass(oblique$loadings), normalize = FALSE, eps = 1e-8, maxit = 5000)
keep("oblimin_phi", "sum of absolute correlations of factors", sum(abs(turned$Phi)), "GPArotation::oblimin of psych::fa")
keep("communality", names, oblique$communality, "psych::fa(3, 'minres') communality")

pairs <- combn(paste0("A", 1:5), 2)
for (i in seq_len(ncol(pairs))) {
  x <- d[[pairs[1, i]]]; y <- d[[pairs[2, i]]]; term <- paste(pairs[, i], collapse = "-")
  keep("polychoric", term, polycor::polychor(x, y), "polycor::polychor, two steps")
}
pairwise <- function(rows) polycor::polychor(rows$A1, rows$A2)
jack <- sapply(seq_len(nrow(d)), function(i) pairwise(d[-i, ]))
keep("polychoric_se", "A1-A2", sqrt((nrow(d) - 1) / nrow(d) * sum((jack - mean(jack))^2)), "delete-one jackknife of polycor::polychor")
lav <- lavCor(whole, ordered = names, output = "cor")
keep("polychoric_lavaan", "sum of squares of all 15 x 15", sum(lav^2), "lavaan::lavCor")
# A matrix that is not positive definite, mended.
bad <- matrix(c(1, .9, .1, .9, 1, .9, .1, .9, 1), 3); good <- quiet(psych::cor.smooth(bad))
keep("smooth", c("12", "13", "23"), good[c(4, 7, 8)], "psych::cor.smooth")
# Parallel analysis: the eigenvalues of the data; the number kept on components (random part differs by seed).
keep("eigenvalue", 1:15, eigen(cor(whole))$values, "eigen(cor)")
set.seed(1); quiet(pa <- psych::fa.parallel(whole, fa = "pc", n.iter = 100, plot = FALSE, quant = .95, sim = FALSE))
keep("retained", "pearson", pa$ncomp, "psych::fa.parallel(fa = 'pc', resampled)")

# DIF by gender of the five items of A, score = mean of all five, as difR and lordif do with MASS::polr or rms::lrm.
group <- as.numeric(d$gender == 2); score <- as.numeric(scale(rowMeans(d[paste0("A", 1:5)])))
for (item in paste0("A", 1:5)) {
  y <- factor(d[[item]])
  m0 <- polr(y ~ 1); m1 <- polr(y ~ score); m2 <- polr(y ~ score + group); m3 <- polr(y ~ score * group)
  ll <- sapply(list(m0, m1, m2, m3), function(m) as.numeric(logLik(m)))
  n <- nrow(d); nk <- (1 - exp(2 * (ll[1] - ll) / n)) / (1 - exp(2 * ll[1] / n))
  keep("dif_uniform", item, 2 * (ll[3] - ll[2]), "MASS::polr"); keep("dif_nonuniform", item, 2 * (ll[4] - ll[3]), "MASS::polr")
  keep("dif_mcfadden", item, (ll[4] - ll[2]) / -ll[1], "MASS::polr"); keep("dif_nagelkerke", item, nk[4] - nk[2], "MASS::polr")
}
versions <- sapply(c("psych", "psychTools", "polycor", "lavaan", "MASS", "GPArotation"), function(p) paste(p, packageVersion(p)))
con <- file("reference.csv", "w")
writeLines(paste("#", R.version.string, ";", paste(versions, collapse = ", ")), con)
write.csv(results, con, row.names = FALSE)
close(con)
