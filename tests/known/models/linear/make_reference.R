# Write reference.csv: what R says about random effects, differences, CR2, CR3 and two-way clusters.
#
#   cd tests/known/models/linear && Rscript make_reference.R
#
# Factors that bring R's convention to the package's are written beside each call. Names of terms are ours.
suppressWarnings(suppressPackageStartupMessages({library(plm); library(sandwich); library(clubSandwich)}))
grunfeld <- read.csv("../grunfeld.csv")
panel <- read.csv("../panel.csv", comment.char = "#", stringsAsFactors = TRUE)
panel$zone <- (as.integer(sub("SYN-", "", panel$unit)) + panel$wave) %% 24
panel$region <- paste0(panel$form, panel$wave)
results <- NULL
keep <- function(model, kind, names, estimate, variance, df = NA, extra = NA, method) {
  results <<- rbind(results, data.frame(model, kind, term = names, estimate = as.numeric(estimate),
    std_error = sqrt(diag(as.matrix(variance))), df = as.numeric(df), extra = as.numeric(extra), method))
}
G <- function(x) length(unique(x))
# CR2 with Satterthwaite df, and CR3 times (G-1)/G.
club <- function(model, names, fit, cluster, which = seq_along(names), method, cr3 = TRUE, ...) {
  v2 <- vcovCR(fit, cluster = cluster, type = "CR2", ...)
  test <- coef_test(fit, vcov = v2, test = "Satterthwaite")
  df <- if (!is.null(test$df_Satt)) test$df_Satt else test$df
  keep(model, "CR2", names, coef(fit)[which], as.matrix(v2)[which, which], df[which], method = method)
  if (!cr3) return(invisible())
  v3 <- vcovCR(fit, cluster = cluster, type = "CR3", ...) * (G(cluster) - 1) / G(cluster)
  keep(model, "CR3", names, coef(fit)[which], as.matrix(v3)[which, which], method = paste(method, "x (G-1)/G"))
}

# CR3 where a unit's dummy makes I - H_gg singular: the jackknife itself, a refit without each unit.
jack <- function(model, names, data, estimate, method) {
  all <- estimate(data)
  changes <- sapply(levels(data$unit), function(u) estimate(droplevels(data[data$unit != u, ])) - all)
  g <- ncol(changes)
  keep(model, "CR3", names, all, changes %*% t(changes) * (g - 1) / g, method = method)
}

# ---- random effects ---------------------------------------------------------------------------------------
re <- function(model, names, formula, data, index) {
  fit <- plm(formula, data, index = index, model = "random", random.method = "swar")
  keep(model, "CR1", names, coef(fit), vcovHC(fit, method = "arellano", type = "sss", cluster = "group"),
       extra = c(sqrt(ercomp(fit)$sigma2), rep(NA, length(names) - 2)),
       method = "plm random swar + vcovHC(arellano, sss); extra = residual sd, unit sd")
}
re("grunfeld_random", c("intercept", "value", "capital"), inv ~ value + capital, grunfeld, c("firm", "year"))
fit <- plm(inv ~ value + capital, grunfeld, index = c("firm", "year"), model = "random", random.method = "swar")
# CR2 is not unique where working variances differ: ours is that of the data on which they are 1.
x <- model.matrix(fit); y <- pmodel.response(fit)
club("grunfeld_random", c("intercept", "value", "capital"), lm(y ~ 0 + x), grunfeld$firm,
     method = "clubSandwich on lm of plm's quasi-demeaned data")
g3 <- subset(grunfeld, !(firm <= 3 & year < 1940) & !(firm == 9 & year %% 2 == 0))
re("grunfeld_random_unbalanced", c("intercept", "value", "capital"), inv ~ value + capital, g3, c("firm", "year"))
waves <- sprintf("wave[%d]", c(2021, 2023, 2025))
panel_terms <- c("intercept", waves, "federation", "support", "size_log")
re("panel_random", panel_terms, score ~ factor(wave) + federation + support + size_log, panel, c("unit", "wave"))
d <- panel
for (y in c(2021, 2023, 2025)) d[[paste0("w", y)]] <- as.numeric(d$wave == y)

# ---- random intercept, restricted maximum likelihood ----------------------------------------------------------
mixed <- function(model, names, formula, data) {
  fit <- lme4::lmer(formula, data, REML = TRUE, control = lme4::lmerControl(optCtrl = list(xtol_abs = 1e-12, ftol_abs = 1e-12)))
  sd <- as.data.frame(lme4::VarCorr(fit))$sdcor
  keep(model, "CR1", names, lme4::fixef(fit), vcovCR(fit, type = "CR1S"), extra = c(sd[2], sd[1], rep(NA, length(names) - 2)),
       method = "lme4 lmer + clubSandwich CR1S; extra = residual sd, unit sd")
}
mixed("grunfeld_mixed", c("intercept", "value", "capital"), inv ~ value + capital + (1 | firm), grunfeld)
mixed("grunfeld_mixed_unbalanced", c("intercept", "value", "capital"), inv ~ value + capital + (1 | firm), g3)
mixed("panel_mixed", panel_terms, score ~ factor(wave) + federation + support + size_log + (1 | unit), panel)

# ---- pooled and within: CR2, CR3, two ways ----------------------------------------------------------------
fit <- lm(score ~ factor(wave) + federation + support + size_log, panel)
club("panel_pooled", panel_terms, fit, panel$unit, method = "clubSandwich on lm")
club("panel_pooled_region", panel_terms, fit, panel$region, method = "clubSandwich on lm, 16 clusters")
two <- vcovCL(fit, cluster = panel[c("unit", "zone")], type = "HC1", cadjust = TRUE)
keep("panel_pooled", "two", panel_terms, coef(fit), two, method = "vcovCL(~ unit + zone, HC1, cadjust)")
panel$w <- panel$weight / mean(panel$weight)
x <- model.matrix(~ factor(wave) + federation + support + size_log, panel) * sqrt(panel$w)
y <- panel$score * sqrt(panel$w)
club("panel_pooled_weighted", panel_terms, lm(y ~ 0 + x), panel$unit, method = "clubSandwich on lm of weighted data")
m <- panel[ave(panel$wave, panel$unit, FUN = length) > 1, ]; m$unit <- droplevels(m$unit)
within_terms <- c(waves, "federation_within", "support_within")
fit <- plm(score ~ factor(wave) + federation + support, m, index = c("unit", "wave"), model = "within")
club("panel_within", within_terms, fit, m$unit, method = "clubSandwich on plm within", cr3 = FALSE)
jack("panel_within", within_terms, m, method = "plm within, refitted without each unit", estimate = function(data)
  coef(plm(score ~ factor(wave) + federation + support, data, index = c("unit", "wave"), model = "within")))
fit <- lm(score ~ factor(wave) + federation + support + unit, m)
two <- vcovCL(fit, cluster = m[c("unit", "zone")], type = "HC0", cadjust = TRUE) * (nrow(m) - 1) / (nrow(m) - 5)
keep("panel_within", "two", within_terms, coef(fit)[2:6], two[2:6, 2:6],
     method = "lm with unit dummies, vcovCL(~ unit + zone, HC0, cadjust) x (N-1)/(N-5)")
m$w <- m$weight / mean(m$weight)
x <- model.matrix(~ factor(wave) + federation + support + unit, m)[, -1] * sqrt(m$w)
y <- m$score * sqrt(m$w); one <- sqrt(m$w)
club("panel_within_weighted", within_terms, lm(y ~ 0 + x + one), m$unit, which = 1:5, cr3 = FALSE,
     method = "clubSandwich on lm of weighted data with unit dummies")
jack("panel_within_weighted", within_terms, m, method = "lm with unit dummies, refitted without each unit",
     estimate = function(data) coef(lm(score ~ factor(wave) + federation + support + unit, data, weights = w))[2:6])

# ---- differences ------------------------------------------------------------------------------------------
fit <- plm(inv ~ value + capital - 1, grunfeld, index = c("firm", "year"), model = "fd")
N <- 190
keep("grunfeld_first_difference", "CR1", c("value_within", "capital_within"), coef(fit),
     vcovHC(fit, method = "arellano", type = "HC0", cluster = "group") * 10 / 9 * (N - 1) / (N - 2),
     method = "plm fd without intercept + vcovHC(arellano, HC0) x G/(G-1) (N-1)/(N-K)")
cr1 <- function(fit, cluster) vcovCL(fit, cluster = cluster, type = "HC1", cadjust = TRUE)
m <- d[ave(d$wave, d$unit, FUN = length) > 1, ]; m <- m[order(m$unit, m$wave), ]
parts <- c("score", "w2021", "w2023", "w2025", "federation", "support")
first <- !duplicated(m$unit); last <- !duplicated(m$unit, fromLast = TRUE)
row <- seq_len(nrow(m))
for (kind in c("first_difference", "long_difference")) {
  later <- if (kind == "first_difference") row[!first] else row[last]
  earlier <- if (kind == "first_difference") later - 1 else row[first]
  change <- m[later, parts] - m[earlier, parts]
  for (weighted in c(FALSE, TRUE)) {
    change$w <- if (weighted) m$weight[later] else 1
    fit <- lm(score ~ 0 + w2021 + w2023 + w2025 + federation + support, change, weights = w)
    keep(paste0("panel_", kind, if (weighted) "_weighted" else ""), "CR1", within_terms, coef(fit),
         cr1(fit, as.character(m$unit[later])), method = "lm on differences by hand + vcovCL(HC1)")
  }
}

versions <- sapply(c("plm", "sandwich", "clubSandwich"), function(p) paste(p, packageVersion(p)))
digits <- function(x) ifelse(is.na(x), "", trimws(formatC(x, digits = 15, format = "g")))
results[] <- lapply(results, function(x) if (is.numeric(x)) digits(x) else x)
writeLines(c(paste0("# ", R.version.string, "; ", paste(versions, collapse = ", ")),
             paste(colnames(results), collapse = ",")), "reference.csv")
write.table(results, "reference.csv", append = TRUE, sep = ",", row.names = FALSE, col.names = FALSE,
            quote = which(colnames(results) %in% c("term", "method")))
