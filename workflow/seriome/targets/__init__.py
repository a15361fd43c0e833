"""Targets: what changed between two phases of the course, what supports each gene, and a first ranking."""
