"""RNA: transcripts spliced from genome and annotation, quantified by kallisto, summed up to genes."""
