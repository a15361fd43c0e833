"""The gap ledger: what was asked, what came, what is missing and why."""

from seriome.ledger.account import Account as Account
from seriome.ledger.account import account as account
from seriome.ledger.gaps import GAP_COLUMNS as GAP_COLUMNS
from seriome.ledger.gaps import OUTCOMES as OUTCOMES
from seriome.ledger.gaps import Gap as Gap
from seriome.ledger.gaps import Gaps as Gaps
from seriome.ledger.gaps import outcome_of as outcome_of
from seriome.ledger.gaps import read_gaps as read_gaps
from seriome.ledger.outcome import describe_outcome as describe_outcome
