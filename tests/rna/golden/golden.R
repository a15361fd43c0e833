# Golden table of DESeq2, run in this folder by `Rscript golden.R`: size factors, and Wald tests of two designs.
suppressMessages(library(DESeq2))
counts <- as.matrix(read.delim("counts.tsv", row.names = 1, check.names = FALSE))
samples <- data.frame(patient = factor(sub("-.*", "", colnames(counts))),
                      phase = factor(sub(".*-", "", colnames(counts)), levels = c("early", "late")),
                      row.names = colnames(counts))
tests <- function(design) {
  data <- suppressMessages(DESeq(DESeqDataSetFromMatrix(counts, samples, design), quiet = TRUE))
  found <- results(data, contrast = c("phase", "late", "early"))
  data.frame(gene = rownames(found), change = found$log2FoldChange, error = found$lfcSE, p = found$pvalue,
             dispersion = dispersions(data))
}
paired <- tests(~ patient + phase)
plain <- tests(~ phase)
write.table(format(data.frame(paired, plain = plain[-1]), digits = 6), "deseq2.tsv", sep = "\t", quote = FALSE,
            row.names = FALSE)
sizes <- sizeFactors(estimateSizeFactors(DESeqDataSetFromMatrix(counts, samples, ~ phase)))
write.table(format(data.frame(sample = names(sizes), size = sizes), digits = 12), "sizes.tsv", sep = "\t",
            quote = FALSE, row.names = FALSE)
writeLines(c(R.version.string, paste("DESeq2", packageVersion("DESeq2"))), "versions.txt")
