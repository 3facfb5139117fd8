# Frequencies, mean ranks, cuts and zones of a published prototypical analysis, from its authors' public data.
# Source: Becerra, G. and Lopez-Alurralde, J. P. (2021), Representaciones sociales del big data y la inteligencia
# artificial. Una exploracion estructural, Cultura y Representaciones Sociales 16(31), and the article's public data
# (repository gastonbecerra/trs-estructural, file data/terminos.csv, read 2026-11-24; the data stay there).
# The article's rule: words said at least 5 times; both cuts are means over the words kept; low rank = early.
# Rscript make_reference.R terminos.csv > reference.csv
terms <- read.csv(commandArgs(TRUE)[1], stringsAsFactors = FALSE, encoding = "UTF-8")
terms <- terms[!is.na(terms$estimulo) & terms$estimulo == "Big data", ]
n <- tapply(terms$orden, terms$palabra, length)
rank <- tapply(terms$orden, terms$palabra, mean)
kept <- n >= 5
n <- n[kept]; rank <- rank[kept]
frequency_cut <- mean(n); rank_cut <- mean(rank)
zone <- ifelse(n >= frequency_cut, ifelse(rank < rank_cut, "core", "first_periphery"),
               ifelse(rank < rank_cut, "contrast", "second_periphery"))
out <- data.frame(lemma = names(n), n = as.integer(n), rank = sprintf("%.12f", rank), zone = zone,
                  frequency_cut = sprintf("%.12f", frequency_cut), rank_cut = sprintf("%.12f", rank_cut))
write.csv(out[order(-out$n, out$lemma), ], row.names = FALSE, quote = FALSE)
