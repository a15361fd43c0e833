"""Lineage: what the parents of clones say of their descent. Trees are parents (N, K) of K clones, -1 on top."""

import numpy as np


def ancestors(parent, one: int) -> list[int]:
    """From the parent of `one` up to the top."""
    line = []
    while parent[one] >= 0:
        one = int(parent[one])
        line.append(one)
    return line


def lineages(trees) -> np.ndarray:
    """(N, K, K) bool of N trees' parents (N, K): is the first clone an ancestor of the second?"""
    count, clusters = trees.shape
    above = np.zeros((count, clusters + 1, clusters), bool)  # the last is the top's place, and is dropped
    padded = np.hstack([trees, np.full((count, 1), -1)])
    tree, clone, line = np.arange(count)[:, None], np.arange(clusters), trees
    while (line >= 0).any():
        above[tree, line, clone] = True
        line = padded[tree, line]
    return above[:, :-1]


def children(trees) -> np.ndarray:
    """(N, K, K) of N trees: 1 where the second clone is a child of the first."""
    count, clusters = trees.shape
    child = np.zeros((count, clusters, clusters))
    tree, clone = np.nonzero(trees >= 0)
    child[tree, trees[tree, clone], clone] = 1
    return child


def moved(tree) -> np.ndarray:
    """All trees (N, K) that differ from `tree` (K,) by where one subtree hangs."""
    clusters = len(tree)
    below = lineages(tree[None])[0] | np.eye(clusters, dtype=bool)
    clone, to = np.meshgrid(np.arange(1, clusters), np.arange(-1, clusters), indexing="ij")
    able = (to != tree[clone]) & ~((to >= 0) & below[clone, np.maximum(to, 0)])
    clone, to = clone[able], to[able]
    near = np.repeat(tree[None], len(clone), axis=0)
    near[np.arange(len(clone)), clone] = to
    return near
