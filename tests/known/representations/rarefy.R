# Expected number of different words in a draw of m (Hurlbert 1971), by vegan::rarefy.
library(vegan)
said <- c(30, 22, 17, 9, 9, 5, 3, 1, 1, 1)
sizes <- c(1, 5, 20, 50, 97, 98)
out <- data.frame(size = sizes, types = sapply(sizes, function(m) rarefy(said, m)))
write.csv(out, "rarefy.csv", row.names = FALSE)
