"""The metabolome: LC-MS injections to per-sample levels of the features of one atlas."""
