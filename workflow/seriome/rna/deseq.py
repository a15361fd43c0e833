"""DESeq2's negative binomial tests through PyDESeq2."""

import warnings

import pandas as pd


def wald(counts: pd.DataFrame, design: pd.DataFrame, formula: str, contrast: list[str]) -> pd.DataFrame:
    """Wald tests of one contrast, gene by gene.

    counts    integers (samples, genes); design: factors of the samples (same index)
    formula   such as "~patient + phase"; contrast: [factor, level, level compared with]
    Returns   baseMean, log2FoldChange, lfcSE, stat, pvalue, padj (BH after independent filtering), by gene;
              `dispersion` too
    Source    DESeq2: Love et al. 2014, Genome Biol 15:550, doi:10.1186/s13059-014-0550-8, through PyDESeq2:
              Muzellec et al. 2023, Bioinformatics 39:btad547, doi:10.1093/bioinformatics/btad547
    """
    from pydeseq2.dds import DeseqDataSet
    from pydeseq2.default_inference import DefaultInference
    from pydeseq2.ds import DeseqStats

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few genes: the trend of dispersions falls back to their mean, as it says
        inference = DefaultInference(n_cpus=1)
        data = DeseqDataSet(counts=counts, metadata=design, design=formula, inference=inference, quiet=True)
        data.deseq2()
        stats = DeseqStats(data, contrast=contrast, inference=inference, quiet=True)
        stats.summary()
    return stats.results_df.assign(dispersion=data.var["dispersions"])
