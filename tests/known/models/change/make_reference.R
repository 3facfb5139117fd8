# Write reference.csv: what R says about panel.csv.
#
#   cd tests/known/models/change && Rscript make_reference.R
#
# std_error: clustered by unit, times sqrt(G/(G-1)), unless `errors` says otherwise.
suppressPackageStartupMessages({
  library(sandwich); library(geepack); library(lme4); library(numDeriv); library(MASS)
})
d <- read.csv("panel.csv", comment.char = "#", stringsAsFactors = FALSE)
d <- d[order(d$unit, d$wave), ]
results <- NULL
keep <- function(model, terms, estimate, variance, n, g, loglik = NA, errors = "cluster") {
  results <<- rbind(results, data.frame(model = model, term = terms, estimate = as.numeric(estimate),
    std_error = if (is.null(variance)) NA else sqrt(diag(as.matrix(variance))), errors = errors, n_rows = n,
    n_units = g, log_likelihood = loglik))
}
G <- function(x) length(unique(x))

# ---- fractional response: deviations and means (waves split too) over the rows with a score -------------------
s <- d[!is.na(d$score), ]
waves <- sapply(c(2019, 2021, 2023, 2025), function(y) as.numeric(s$wave == y))
varying <- cbind(waves, s$member, s$support)
means <- apply(varying, 2, function(x) ave(x, s$unit))
X <- cbind(varying - means, means, s$size_log)
wave_names <- sprintf("wave[%d]", c(2019, 2021, 2023, 2025))
cre_names <- c("intercept", wave_names, "member_within", "support_within", paste0(wave_names, "_between"),
               "member_between", "support_between", "size_log")
P <- cbind(waves, s$member, s$support, s$size_log)
plain <- c("intercept", wave_names, "member", "support", "size_log")
for (law in c("logit", "probit")) for (w in c("", "weighted")) {
  wt <- if (w == "") rep(1, nrow(s)) else s$weight
  f <- glm(s$score ~ P, family = quasibinomial(law), weights = wt, control = glm.control(epsilon = 1e-14, maxit = 100))
  keep(paste("fractional", law, w), plain, coef(f), vcovCL(f, s$unit, type = "HC0", cadjust = TRUE), nrow(s), G(s$unit))
}
f <- glm(s$score ~ X, family = quasibinomial("probit"), control = glm.control(epsilon = 1e-14, maxit = 100))
V <- vcovCL(f, s$unit, type = "HC0", cadjust = TRUE)
keep("fractional probit cre", cre_names, coef(f), V, nrow(s), G(s$unit))
# average marginal effect of member, its mean held: everybody from 0 to 1
move <- function(b, to) { Z <- cbind(1, X); Z[, 6] <- to - means[, 5]; mean(pnorm(Z %*% b)) }
ame <- function(b) 100 * (move(b, 1) - move(b, 0))
J <- jacobian(ame, coef(f))
keep("fractional probit cre", "AME member", ame(coef(f)), J %*% V %*% t(J), nrow(s), G(s$unit))

# ---- GEE, exchangeable ------------------------------------------------------------------------------------
gee <- function(name, y, Z, frame, law, wt, terms) {
  frame$y <- y; frame$id <- as.integer(factor(frame$unit)); frame$wt <- wt
  f <- suppressWarnings(geeglm(y ~ Z, id = id, data = frame, family = binomial(law), weights = wt, corstr = "exchangeable",
                               control = geese.control(epsilon = 1e-12, maxit = 200)))
  g <- G(frame$unit)
  keep(name, terms, coef(f), f$geese$vbeta * g / (g - 1), nrow(frame), g)
  keep(name, c("alpha", "scale"), c(f$geese$alpha, f$geese$gamma), NULL, nrow(frame), g)
}
one <- rep(1, nrow(s))
gee("gee logit score", s$score, P, s, "logit", one, plain)
# weights are of units: each unit is repeated that often (geepack's own weights enter the moments of alpha otherwise)
often <- round(2 * s$weight)
again <- do.call(rbind, lapply(1:max(often), function(k) { r <- which(often >= k); data.frame(r = r, k = rep(k, length(r))) }))
again <- again[order(s$unit[again$r], again$k, again$r), ]
twice <- s[again$r, ]; twice$unit <- paste(twice$unit, again$k)
gee("gee logit score repeated", twice$score, P[again$r, ], twice, "logit", rep(1, nrow(twice)), plain)
gee("gee probit score", s$score, P, s, "probit", one, plain)
Q <- cbind(sapply(c(2019, 2021, 2023, 2025), function(y) as.numeric(d$wave == y)), d$member, d$support, d$size_log)
gee("gee logit adopted", d$adopted, Q, d, "logit", rep(1, nrow(d)), plain)

# ---- hazards: rows at risk made here, by a loop -------------------------------------------------------------
place <- match(d$wave, sort(unique(d$wave)))
at_risk <- function(state, ends) {
  out <- NULL
  for (u in unique(d$unit)) {
    r <- which(d$unit == u)
    if (ends) { if (!any(state[r] == 1)) next; r <- r[which(state[r] == 1)[1]:length(r)] }
    now <- if (ends) 1 - state[r] else state[r]
    if (now[1] == 1) next
    k <- 0
    for (j in seq_along(r)[-1]) {
      if (place[r[j]] != place[r[j - 1]] + 1) break
      k <- k + 1
      out <- rbind(out, data.frame(d[r[j], ], event = now[j], duration = k))
      if (now[j] == 1) break
    }
  }
  out
}
for (ends in c(FALSE, TRUE)) {
  h <- at_risk(d$adopted, ends)
  label <- if (ends) "ends" else "begins"
  f <- glm(event ~ factor(wave) + member + support + size_log, binomial("cloglog"), h,
           control = glm.control(epsilon = 1e-14, maxit = 100))
  terms <- c("threshold", sprintf("wave[%s]", sort(unique(h$wave))[-1]), "member", "support", "size_log")
  # Newton's bread, from the observed information, as the package
  X1 <- model.matrix(f)
  row <- function(b) { e <- exp(X1 %*% b); ifelse(h$event == 1, log(-expm1(-e)), -e) }
  cluster <- function(b, each, id) {
    S <- rowsum(jacobian(each, b), id, reorder = FALSE); A <- solve(-hessian(function(p) sum(each(p)), b))
    A %*% crossprod(S) %*% A * nrow(S) / (nrow(S) - 1)
  }
  keep(paste("hazard", label), terms, coef(f), cluster(coef(f), row, h$unit), nrow(h), G(h$unit), logLik(f))
  m <- glmer(event ~ factor(wave) + member + support + size_log + (1 | unit), h, binomial("cloglog"), nAGQ = 15,
             control = glmerControl(optimizer = "bobyqa", optCtrl = list(maxfun = 1e5, rhoend = 1e-9)))
  keep(paste("hazard normal", label), c(terms, "sigma"), c(fixef(m), sqrt(VarCorr(m)$unit[1])), NULL, nrow(h),
       G(h$unit), logLik(m), "none")
  u <- match(h$unit, unique(h$unit)); size <- max(u)
  gamma <- function(p) {
    e <- exp(X1 %*% p[-length(p)]); v <- exp(p[length(p)])
    all <- tapply(e, u, sum); before <- tapply(e * (1 - h$event), u, sum); dead <- tapply(h$event, u, max)
    S <- function(H) (1 + v * H)^(-1 / v)
    as.numeric(ifelse(dead == 1, log(S(before) - S(all)), log(S(all))))
  }
  o <- optim(c(coef(f), log(0.5)), function(p) -sum(gamma(p)), method = "BFGS", control = list(reltol = 1e-15, maxit = 1000))
  for (step in 1:3) o$par <- o$par - solve(hessian(function(p) sum(gamma(p)), o$par), grad(function(p) sum(gamma(p)), o$par))
  V <- cluster(o$par, gamma, seq_len(size))
  b <- o$par; k <- length(b); b[k] <- exp(b[k]); D <- diag(k); D[k, k] <- b[k]
  keep(paste("hazard gamma", label), c(terms, "frailty_variance"), b, D %*% V %*% D, nrow(h), size, sum(gamma(o$par)))
}

# ---- transitions: polr on the pairs from each origin, and with the origin and its products --------------------
pairs <- NULL
for (i in 2:nrow(d)) if (d$unit[i] == d$unit[i - 1] && place[i] == place[i - 1] + 1)
  pairs <- rbind(pairs, data.frame(d[i, ], from = d$ladder[i - 1]))
pairs$rung <- factor(pairs$ladder, ordered = TRUE)
ordered <- function(name, formula, frame) {
  f <- polr(formula, frame, Hess = TRUE, control = list(reltol = 1e-15, maxit = 1000))
  keep(name, names(c(coef(f), f$zeta)), c(coef(f), f$zeta), vcovCL(f, frame$unit, type = "HC0", cadjust = TRUE), nrow(frame),
       G(frame$unit), logLik(f))
}
for (r in sort(unique(pairs$from)))
  ordered(paste("transition from", r), rung ~ member + size_log, transform(pairs[pairs$from == r, ], rung = factor(rung)))
pairs$origin <- factor(pairs$from)
ordered("transition pooled", rung ~ member * origin + size_log, pairs)
for (r in sort(unique(pairs$from))) for (t in sort(unique(pairs$ladder))) {
  own <- pairs[pairs$from == r, ]; own$hit <- as.numeric(own$ladder == t)
  f <- lm(hit ~ 1, own)
  keep("transition table", paste(r, t), coef(f), vcovCL(f, own$unit, type = "HC0", cadjust = TRUE), nrow(own), G(own$unit))
}

# ---- Lee bounds: Lee (2009), Proposition 3 and the text after it, written out; one wave ---------------------------
lee <- function(y, S, D) {
  q1 <- mean(S[D == 1]); q0 <- mean(S[D == 0]); flip <- q1 < q0
  if (flip) { D <- 1 - D; a <- q1; q1 <- q0; q0 <- a }
  p <- 1 - q0 / q1; y1 <- sort(y[S == 1 & D == 1]); n1 <- length(y1); y0 <- y[S == 1 & D == 0]
  part <- function(y1) {          # the lowest share 1-p, the observation at the cut in part
    k <- (1 - p) * n1; w <- pmin(1, pmax(0, k - (0:(n1 - 1)))); m <- sum(w * y1) / k; c <- y1[ceiling(k - 1e-9)]
    v <- sum(w * (y1 - m)^2) / k                                     # variance among those kept
    list(m = m, c = c, v = v, w = w)
  }
  var0 <- mean((y0 - mean(y0))^2); N <- length(S); ESD <- mean(S * D); ES0 <- mean(S * (1 - D)); ED <- mean(D)
  Vp <- (1 - p)^2 * ((1 - q0 / (1 - p)) / (ED * q0 / (1 - p)) + (1 - q0) / ((1 - ED) * q0))
  bound <- function(y1, y0sign) {
    t <- part(y1)
    V <- t$v / (ESD * (1 - p)) + (t$c - t$m)^2 * p / (ESD * (1 - p)) + ((t$c - t$m) / (1 - p))^2 * Vp + var0 / ES0
    c(t$m, sqrt(V / N))
  }
  low <- bound(y1); high <- bound(sort(-y1)); sign <- if (flip) -1 else 1
  ends <- rbind(c(low[1] - mean(y0), low[2]), c(-high[1] - mean(y0), high[2]))
  if (flip) ends <- cbind(-ends[2:1, 1], ends[2:1, 2])
  list(ends = ends, p = p)
}
w <- d[d$wave == 2023, ]; w$S <- w$adopted
for (flip in c(FALSE, TRUE)) {
  D <- if (flip) 1 - w$member else w$member
  b <- lee(w$score, w$S, D); N <- nrow(w)
  keep(paste("lee", if (flip) "reversed" else ""), c("lower", "upper"), b$ends[, 1], diag(b$ends[, 2]^2 * N / (N - 1)), N, N)
  keep(paste("lee", if (flip) "reversed" else ""), "trimmed", b$p, NULL, N, N)
}
# all waves, cells of form: weighted bounds, errors from numerical derivatives by the weight of each row, summed by unit
weighted <- function(wt, frame) {
  masses <- NULL
  for (c in sort(unique(frame$form))) {
    f <- frame$form == c; D <- frame$member; S <- frame$adopted
    a <- sapply(0:1, function(g) sum(wt * S * (f & D == g)) / sum(wt * (f & D == g)))
    more <- as.numeric(a[2] >= a[1]); r <- min(a) / max(a)
    own <- which(f & S == 1 & D == more); oth <- which(f & S == 1 & D != more)
    m0 <- sum(wt[oth] * frame$score[oth]) / sum(wt[oth])
    trim <- function(y, ww) { o <- order(y); y <- y[o]; ww <- ww[o]; k <- r * sum(ww); before <- cumsum(ww) - ww
      kept <- pmin(1, pmax(0, (k - before) / ww)); sum(ww * kept * y) / k }
    lo <- trim(frame$score[own], wt[own]); hi <- -trim(-frame$score[own], wt[own])
    e <- if (more == 1) c(lo, hi) - m0 else m0 - c(hi, lo)
    masses <- rbind(masses, c(sum(wt[f]) / sum(wt) * min(a), e))
  }
  colSums(masses[, 1] * masses[, 2:3]) / sum(masses[, 1])
}
for (which_weight in c("", "weighted")) {
  wt <- if (which_weight == "") rep(1, nrow(d)) else d$weight / mean(d$weight)
  b <- weighted(wt, d); eps <- 1e-6
  psi <- t(sapply(seq_along(wt), function(i) { v <- wt; v[i] <- v[i] * (1 + eps); (weighted(v, d) - b) / eps }))
  sums <- rowsum(psi, d$unit); g <- nrow(sums)
  keep(paste("lee cells", which_weight), c("lower", "upper"), b, crossprod(sums) * g / (g - 1), nrow(d), g)
}

con <- file("reference.csv", "w")
writeLines(paste("#", R.version.string, paste(sprintf("; %s %s", c("sandwich", "geepack", "lme4", "MASS", "numDeriv"),
  sapply(c("sandwich", "geepack", "lme4", "MASS", "numDeriv"), function(p) as.character(packageVersion(p)))), collapse = "")), con)
results$model <- trimws(results$model)
for (column in c("estimate", "std_error", "log_likelihood")) results[[column]] <- signif(results[[column]], 12)
write.csv(results, con, row.names = FALSE, na = "")
close(con)
