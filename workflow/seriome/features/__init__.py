"""Features: the store (one Parquet file per sample and assay), tables made elsewhere, and the cohort's tables."""

from seriome.features.cohort import cohort_table as cohort_table
from seriome.features.cohort import read_cohort_table as read_cohort_table
from seriome.features.cohort import write_cohort_table as write_cohort_table
from seriome.features.store import ASSAYS as ASSAYS
from seriome.features.store import COLUMNS as COLUMNS
from seriome.features.store import KEYS as KEYS
from seriome.features.store import SCHEMA as SCHEMA
from seriome.features.store import STATES as STATES
from seriome.features.store import read_features as read_features
from seriome.features.store import read_note as read_note
from seriome.features.store import write_features as write_features
from seriome.features.tables import TABLE_COLUMNS as TABLE_COLUMNS
from seriome.features.tables import read_table as read_table
