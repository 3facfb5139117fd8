# Shrout & Fleiss (1979), table 2: six targets, four judges. Run: Rscript shrout_fleiss.R > shrout_fleiss.csv (psych 2.2.9).
# Coefficients as printed in their table 4: .17 .29 .71 .44 .62 .91. And unequal groups: ICC(1) by lme4-free analysis of variance.
suppressPackageStartupMessages(library(psych))
x <- matrix(c(9, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7), ncol = 4, byrow = TRUE)
r <- ICC(x, lmer = FALSE)$results
names <- c("ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,4)", "ICC(2,4)", "ICC(3,4)")
printed <- c(.17, .29, .71, .44, .62, .91)
d <- data.frame(name = names, printed = printed, value = r$ICC, low = r$`lower bound`, high = r$`upper bound`)
u <- data.frame(y = c(3, 4, 5, 7, 8, 2, 2, 3, 6, 5, 9), g = factor(c(1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 4)))
a <- anova(lm(y ~ g, u)); k <- table(u$g); k0 <- (sum(k) - sum(k^2) / sum(k)) / (length(k) - 1)
f <- a$`F value`[1]; lo <- f / qf(.975, a$Df[1], a$Df[2]); hi <- f * qf(.975, a$Df[2], a$Df[1])
one <- function(f) (f - 1) / (f + k0 - 1)
d <- rbind(d, data.frame(name = "unequal ICC(1)", printed = NA, value = one(f), low = one(lo), high = one(hi)))
write.csv(format(d, digits = 12, trim = TRUE), row.names = FALSE, quote = 1)
