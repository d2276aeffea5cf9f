#!/usr/bin/env python3
"""Coefficients of engine/random/elementary.h and of no other file.

Polynomials are Chebyshev interpolants in 60-digit arithmetic, written in a variable that runs over
[-1, 1], where the powers' coefficients fall like the Chebyshev ones and Horner loses nothing. The
rational function has positive coefficients in a variable that runs upwards from 0, so that nothing
cancels. Prints the arrays and, above each, the largest error found between the nodes.

Run: /usr/bin/python3 scripts/coefficients.py   (Debian's python3-mpmath)
"""
from mpmath import mp, mpf, cos, pi, sqrt, log, erfinv, erfc, exp, findroot, chebyt, qr_solve, matrix

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


def emit_between(name, comment, f, degree, low, high):
    """A polynomial in the argument itself, for short intervals about or from 0."""
    low, high = mpf(low), mpf(high)
    middle, half = (low + high) / 2, (high - low) / 2
    scaled = monomials(chebyshev(lambda t: f(middle + half * t), degree))
    p = [mpf(0)] * (degree + 1)
    for i, a in enumerate(scaled):  # a ((x - middle) / half)^i
        for k in range(i + 1):
            p[k] += a / half**i * mp.binomial(i, k) * (-middle) ** (i - k)
    worst = mpf(0)
    for k in range(1, 400):
        x = low + (high - low) * k / 400
        worst = max(worst, abs(sum(a * x**i for i, a in enumerate(p)) / f(x) - 1))
    print(f"// {comment}; relative error {mp.nstr(worst, 2)}")
    print_array(name, p)


def emit(name, comment, f, degree):
    p = monomials(chebyshev(f, degree))
    worst = mpf(0)
    for k in range(401):
        x = mpf(k) / 200 - 1
        y = sum(a * x**i for i, a in enumerate(p))
        worst = max(worst, abs(y / f(x) - 1))
    print(f"// {comment}; relative error {mp.nstr(worst, 2)}")
    print_array(name, p)


def print_array(name, p):
    print(f"static const double {name}[{len(p)}] = {{")
    for i in range(0, len(p), 3):
        print("    " + " ".join(float(a).hex() + "," for a in p[i : i + 3]))
    print("};\n")


def emit_rational(names, comment, f, degree, top):
    """f on [0, top] as a ratio of two polynomials of one degree: least squares of the linearised
    relative error, weighted by the denominator of the round before."""
    n = 6 * (2 * degree + 2)
    at = [(1 - cos(pi * (k + mpf(1) / 2) / n)) / 2 for k in range(n)]
    values = [f(t * top) for t in at]
    below = [mpf(1)] * n
    for _ in range(3):
        a, b = matrix(n, 2 * degree + 1), matrix(n, 1)
        for k in range(n):
            weight = 1 / (below[k] * values[k])
            for i in range(degree + 1):
                a[k, i] = weight * at[k] ** i
            for j in range(1, degree + 1):
                a[k, degree + j] = -weight * values[k] * at[k] ** j
            b[k] = weight * values[k]
        x = qr_solve(a, b)[0]
        p, q = list(x)[: degree + 1], [mpf(1)] + list(x)[degree + 1 :]
        below = [sum(c * t**j for j, c in enumerate(q)) for t in at]
    worst = mpf(0)
    for k in range(401):
        t = mpf(k) / 400
        ratio = sum(c * t**i for i, c in enumerate(p)) / sum(c * t**i for i, c in enumerate(q))
        worst = max(worst, abs(ratio / f(t * top) - 1))
    print(f"// {comment}; relative error {mp.nstr(worst, 2)}")
    for name, c in zip(names, (p, q)):
        print_array(name, [x / mpf(top) ** i for i, x in enumerate(c)])


def centre(x, top):
    w = (x + 1) / 2 * top
    if w < mpf(10) ** -40:
        return sqrt(pi / 2)
    # w = -log(4 v (1 - v)):  (1 - 2 v)^2 = 1 - exp(-w)
    s = sqrt(-mp.expm1(-w))
    return sqrt(mpf(2)) * erfinv(s) / s


def log_part(z):
    if z < mpf(10) ** -15:
        return mpf(2) / 3 + 2 * z / 5
    s = sqrt(z)
    return (2 * mp.atanh(s) / s - 2) / z


def exp_part(r):
    if abs(r) < mpf(10) ** -15:
        return mpf(1) / 2 + r / 6
    return (mp.expm1(r) - r) / r**2


def near(u, top):
    # u = top - q^2 with q = 1/2 - v: z / q
    q = sqrt(abs(top - u))
    return sqrt(2 * pi) if q < mpf(10) ** -30 else sqrt(mpf(2)) * erfinv(2 * q) / q


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
    emit_between("log_series", "(2 atanh(s) / s - 2) / s^2 over s^2 in [0, 0.02945]", log_part, 7, 0, "0.02945")
    emit_between("exp_series", "(exp(r) - 1 - r) / r^2 over |r| <= 0.3466", exp_part, 10, "-0.3466", "0.3466")
    reach = mpf("0.475") ** 2
    emit_rational(("isf_near_above", "isf_near_below"), "z / q over u = 0.475^2 - q^2 in [0, 0.475^2], q = 1/2 - v", lambda u: near(u, reach), 9, reach)
    emit("isf_centre", "z / (1 - 2 v) over w = -log(4 v (1 - v)) in [0, 6.25]", lambda x: centre(x, mpf("6.25")), 22)
    emit("isf_tail", "z / r over r = sqrt(-log v) in [2.7, 6.8]", lambda x: tail(x, mpf("2.7"), mpf("6.8")), 28)
    emit("normal_mills", "exp(z^2 / 2) (1 + z) P(Z > z) over t = (z - 4) / (z + 4)", lambda t: mills(t, mpf(4)), 24)
