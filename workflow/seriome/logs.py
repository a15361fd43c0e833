"""Logs: everything that a script says goes into its rule's log, with the last error in one line."""

import logging
import sys
import traceback
from contextlib import contextmanager
from pathlib import Path

from seriome.errors import InputError

log = logging.getLogger("seriome")


@contextmanager
def log_to(path):
    """Send Python's log, stdout and stderr of the block to `path`; on a user's mistake one line, else a traceback.

    Output of C libraries is not caught here. The job fails in both cases.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", buffering=1, encoding="utf-8") as file:
        handler = logging.StreamHandler(file)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S"))
        root = logging.getLogger()
        root.addHandler(handler)
        root.setLevel(logging.INFO)
        stdout, stderr = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = file
        try:
            yield log
        except InputError as error:
            print(f"error: {error}", file=file)
            print(f"error: {error}", file=stderr)
            sys.exit(1)
        except Exception:
            traceback.print_exc(file=file)
            print(f"{traceback.format_exc(limit=-1)}(whole traceback: {path})", file=stderr)
            sys.exit(1)
        finally:
            sys.stdout, sys.stderr = stdout, stderr
            root.removeHandler(handler)
