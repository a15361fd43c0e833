"""The proteome: spectra to peptides, peptides to proteins, and how much of each."""
