# Golden tables of lme4, lmerTest and limma; run in this folder by `Rscript golden.R`.
suppressMessages({library(lme4); library(lmerTest); library(limma)})
samples <- read.delim("samples.tsv", stringsAsFactors = FALSE)
samples$phase <- factor(samples$phase, levels = c("baseline", "progression", "response"))
values <- as.matrix(read.delim("values.tsv", row.names = 1))
weights <- as.matrix(read.delim("weights.tsv", row.names = 1))
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10), check.conv.singular = "ignore")
rows <- list()
for (gene in rownames(values)) for (weighted in c(FALSE, TRUE)) {
  data <- cbind(samples, y = values[gene, ], w = if (weighted) weights[gene, ] else 1)
  fit <- suppressWarnings(lmerTest::lmer(y ~ phase + (1 | patient), data, weights = w, REML = TRUE, control = tight))
  table <- coef(summary(fit))
  for (name in rownames(table)) rows[[length(rows) + 1]] <- data.frame(
    feature = gene, weighted = weighted, coefficient = name, estimate = table[name, 1], error = table[name, 2],
    freedom = table[name, 3], p = table[name, 5], sigma = sigma(fit), theta = getME(fit, "theta")[[1]])
}
write.table(format(do.call(rbind, rows), digits = 12), "lmer.tsv", sep = "\t", quote = FALSE, row.names = FALSE)

many <- read.delim("many.tsv")
plain <- squeezeVar(many$variance, many$freedom)
trend <- squeezeVar(many$variance, many$freedom, covariate = many$level)
write.table(format(data.frame(
  posterior = plain$var.post, posterior_trend = trend$var.post, prior_trend = trend$var.prior,
  prior_freedom = plain$df.prior, prior_freedom_trend = trend$df.prior), digits = 12),
  "limma.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
writeLines(c(R.version.string, paste(c("lme4", "lmerTest", "limma"),
  sapply(c("lme4", "lmerTest", "limma"), function(p) as.character(packageVersion(p))))), "versions.txt")
