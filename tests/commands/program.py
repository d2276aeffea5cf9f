"""What the tests of the real binary share: where it is, how it is called, and how claims are tried and counted.

A test's first argument is the path of lossmill, and the last line of its output is 'N passed, N failed'.
"""

import collections
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import traceback
import types

LOSSMILL = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(__file__).resolve().parents[2]
DATASETS = ROOT / "datasets"
DONE, NO, USAGE, INPUT, SYSTEM, STOPPED = range(6)
SKIPPED = 77  # what CTest takes for a test that could not be made
QUICK = "LOSSMILL_TESTS_QUICK" in os.environ  # in instrumented programs, which look at how it is computed
FULL = "LOSSMILL_TESTS_FULL" in os.environ  # scripts/test-nightly

_shared = tempfile.TemporaryDirectory(prefix="lossmill-test-")  # pylint: disable=consider-using-with
SHARED = pathlib.Path(_shared.name)  # for what several claims read; it goes when the test ends


def tries(usual, full):
    """How often what is random is tried, or how many years are simulated."""
    return full if FULL else usual // 4 if QUICK else usual


def execute(*command, status=DONE, environment=None, **others):
    """Runs a program, checks its exit status, returns (stdout, stderr)."""
    done = subprocess.run([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600,
                          check=False, env={**os.environ, "LC_ALL": "C.UTF-8", "COLUMNS": "100", **(environment or {})}, **others)
    out, err = done.stdout.decode("utf-8", "strict"), done.stderr.decode("utf-8", "replace")
    assert done.returncode == status, (
        f"{' '.join(map(str, command))}: status {done.returncode}, not {status}\n{out}\n{err}")
    return out, err


def call(*arguments, **others):
    return execute(LOSSMILL, *arguments, **others)


def folder_write(path, tables, **changed):
    """Makes a folder of these files, some replaced (file_csv="..."), and returns its path. None: not written."""
    path = pathlib.Path(path)
    path.mkdir()
    for name, text in (tables | {name.replace("_", "."): text for name, text in changed.items()}).items():
        if text is not None:
            (path / name).write_text(text, encoding="utf-8", newline="")
    return path


# ---------------------------------------------------------------------------------- claims


def holds(claim, *given):
    """Tries one, and tells."""
    started = time.monotonic()
    try:
        claim(*given)
        good = True
    except Exception:  # pylint: disable=broad-except
        traceback.print_exc(file=sys.stdout)
        good = False
    print(f"{'ok' if good else 'FAILED':6} {claim.__name__.replace('_', ' ')} ({time.monotonic() - started:.1f} s)",
          flush=True)
    return good


def claims_try(module, argument="folder", given=pathlib.Path):
    """Tries the claims of `module`, a test's globals(): functions whose only argument has this name (or _folder, where
    it is not used), each named after what it says. It gets what `given` makes of a fresh folder. Words behind the
    program's path choose claims. Exits."""
    chosen = sys.argv[2:]
    tried = []
    for claim in [*module.values()]:
        if not isinstance(claim, types.FunctionType) or chosen and claim.__name__ not in chosen:
            continue
        if [name.lstrip("_") for name in claim.__code__.co_varnames[:claim.__code__.co_argcount]] == [argument]:
            with tempfile.TemporaryDirectory(prefix="lossmill-test-", ignore_cleanup_errors=True) as folder:
                tried.append(holds(claim, given(pathlib.Path(folder).resolve())))
    print(f"{sum(tried)} passed, {len(tried) - sum(tried)} failed")
    sys.exit(not tried or not all(tried))


# ---------------------------------------------------------------------------------- checks

_checks = collections.Counter()


def check(what, good, detail=""):
    """One of many: what fails is told, and the test goes on."""
    _checks[bool(good)] += 1
    if not good:
        print(f"FAILED {what}: {detail}", flush=True)


def checks_tell():
    """Exits."""
    print(f"{_checks[True]} passed, {_checks[False]} failed")
    sys.exit(_checks[False] > 0 or _checks[True] == 0)
