# Write reference.csv: what R says about panel.csv and ../wine.csv.
#
#   cd tests/known/models/ordinal && Rscript make_reference.R
#
# std_error says by its column `errors` what it is:
#   model    inverse of the information, as the R function gives it
#   cluster  sandwich of the scores of units, G/(G-1). R has none for these models; it is made here from numerical
#            derivatives (numDeriv) of log-likelihoods written out below, which share nothing with the package:
#            80 fixed nodes instead of adaptive ones, sets by combn.
suppressPackageStartupMessages({
  library(ordinal); library(survival); library(lme4); library(numDeriv); library(statmod); library(sandwich)
})
d <- read.csv("panel.csv", comment.char = "#", stringsAsFactors = TRUE)
d <- d[order(d$unit, d$wave), ]
wine <- read.csv("../wine.csv", stringsAsFactors = TRUE)
wine$rating <- factor(wine$rating, ordered = TRUE)
wine <- wine[order(wine$judge, wine$bottle), ]
d$rung <- factor(d$ladder, ordered = TRUE)
G <- function(x) length(unique(x))

results <- NULL
keep <- function(model, terms, estimate, variance, errors, n, g, loglik = NA, method) {
  message(format(Sys.time(), "%H:%M:%S "), model, " ", errors)
  results <<- rbind(results, data.frame(
    model = model, term = terms, estimate = as.numeric(estimate), std_error = sqrt(diag(as.matrix(variance))),
    errors = errors, n_rows = n, n_units = g, log_likelihood = loglik, method = method))
}

# ---- columns: deviations and means, waves split too (Wooldridge 2019) -----------------------------------
waves <- sapply(c(2019, 2021, 2023, 2025), function(y) as.numeric(d$wave == y))
varying <- cbind(waves, d$member, d$support)
means <- apply(varying, 2, function(x) ave(x, d$unit))
X <- cbind(varying - means, means, d$size_log, d$form == "mutual", d$form == "scop")
wave_names <- sprintf("wave[%d]", c(2019, 2021, 2023, 2025))
split_names <- c(wave_names, "member_within", "support_within", paste0(wave_names, "_between"),
                 "member_between", "support_between", "size_log", "form[mutual]", "form[scop]")
P <- cbind(waves, d$member, d$support, d$size_log)
plain_names <- c(wave_names, "member", "support", "size_log")
cuts <- sprintf("ladder[%d|%d]", 0:3, 1:4)

# ---- log-likelihood of each unit with a normal effect, 80 fixed nodes -------------------------------------
gauss <- gauss.quad.prob(80, "normal")
laws <- list(logit = plogis, probit = pnorm, loglog = function(x) exp(-exp(-x)))
units <- function(par, y, X, unit, law) {
  F <- laws[[law]]; top <- max(y)
  bounds <- c(-Inf, par[1:top], Inf)
  eta <- as.numeric(X %*% par[top + seq_len(ncol(X))]); sigma <- par[length(par)]
  total <- 0
  for (q in seq_along(gauss$nodes)) {
    at <- eta + sigma * gauss$nodes[q]
    logp <- log(F(bounds[y + 2] - at) - F(bounds[y + 1] - at))
    total <- total + gauss$weights[q] * exp(rowsum(logp, unit, reorder = FALSE)[, 1])
  }
  log(total)
}
args <- list()   # of numDeriv: size of its steps
clustered <- function(par, each, weight = 1) {
  S <- weight * jacobian(each, par, method.args = args)
  H <- hessian(function(p) sum(weight * each(p)), par, method.args = args)
  A <- solve(-H); g <- nrow(S)
  A %*% crossprod(S) %*% A * g / (g - 1)
}
# Climb from R's estimate to the optimum of the log-likelihood above (for weights, or where R stops early).
polish <- function(par, each, weight = 1) {
  f <- function(p) sum(weight * each(p))
  for (i in 1:4) par <- par - solve(hessian(f, par, method.args = args), grad(f, par, method.args = args))
  par
}

# ---- random-effects ordered models: clmm -----------------------------------------------------------------
control <- clmm.control(gradTol = 1e-6, maxIter = 500)
mixed <- function(name, X, names, link, weights = NULL) {
  fit <- clmm(rung ~ X + (1 | unit), data = list(rung = d$rung, X = X, unit = d$unit), link = link, nAGQ = 12,
              control = control)
  sigma <- as.numeric(fit$ST[[1]])
  est <- c(fit$alpha, fit$beta, sigma); V <- vcov(fit); k <- nrow(V)
  V[k, ] <- V[k, ] * sigma; V[, k] <- V[, k] * sigma
  keep(name, c(cuts, names, "sigma"), est, V, "model", nrow(d), G(d$unit), as.numeric(logLik(fit)),
       paste0("ordinal::clmm(link = ", link, ", nAGQ = 12)"))
  each <- function(p) units(p, d$ladder, X, d$unit, link)
  best <- polish(est, each)
  keep(name, c(cuts, names, "sigma"), best, clustered(best, each), "cluster", nrow(d), G(d$unit), sum(each(best)),
       "80 fixed nodes, numDeriv, from clmm's estimate")
  best
}
best <- mixed("re_ordered_logit", X, split_names, "logit")
invisible(mixed("re_ordered_probit", P, plain_names, "probit"))
# clmm(link = "loglog") loses its way here (update.uC: iteration limit), so only the log-likelihood above is maximised.
each <- function(p) units(p, d$ladder, P, d$unit, "loglog")
fit <- clm(rung ~ P, data = list(rung = d$rung, P = P), link = "loglog")
best_loglog <- optim(c(coef(fit), 0.8), function(p) -sum(each(p)), method = "BFGS", control = list(maxit = 500))$par
best_loglog <- polish(best_loglog, each)
keep("re_cloglog", c(cuts, plain_names, "sigma"), best_loglog, clustered(best_loglog, each), "cluster", nrow(d),
     G(d$unit), sum(each(best_loglog)), "optim and Newton on 80 fixed nodes, numDeriv")

w <- tapply(d$weight, d$unit, mean)[unique(as.character(d$unit))]
w <- as.numeric(w / mean(w[as.character(d$unit)]))   # mean 1 over rows, as the package scales weights
each <- function(p) units(p, d$ladder, X, d$unit, "logit")
best <- polish(best, each, w)
keep("re_ordered_logit_weighted", c(cuts, split_names, "sigma"), best, clustered(best, each, w), "cluster", nrow(d),
     G(d$unit), sum(w * each(best)), "80 fixed nodes, numDeriv, weighted")

# ---- two rungs: glmer --------------------------------------------------------------------------------------
binary <- function(name, link, own) {
  fit <- glmer(adopted ~ P + (1 | unit), data = list(adopted = d$adopted, P = P, unit = d$unit), nAGQ = 12,
               family = binomial(link), control = glmerControl(optimizer = "bobyqa", optCtrl = list(maxfun = 1e5)))
  est <- c(-fixef(fit)[1], fixef(fit)[-1], getME(fit, "theta"))
  names <- c("adopted[0|1]", plain_names, "sigma")
  each <- function(p) units(p, d$adopted, P, d$unit, own)
  keep(name, names[-9], est[-9], vcov(fit), "model", nrow(d), G(d$unit), as.numeric(logLik(fit)),
       paste0("lme4::glmer(binomial(", link, "), nAGQ = 12)"))
  best <- polish(est, each)
  keep(name, names, best, clustered(best, each), "cluster", nrow(d), G(d$unit), sum(each(best)),
       "80 fixed nodes, numDeriv, from glmer's estimate")
}
binary("re_logit", "logit", "logit")
binary("re_cloglog_binary", "cloglog", "loglog")

# ---- pooled probit and cloglog: clm ---------------------------------------------------------------------------
for (link in c("probit", "loglog")) {
  fit <- clm(rung ~ P, data = list(rung = d$rung, P = P), link = link, control = clm.control(gradTol = 1e-12, maxIter = 200))
  each <- function(p) units(c(p, 0), d$ladder, P, d$unit, link)   # no effect: rows of a unit add up
  keep(paste0("pooled_", link), c(cuts, plain_names), coef(fit), clustered(coef(fit), each), "cluster",
       nrow(d), G(d$unit), as.numeric(logLik(fit)), paste0("ordinal::clm(link = ", link, ") + numDeriv sandwich"))
}

# ---- fixed effects: clogit on the data, and on the blown-up data ----------------------------------------------
sets_loglik <- function(par, y, X, stratum) {
  eta <- as.numeric(X %*% par)
  sapply(split(seq_along(y), stratum), function(i) {
    k <- sum(y[i])
    if (k == 0 || k == length(i)) return(0)
    sum(eta[i][y[i] == 1]) - log(sum(exp(combn(length(i), k, function(s) sum(eta[i][s])))))
  })
}
F <- cbind(waves, d$member, d$support)
fixed_names <- c(wave_names, "member_within", "support_within")
moves <- function(y, unit) ave(y, unit, FUN = function(v) max(v) - min(v)) > 0
fixed <- function(name, y, cuts) {
  use <- moves(y, d$unit); y <- y[use]; X <- F[use, ]; unit <- droplevels(d$unit[use])
  blown <- do.call(rbind, lapply(cuts, function(c) data.frame(high = as.numeric(y > c), id = paste(unit, c), i = seq_along(y))))
  fit <- clogit(blown$high ~ X[blown$i, ] + strata(blown$id), method = "exact", control = coxph.control(eps = 1e-10, toler.chol = 1e-12, iter.max = 50))
  each <- function(p) Reduce(`+`, lapply(cuts, function(c) sets_loglik(p, as.numeric(y > c), X, unit)))
  keep(name, fixed_names, coef(fit), vcov(fit), "model", length(y), G(unit), fit$loglik[2], "survival::clogit(method = exact)")
  keep(name, fixed_names, coef(fit), clustered(as.numeric(coef(fit)), each), "cluster", length(y), G(unit),
       fit$loglik[2], "clogit's estimate; sets by combn, numDeriv sandwich")
}
fixed("conditional_logit", d$adopted, 0)
fixed("feologit_buc", d$ladder, 0:3)

# ---- wine: the published example of ordinal ----------------------------------------------------------------------
fit <- clmm(rating ~ temp + contact + (1 | judge), data = wine, nAGQ = 10, control = control)
sigma <- as.numeric(fit$ST[[1]]); V <- vcov(fit); k <- nrow(V); V[k, ] <- V[k, ] * sigma; V[, k] <- V[, k] * sigma
keep("wine", c(sprintf("rating[%d|%d]", 1:4, 2:5), "temp[warm]", "contact[yes]", "sigma"),
     c(fit$alpha, fit$beta, sigma), V, "model", 72, 9, as.numeric(logLik(fit)), "ordinal::clmm(nAGQ = 10)")

# ---- marginal effects of member: integrated over the effect, by the definition -------------------------------------
rows <- function(par, y_top, X, law) {   # mean probability of each rung
  F <- laws[[law]]; eta <- as.numeric(X %*% par[y_top + seq_len(ncol(X))]); sigma <- par[length(par)]
  C <- sapply(seq_len(y_top), function(j) sum(gauss$weights * sapply(gauss$nodes, function(u) mean(F(par[j] - eta - sigma * u)))))
  diff(c(0, C, 1))
}
effect <- function(name, model, X, names, law, column, shift) {
  r <- results[results$model == model & results$errors == "cluster", ]
  par <- r$estimate; V <- covariances[[model]]
  high <- low <- X; high[, column] <- high[, column] + 1 - shift; low[, column] <- low[, column] - shift
  f <- function(p) 100 * (rows(p, 4, high, law) - rows(p, 4, low, law))
  J <- jacobian(f, par)
  keep(name, as.character(0:4), f(par), J %*% V %*% t(J), "cluster", nrow(d), G(d$unit), NA, "means over rows, 80 nodes, numDeriv delta method")
  k <- which(names == "size_log"); h <- 1e-4
  up <- down <- X; up[, k] <- up[, k] + h; down[, k] <- down[, k] - h
  f <- function(p) 100 * (rows(p, 4, up, law) - rows(p, 4, down, law)) / (2 * h)
  J <- jacobian(f, par)
  keep(paste0(name, "_slope"), as.character(0:4), f(par), J %*% V %*% t(J), "cluster", nrow(d), G(d$unit), NA, "same, central differences by size_log")
}
covariances <- list(
  re_ordered_logit = local({ r <- results[results$model == "re_ordered_logit" & results$errors == "cluster", ]
    clustered(r$estimate, function(p) units(p, d$ladder, X, d$unit, "logit")) }),
  re_cloglog = local({ r <- results[results$model == "re_cloglog" & results$errors == "cluster", ]
    clustered(r$estimate, function(p) units(p, d$ladder, P, d$unit, "loglog")) }))
effect("ame_re_ordered_logit", "re_ordered_logit", X, split_names, "logit", 5, d$member)
effect("ame_re_cloglog", "re_cloglog", P, plain_names, "loglog", 5, d$member)

# ---- proportional odds: clm with nominal effects (generalised ordered logit), and the score test by hand --------------
data <- list(rung = d$rung, P = P)
args <- list(d = 5e-3)   # larger steps would make curves cross
fit <- clm(rung ~ 1, nominal = ~ P, data = data, control = clm.control(gradTol = 1e-12, maxIter = 200))
general <- function(par, rows = FALSE) {   # thresholds, then slopes cut by cut
  B <- matrix(par[-(1:4)], ncol = 4)
  C <- cbind(0, sapply(1:4, function(j) plogis(par[j] - P %*% B[, j])), 1)
  logp <- log(C[cbind(seq_along(d$ladder), d$ladder + 2)] - C[cbind(seq_along(d$ladder), d$ladder + 1)])
  rowsum(logp, d$unit, reorder = FALSE)[, 1]
}
A <- matrix(fit$alpha, nrow = 4)   # cut x (intercept, nominal effects); clm adds where we subtract
par <- polish(c(A[, 1], -as.vector(t(A[, -1]))), general)
terms <- c(cuts, as.vector(outer(plain_names, sprintf("%d|%d", 0:3, 1:4), function(t, c) paste(t, c, sep = " @ "))))
V <- clustered(par, general)
keep("generalised_ordered_logit", terms, par, V, "cluster", nrow(d), G(d$unit), as.numeric(logLik(fit)),
     "ordinal::clm(nominal = ~ .) + numDeriv sandwich")
p <- length(plain_names)
R <- cbind(matrix(0, 3 * p, 4), do.call(rbind, lapply(1:3, function(j) { M <- matrix(0, p, 4 * p); M[, 1:p] <- -diag(p); M[, j * p + 1:p] <- diag(p); M })))
asked <- rep(plain_names %in% c("member", "support", "size_log"), 3)   # waves are free
R <- R[asked, ]
wald <- as.numeric(t(R %*% par) %*% solve(R %*% V %*% t(R), R %*% par))
fit <- clm(rung ~ P, data = data, control = clm.control(gradTol = 1e-12, maxIter = 200))
null <- c(fit$alpha, rep(fit$beta, 4))
S <- jacobian(general, null, method.args = args); H <- -hessian(function(q) sum(general(q)), null, method.args = args)
M <- solve(H); s <- colSums(S); g <- nrow(S)
# generalised score statistic (Boos 1992): the score, through R, against its own clustered variance
D <- R %*% M; B <- crossprod(S) * g / (g - 1)
score <- as.numeric(t(D %*% s) %*% solve(D %*% B %*% t(D), D %*% s))
tests <- data.frame(model = c("proportional_odds_score", "proportional_odds_wald"), statistic = c(score, wald), df = nrow(R))

versions <- sapply(c("ordinal", "survival", "lme4", "numDeriv", "statmod"), function(p) paste(p, packageVersion(p)))
header <- paste0("# ", R.version.string, "; ", paste(versions, collapse = ", "))
digits <- function(x) ifelse(is.na(x), "", trimws(formatC(x, digits = 12, format = "g")))
put <- function(frame, path) {
  text <- which(sapply(frame, is.character)); frame[] <- lapply(frame, function(x) if (is.numeric(x)) digits(x) else x)
  writeLines(c(header, paste(colnames(frame), collapse = ",")), path)
  write.table(frame, path, append = TRUE, sep = ",", row.names = FALSE, col.names = FALSE, quote = text)
}
put(results, "reference.csv")
put(tests, "reference_tests.csv")
