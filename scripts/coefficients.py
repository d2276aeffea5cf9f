#!/usr/bin/env python3
"""Coefficients of engine/random/elementary.h and of no other file.

Each is a Chebyshev interpolant in 60-digit arithmetic, written as a polynomial in a variable that runs
over [-1, 1], where the powers' coefficients fall like the Chebyshev ones and Horner loses nothing.
Prints the arrays and, behind each, the largest error found between the nodes.

Run: /usr/bin/python3 scripts/coefficients.py   (Debian's python3-mpmath)
"""
from mpmath import mp, mpf, cos, pi, sqrt, log, erfinv, erfc, exp, findroot, chebyt, taylor, matrix

mp.dps = 60


def chebyshev(f, degree):
    n = degree + 1
    nodes = [cos(pi * (k + mpf(1) / 2) / n) for k in range(n)]
    values = [f(x) for x in nodes]
    c = []
    for j in range(n):
        s = sum(values[k] * cos(j * pi * (k + mpf(1) / 2) / n) for k in range(n))
        c.append(2 * s / n if j else s / n)
    return c


def monomials(c):
    """sum c_j T_j(x) as coefficients of powers of x."""
    n = len(c)
    t0, t1 = [mpf(1)] + [mpf(0)] * (n - 1), [mpf(0), mpf(1)] + [mpf(0)] * (n - 2)
    out = [c[0] * a + c[1] * b for a, b in zip(t0, t1)]
    for j in range(2, n):
        t2 = [-a for a in t0]
        for k in range(n - 1):
            t2[k + 1] += 2 * t1[k]
        out = [o + c[j] * t for o, t in zip(out, t2)]
        t0, t1 = t1, t2
    return out


def emit(name, comment, f, degree):
    p = monomials(chebyshev(f, degree))
    worst = mpf(0)
    for k in range(401):
        x = mpf(k) / 200 - 1
        y = sum(a * x**i for i, a in enumerate(p))
        worst = max(worst, abs(y / f(x) - 1))
    print(f"// {comment}; relative error {mp.nstr(worst, 2)}")
    print(f"static const double {name}[{degree + 1}] = {{")
    for i in range(0, degree + 1, 3):
        print("    " + " ".join(float(a).hex() + "," for a in p[i : i + 3]))
    print("};\n")


def isf(v):
    """Normal score exceeded with probability v < 1/2."""
    return sqrt(mpf(2)) * erfinv(1 - 2 * v)


def centre(x, top):
    w = (x + 1) / 2 * top
    if w < mpf(10) ** -40:
        return sqrt(pi / 2)
    # w = -log(4 v (1 - v)):  (1 - 2 v)^2 = 1 - exp(-w)
    s = sqrt(-mp.expm1(-w))
    return sqrt(mpf(2)) * erfinv(s) / s


def tail(x, low, high):
    # r = sqrt(-log v), z / r
    r = low + (x + 1) / 2 * (high - low)
    v = exp(-r * r)
    # start from the asymptotic value and polish on log erfc
    z = findroot(lambda z: log(erfc(z / sqrt(mpf(2))) / 2) + r * r, sqrt(2) * r * mpf("0.93"))
    return z / r


def mills(t, k):
    # t = (z - k) / (z + k) in [-1, 1): survival(z) = exp(-z^2 / 2) * m(t) / (1 + z)
    if t == 1:
        return 1 / sqrt(2 * pi)
    z = k * (1 + t) / (1 - t)
    return exp(z * z / 2) * erfc(z / sqrt(mpf(2))) / 2 * (1 + z)


if __name__ == "__main__":
    emit("isf_centre", "z / (1 - 2 v) over w = -log(4 v (1 - v)) in [0, 6.25]", lambda x: centre(x, mpf("6.25")), 22)
    emit("isf_tail", "z / r over r = sqrt(-log v) in [2.7, 6.8]", lambda x: tail(x, mpf("2.7"), mpf("6.8")), 28)
    emit("normal_mills", "exp(z^2 / 2) (1 + z) P(Z > z) over t = (z - 4) / (z + 4)", lambda t: mills(t, mpf(4)), 24)
