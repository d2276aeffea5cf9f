"""What the statistical tests share: comparing what was simulated with what is exact.

A comparison is good within SIGMAS standard errors. It fails by chance alone once in 1.7 million (Gauss; the few
comparisons of rare years a little more often), and never at all on a seed on which it once passed: every test has its
seeds, and figures do not depend on threads or machine.
"""

import math
import pathlib
import sys

import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "commands"))
import program  # pylint: disable=wrong-import-position

SIGMAS = 5
UNIT = 1000.0


def check(case, what, good, detail=""):
    program.check(f"{case}: {what}", good, detail)


def check_share(case, what, count, n, probability):
    error = math.sqrt(n * probability * (1 - probability))
    check(case, what, abs(count - n * probability) <= SIGMAS * error + 1,
          f"{count} of {n}, expected {n * probability:.1f} +- {error:.1f}")


def check_mean(case, what, values, exact):
    error = values.std() / math.sqrt(len(values))
    check(case, what, abs(values.mean() - exact) <= SIGMAS * error + 1e-9 * abs(exact),
          f"{values.mean():.7g}, exact {exact:.7g} +- {error:.2g}")


def roots(m):
    return numpy.exp(-2j * numpy.pi * numpy.arange(m) / m)


def law_of(transform):
    """Probabilities of 0, 1, 2, ... thousand from E z^S at the roots of unity."""
    return numpy.maximum(numpy.fft.ifft(transform).real, 0)


def tables_write(folder, tables):
    """CSV files of rows that need not have the same columns."""
    for name, rows in tables.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        lines = [",".join(columns)] + [",".join(str(row.get(c, "")) for c in columns) for row in rows]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
