"""Read tables in processes that may take so much memory and time; say on one line of JSON what came of each.

python bounded.py FILE ...
"""

import json
import os
import resource
import sys
import time
import traceback
from pathlib import Path

import comment_classifier as cc

MEMORY, SECONDS = 3 << 29, 20  # bytes and seconds that a file may take
FIRST = 5  # rows that are shown


def read(path: Path) -> dict[str, object]:
    """Read a table whole, and say what it holds or why it is refused."""
    try:
        table = cc.read_table(path)
        shown = [[cell[:200] for cell in row] for row in table.head(FIRST).to_numpy().tolist()]
        names = [name[:200] for name in table.columns[:FIRST]]
        return {"names": names, "shape": table.shape, "first": shown}
    except cc.InputError as error:
        return {"refused": str(error)}
    except BaseException:
        return {"fault": traceback.format_exc()}


def bounded(path: Path) -> dict[str, object]:
    """Read a table in a process of its own."""
    begun = time.monotonic()
    here, there = os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        with os.fdopen(there, "wb") as told:
            told.write(json.dumps(read(path)).encode())
        os._exit(0)
    os.close(there)
    with os.fdopen(here, "rb") as said:
        answer = said.read()
    _, status, used = os.wait4(child, 0)
    found = json.loads(answer) if answer else {"fault": f"ended with status {status}"}
    return found | {"file": path.name, "seconds": time.monotonic() - begun, "megabytes": used.ru_maxrss >> 10}


if __name__ == "__main__":
    # What every process needs is loaded once, before the limits count.
    import openpyxl  # noqa: F401

    read(Path(__file__).parent / "files" / "plain.xlsx")
    for name in sys.argv[1:]:
        sys.stdout.write(json.dumps(bounded(Path(name))) + "\n")
        sys.stdout.flush()
