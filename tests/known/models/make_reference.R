# Write reference.csv and tests.csv: what R says about grunfeld.csv, wine.csv and panel.csv.
#
#   cd tests/known/models && Rscript make_reference.R
#
# Every standard error is made under the convention that panel_eis names, or multiplied here by the factor
# written beside it:
#   CR1      G/(G-1) * (N-1)/(N-K), K = coefficients estimated, absorbed unit effects not counted
#   ordinal  G/(G-1)
suppressPackageStartupMessages({library(plm); library(sandwich); library(ordinal); library(MASS); library(lme4)})

data("Grunfeld", package = "plm"); data("wine", package = "ordinal")
write.csv(Grunfeld, "grunfeld.csv", row.names = FALSE, quote = FALSE)
write.csv(wine, "wine.csv", row.names = FALSE, quote = FALSE)
panel <- read.csv("panel.csv", comment.char = "#", stringsAsFactors = TRUE)

results <- NULL
tests <- NULL
# Keep estimates and errors; the names on the left are the package's names of terms.
keep <- function(model, names, estimate, variance, n, g, loglik = NA, method) {
  results <<- rbind(results, data.frame(
    model = model, term = names, estimate = as.numeric(estimate), std_error = sqrt(diag(variance)),
    n_rows = n, n_clusters = g, log_likelihood = loglik, method = method))
}
G <- function(x) length(unique(x))
cr1 <- function(fit, cluster) vcovCL(fit, cluster = cluster, type = "HC1", cadjust = TRUE)
weighted_mean_of <- function(x, unit, w) ave(w * x, unit, FUN = sum) / ave(w, unit, FUN = sum)

# ---- Grunfeld (Baltagi's textbook example): balanced, 10 firms, 20 years -------------------------------
fit <- lm(inv ~ value + capital, Grunfeld)
keep("grunfeld_pooled", c("intercept", "value", "capital"), coef(fit), cr1(fit, Grunfeld$firm), 200, 10,
     method = "lm + sandwich::vcovCL(HC1)")
fit <- plm(inv ~ value + capital, Grunfeld, index = c("firm", "year"), model = "within")
keep("grunfeld_within", c("value_within", "capital_within"), coef(fit),
     vcovHC(fit, method = "arellano", type = "sss", cluster = "group"), 200, 10,
     method = "plm within + vcovHC(arellano, sss, group)")
fit <- plm(inv ~ factor(year) + value + capital, Grunfeld, index = c("firm", "year"), model = "within")
keep("grunfeld_within_years", c(sprintf("year[%d]", 1936:1954), "value_within", "capital_within"), coef(fit),
     vcovHC(fit, method = "arellano", type = "sss", cluster = "group"), 200, 10,
     method = "plm within with year dummies + vcovHC(arellano, sss, group)")
fit <- lm(inv ~ I(value - ave(value, firm)) + I(capital - ave(capital, firm)) + ave(value, firm) + ave(capital, firm),
          Grunfeld)
names <- c("intercept", "value_within", "capital_within", "value_between", "capital_between")
keep("grunfeld_within_between", names, coef(fit), cr1(fit, Grunfeld$firm), 200, 10,
     method = "lm on deviations and means + vcovCL(HC1)")

# ---- panel.csv: unbalanced, gaps, single waves, categorical, interaction ---------------------------------
d <- panel
d$fs <- d$federation * d$support
w1 <- rep(1, nrow(d))
for (weighting in c("unweighted", "weighted")) {
  d$w <- if (weighting == "weighted") d$weight / mean(d$weight) else w1

  fit <- lm(score ~ factor(wave) + federation + support + size_log + form + fs, d, weights = w)
  names <- c("intercept", sprintf("wave[%d]", c(2021, 2023, 2025)), "federation", "support", "size_log",
             "form[foundation]", "form[mutual]", "form[scop]", "federation:support")
  keep(paste0("panel_pooled_", weighting), names, coef(fit), cr1(fit, d$unit), nrow(d), G(d$unit),
       method = "lm + vcovCL(HC1)")

  m <- d[ave(d$wave, d$unit, FUN = length) > 1, ]
  m$unit <- droplevels(m$unit); m$w <- m$w / mean(m$w)
  names <- c(sprintf("wave[%d]", c(2021, 2023, 2025)), "federation_within", "support_within",
             "federation:support_within")
  if (weighting == "unweighted") {
    fit <- plm(score ~ factor(wave) + federation + support + fs, m, index = c("unit", "wave"), model = "within")
    keep("panel_within_unweighted", names, coef(fit),
         vcovHC(fit, method = "arellano", type = "sss", cluster = "group"), nrow(m), G(m$unit),
         method = "plm within + vcovHC(arellano, sss, group)")
  } else {
    # plm takes no weights within: unit dummies, HC0 with G/(G-1), times (N-1)/(N-K) with K = 6 slopes only.
    fit <- lm(score ~ factor(wave) + federation + support + fs + unit, m, weights = w)
    N <- nrow(m)
    variance <- vcovCL(fit, cluster = m$unit, type = "HC0", cadjust = TRUE) * (N - 1) / (N - 6)
    keep("panel_within_weighted", names, coef(fit)[2:7], variance[2:7, 2:7], N, G(m$unit),
         method = "lm with unit dummies + vcovCL(HC0) x (N-1)/(N-6)")
  }

  waves <- sapply(c(2021, 2023, 2025), function(y) as.numeric(d$wave == y))
  varying <- cbind(waves, d$federation, d$support, d$fs)
  means <- apply(varying, 2, weighted_mean_of, unit = d$unit, w = d$w)
  dev <- varying - means
  names <- c("intercept", sprintf("wave[%d]", c(2021, 2023, 2025)),
             "federation_within", "support_within", "federation:support_within",
             sprintf("wave[%d]_between", c(2021, 2023, 2025)),
             "federation_between", "support_between", "federation:support_between",
             "size_log", "form[foundation]", "form[mutual]", "form[scop]")
  fit <- lm(score ~ dev + means + size_log + form, d, weights = w)
  variance <- cr1(fit, d$unit)
  keep(paste0("panel_within_between_", weighting), names, coef(fit), variance, nrow(d), G(d$unit),
       method = "lm on deviations and means + vcovCL(HC1)")
  R <- matrix(0, 3, 17); for (i in 1:3) { R[i, 4 + i] <- 1; R[i, 10 + i] <- -1 }
  b <- R %*% coef(fit)
  F <- as.numeric(t(b) %*% solve(R %*% variance %*% t(R), b)) / 3
  tests <- rbind(tests, data.frame(model = paste0("panel_within_between_", weighting), statistic = F, df = 3,
                                   df_denominator = G(d$unit) - 1, p_value = pf(F, 3, G(d$unit) - 1, lower.tail = FALSE)))

  if (weighting == "unweighted") {
    # A random intercept changes nothing in the within coefficients.
    fit <- lmer(score ~ dev + means + size_log + form + (1 | unit), d)
    keep("panel_lmer", names[2:7], fixef(fit)[2:7], as.matrix(vcov(fit))[2:7, 2:7], nrow(d), G(d$unit),
         method = "lme4::lmer; model-based errors, for information")
  }

  d$rung <- factor(d$ladder, ordered = TRUE)
  fit <- clm(rung ~ dev + means + size_log + form, data = d, weights = w,
             control = clm.control(gradTol = 1e-12, maxIter = 200))
  keep(paste0("panel_ordered_", weighting),
       c(sprintf("ladder[%d|%d]", 0:4, 1:5), names[-1]), coef(fit),
       vcovCL(fit, d$unit, type = "HC0", cadjust = TRUE), nrow(d), G(d$unit),
       loglik = as.numeric(logLik(fit)), method = "ordinal::clm + vcovCL(HC0, cadjust)")
  if (weighting == "unweighted") {
    fit <- polr(rung ~ dev + means + size_log + form, d, Hess = TRUE, control = list(reltol = 1e-15, maxit = 1000))
    keep("panel_polr", c(names[-1], sprintf("ladder[%d|%d]", 0:4, 1:5)), c(coef(fit), fit$zeta),
         vcovCL(fit, d$unit, type = "HC0", cadjust = TRUE), nrow(d), G(d$unit), loglik = as.numeric(logLik(fit)),
         method = "MASS::polr + vcovCL(HC0); numerical Hessian")
  }
}

# ---- wine (Randall 1989; the worked example of the manual of ordinal) -----------------------------------
fit <- clm(rating ~ temp + contact, data = wine, control = clm.control(gradTol = 1e-12))
keep("wine_ordered", c(sprintf("rating[%d|%d]", 1:4, 2:5), "temp[warm]", "contact[yes]"), coef(fit),
     vcovCL(fit, wine$judge, type = "HC0", cadjust = TRUE), 72, 9, loglik = as.numeric(logLik(fit)),
     method = "ordinal::clm + vcovCL(HC0, cadjust)")

versions <- sapply(c("plm", "sandwich", "ordinal", "MASS", "lme4"), function(p) paste(p, packageVersion(p)))
header <- paste0("# ", R.version.string, "; ", paste(versions, collapse = ", "))
digits <- function(x) ifelse(is.na(x), "", trimws(formatC(x, digits = 15, format = "g")))
put <- function(frame, path) {
  frame[] <- lapply(frame, function(x) if (is.numeric(x)) digits(x) else x)
  writeLines(c(header, paste(colnames(frame), collapse = ",")), path)
  write.table(frame, path, append = TRUE, sep = ",", row.names = FALSE, col.names = FALSE, quote = which(sapply(frame, is.character) & grepl("method|term", colnames(frame))))
}
put(results, "reference.csv")
put(tests, "reference_tests.csv")
