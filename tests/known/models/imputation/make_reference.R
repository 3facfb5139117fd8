# Reference for Rubin's rules and for imputation on the nhanes example, by R's mice (Debian: apt-get install r-cran-mice).
# Run in this folder: Rscript make_reference.R
suppressMessages(library(mice))
full <- function(x) format(x, digits = 17, scientific = TRUE, trim = TRUE)
write <- function(frame, file) write.csv(frame, file, row.names = FALSE, quote = FALSE)

write(nhanes, "nhanes.csv")
imputed <- mice(nhanes, m = 5, seed = 20211, printFlag = FALSE)
sets <- complete(imputed, "long")
write(sets[, c(".imp", ".id", "age", "bmi", "hyp", "chl")], "nhanes_sets.csv")

fits <- with(imputed, lm(chl ~ age + bmi + hyp))
each <- do.call(rbind, lapply(seq_along(fits$analyses), function(i) {
  s <- summary(fits$analyses[[i]])$coefficients
  data.frame(imputation = i, term = rownames(s), estimate = full(s[, 1]), std_error = full(s[, 2]))
}))
write(each, "nhanes_fits.csv")
told <- pool(fits)$pooled
write(data.frame(term = told$term, estimate = full(told$estimate), ubar = full(told$ubar), b = full(told$b), t = full(told$t),
  dfcom = told$dfcom, df = full(told$df), riv = full(told$riv), lambda = full(told$lambda), fmi = full(told$fmi)), "nhanes_pooled.csv")
large <- pool(fits, dfcom = Inf)$pooled
write(data.frame(term = large$term, df = full(large$df), fmi = full(large$fmi)), "nhanes_pooled_large.csv")

# What mice expects of the missing cells of nhanes: mean and sd of the imputed values over many imputations, by variable
many <- function(method, seed) {
  x <- mice(nhanes, m = 400, maxit = 10, method = method, seed = seed, printFlag = FALSE)
  do.call(rbind, lapply(c("bmi", "hyp", "chl"), function(v) {
    values <- unlist(x$imp[[v]])
    data.frame(method = method, variable = v, mean = full(mean(values)), sd = full(sd(values)))
  }))
}
write(rbind(many("norm", 1), many("pmm", 2)), "nhanes_draws.csv")
binary <- nhanes; binary$hyp <- factor(binary$hyp)
x <- mice(binary, m = 400, maxit = 10, method = c("", "norm", "logreg", "norm"), seed = 3, printFlag = FALSE)
write(data.frame(variable = "hyp", share = full(mean(unlist(x$imp$hyp) == "2"))), "nhanes_logreg.csv")
