# Inverse-probability-weighted regression of the second wave, errors by stacked estimating equations, written out with
# base R alone: glm for who answers, lm with weights, and the sandwich of both systems. Run in this folder.
d <- read.csv("panel.csv")
g <- glm(stays ~ y1 + z, family = binomial, data = d, control = list(epsilon = 1e-14, maxit = 100))
p <- fitted(g); s <- d$stays == 1
w <- 1 / p
m <- lm(y2 ~ x + z, data = d[s, ], weights = w[s])
X <- model.matrix(m); e <- d$y2[s] - drop(X %*% coef(m)); Z <- model.matrix(g)
psi <- matrix(0, nrow(d), ncol(X)); psi[s, ] <- X * (w[s] * e)
score <- Z * (d$stays - p)
H <- crossprod(Z * (p * (1 - p)), Z)
J <- t(X * e) %*% (-((1 - p) / p)[s] * Z[s, ])          # derivative of the sum of psi by the coefficients of the logit
A <- crossprod(X * w[s], X)
known <- solve(A) %*% crossprod(psi) %*% solve(A)
both <- psi + score %*% solve(H) %*% t(J)
stacked <- solve(A) %*% crossprod(both) %*% solve(A)
full <- function(x) format(x, digits = 17, scientific = TRUE, trim = TRUE)
write.csv(data.frame(term = names(coef(m)), estimate = full(coef(m)), known = full(sqrt(diag(known))),
  stacked = full(sqrt(diag(stacked)))), "reference.csv", row.names = FALSE, quote = FALSE)
write.csv(data.frame(term = names(coef(g)), estimate = full(coef(g))), "reference_logit.csv", row.names = FALSE, quote = FALSE)
