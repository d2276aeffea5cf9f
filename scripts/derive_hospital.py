#!/usr/bin/env python3
"""Derives the figures of datasets/hospital-group from public breach records.

    scripts/derive_hospital.py HHS.csv VCDB.csv [-o datasets/hospital-group/derived]

HHS.csv   the US HHS OCR breach portal as a table: entity_type, individuals_affected, submission_date
          (YYYY-MM-DD), breach_type, location, business_associate. A US government work.
VCDB.csv  the VERIS Community Database, one row per incident: year, industry_naics, action, action_variety,
          availability_variety, avail_duration_unit, avail_duration_value. CC BY-SA 4.0.

Neither table is part of this repository; only what is computed here is. Standard library only.

Breaches of fewer than 500 individuals are not on the portal, so sizes are fitted conditional on
being at least 500: f(x) / P(X >= 500). A lognormal fitted without that condition would be too
narrow and have too large a median. Reports are heaped at 500 and 501 (a small office that does not
know writes 500); nothing is done about it.
"""
import argparse
import collections
import csv
import math
import os
import statistics

REPORTING_LIMIT = 500            # individuals; a smaller breach is not on the portal
FIRST_YEAR, LAST_YEAR = 2018, 2020  # the last three whole years: rates have risen since 2009
HOSPITALS = 6100                 # in the USA, about (assumption, see the dataset's README)
FEWEST_ROWS = 40                 # fits on fewer are left out
HHS_YEARS = range(2010, 2021)    # the whole years of the portal
VCDB_YEARS = range(2013, 2020)   # before 2013 without ransomware, 2020 hardly begun
SIGMA_MOST = 4.0                 # the likelihood may run to a Pareto law: mu -> -inf, sigma -> inf

HOURS = {"Minutes": 1 / 60, "Hours": 1, "Days": 24, "Weeks": 168, "Months": 730}


def words(cell, separator):
    return [word.strip() for word in cell.split(separator) if word.strip()]


def minimum(f, start, step):
    """Nelder and Mead (1965) with the usual coefficients; returns the best point."""
    n = len(start)
    simplex = [list(start)] + [[s + (step if i == j else 0) for i, s in enumerate(start)] for j in range(n)]
    points = sorted((f(p), p) for p in simplex)
    for _ in range(600):
        if abs(points[-1][0] - points[0][0]) < 1e-10 * (1 + abs(points[0][0])):
            break
        middle = [sum(p[i] for _, p in points[:-1]) / n for i in range(n)]
        worst_value, worst = points[-1]

        def along(t):
            p = [m + t * (w - m) for m, w in zip(middle, worst)]
            return f(p), p

        new = along(-1.0)
        if new[0] < points[0][0]:
            new = min(new, along(-2.0))
        elif new[0] >= points[-2][0]:
            new = min(along(-0.5), along(0.5))
            if new[0] >= worst_value:
                best = points[0][1]
                points = [points[0]] + [(f(q), q) for q in
                                        ([(a + b) / 2 for a, b in zip(p, best)] for _, p in points[1:])]
                points.sort()
                continue
        points = sorted(points[:-1] + [new])
    return points[0][1]


def fit_lognormal_above(x, limit):
    """Maximum likelihood (mu, sigma, AIC) of a lognormal given X >= limit."""
    n, logs = len(x), [math.log(v) for v in x]
    total, squares = math.fsum(logs), math.fsum(v * v for v in logs)

    def cost(p):
        mu, sigma = p[0], math.exp(p[1])
        if sigma > SIGMA_MOST or mu < -20:
            return 1e300
        tail = 0.5 * math.erfc((math.log(limit) - mu) / (sigma * math.sqrt(2)))
        if tail < 1e-5:  # the engine refuses a truncation that leaves less than 1e-6
            return 1e300
        spread = squares - 2 * mu * total + n * mu * mu
        return n * p[1] + spread / (2 * sigma * sigma) + n * math.log(tail)

    mu, log_sigma = minimum(cost, [total / n, math.log(statistics.pstdev(logs))], 0.5)
    constant = total + n / 2 * math.log(2 * math.pi)
    return mu, math.exp(log_sigma), 4 + 2 * (cost([mu, log_sigma]) + constant)


def fit_gpd(x, threshold):
    """Maximum likelihood (scale, shape, AIC) of a generalised Pareto law of the excesses."""
    excess = [v - threshold for v in x if v >= threshold]

    def cost(p):
        scale, shape = math.exp(p[0]), p[1]
        if not 1e-6 < shape < 5:
            return 1e300
        return len(excess) * p[0] + (1 + 1 / shape) * math.fsum(math.log1p(shape * e / scale) for e in excess)

    log_scale, shape = minimum(cost, [math.log(statistics.mean(excess) / 2 + 1), 0.5], 0.3)
    return math.exp(log_scale), shape, 4 + 2 * cost([log_scale, shape])


def quantile(sorted_values, p):
    """Type 7 of Hyndman and Fan."""
    h = (len(sorted_values) - 1) * p
    low = math.floor(h)
    high = min(low + 1, len(sorted_values) - 1)
    return sorted_values[low] + (h - low) * (sorted_values[high] - sorted_values[low])


def table(folder, name, header, rows):
    with open(os.path.join(folder, name), "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def fits(rows):
    """Size fits of the rows with one breach type: by type, and by type and location."""
    sizes = collections.defaultdict(list)
    for row in rows:
        kinds, places = words(row["breach_type"], ","), words(row["location"], ",")
        size = float(row["individuals_affected"] or 0)
        if len(kinds) == 1 and size >= REPORTING_LIMIT:
            sizes[kinds[0], "any"].append(size)
            if len(places) == 1:
                sizes[kinds[0], places[0]].append(size)
    for (kind, place), x in sorted(sizes.items()):
        if len(x) < FEWEST_ROWS:
            continue
        x.sort()
        mu, sigma, aic = fit_lognormal_above(x, REPORTING_LIMIT)
        scale, shape, gpd_aic = fit_gpd(x, REPORTING_LIMIT)
        yield [kind, place, len(x), f"{quantile(x, 0.5):.0f}", f"{quantile(x, 0.95):.0f}", f"{x[-1]:.0f}",
               f"{mu:.3f}", f"{sigma:.3f}", f"{aic:.1f}", f"{scale:.1f}", f"{shape:.3f}", f"{gpd_aic:.1f}",
               "lognormal" if aic < gpd_aic else "gpd"]


def rates(rows, hospital_share):
    """Reports a year of health care providers, by type; a row of k types counts 1/k in each."""
    years = LAST_YEAR - FIRST_YEAR + 1
    own, associate = collections.Counter(), collections.Counter()
    for row in rows:
        if not FIRST_YEAR <= int(row["submission_date"][:4]) <= LAST_YEAR:
            continue
        kinds = words(row["breach_type"], ",")
        for kind in kinds:
            # A missing mark (the newest rows) counts as the provider's own.
            counter = associate if row["business_associate"].startswith("1") else own
            counter[kind] += 1 / len(kinds)
    for name, counter in (("provider", own), ("business associate", associate)):
        for kind, count in sorted(counter.items()):
            yield [name, kind, f"{count:.1f}", f"{count / years:.2f}",
                   f"{count / years * hospital_share / HOSPITALS:.6f}"]


def year_to_year(name, counts, totals):
    """How far a year lies from what the year before let expect, as a log-standard deviation: that of
    the yearly changes of ln(count / total) about their mean, the trend, and the same without what
    counting alone makes of it (Poisson: ln of a count n has variance 1/n, about)."""
    years = sorted(counts)
    logs = [math.log(counts[year] / totals[year]) for year in years]
    changes = [b - a for a, b in zip(logs, logs[1:])]
    noise = statistics.mean(1 / counts[a] + 1 / counts[b] for a, b in zip(years, years[1:]))
    variance = statistics.variance(changes)
    return [name, years[0], years[-1], sum(counts.values()), f"{statistics.mean(changes):.3f}",
            f"{math.sqrt(variance):.3f}", f"{math.sqrt(max(0, variance - noise)):.3f}"]


def yearly(providers, incidents):
    """The spread of whole years: for a driver, the years' common multiplier."""
    servers = collections.Counter(
        int(row["submission_date"][:4]) for row in providers
        if "Hacking/IT Incident" in words(row["breach_type"], ",") and "Network Server" in words(row["location"], ","))
    ransomware, totals = collections.Counter(), collections.Counter()
    for row in incidents:
        totals[int(row["year"])] += 1
        ransomware[int(row["year"])] += "malware.Ransomware" in words(row["action_variety"], ";")
    yield year_to_year("HHS: hacked network servers of providers, reports",
                       {year: servers[year] for year in HHS_YEARS}, collections.defaultdict(lambda: 1))
    yield year_to_year("VCDB: ransomware, share of incidents",
                       {year: ransomware[year] for year in VCDB_YEARS}, totals)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("hhs", help="table of the HHS breach portal")
    parser.add_argument("vcdb", help="table of the VERIS Community Database")
    parser.add_argument("-o", "--output", default="datasets/hospital-group/derived", help="folder to write to")
    options = parser.parse_args()
    os.makedirs(options.output, exist_ok=True)

    with open(options.hhs, encoding="utf-8", newline="") as file:
        providers = [row for row in csv.DictReader(file) if row["entity_type"] == "Healthcare Provider"]
    with open(options.vcdb, encoding="utf-8", newline="") as file:
        incidents = list(csv.DictReader(file))

    health = [row for row in incidents if row["industry_naics"].startswith("62")]
    known = [row for row in health if row["industry_naics"][:3] in ("621", "622", "623")]
    hospitals = [row for row in health if row["industry_naics"].startswith("622")]
    hospital_share = len(hospitals) / len(known)

    table(options.output, "hhs_size.csv",
          ["breach_type", "location", "n", "median", "p95", "largest", "lognormal_mu", "lognormal_sigma",
           "lognormal_aic", "gpd_scale", "gpd_shape", "gpd_aic", "better"], fits(providers))
    table(options.output, "hhs_rate.csv",
          ["whose", "breach_type", f"reports_{FIRST_YEAR}_{LAST_YEAR}", "reports_per_year",
           "per_hospital_and_year"], rates(providers, hospital_share))

    table(options.output, "yearly.csv",
          ["what", "first_year", "last_year", "n", "mean_log_change", "sd_log_change", "sd_without_counting"],
          yearly(providers, incidents))

    actions, ransomware, outages = collections.Counter(), 0, collections.defaultdict(list)
    for row in hospitals:
        kinds = words(row["action"], ";")
        for kind in kinds:
            actions[kind] += 1 / len(kinds)
    for row in hospitals:
        ransomware += "malware.Ransomware" in words(row["action_variety"], ";")
    for row in incidents:  # all industries: only about 20 of health care state a duration
        if row["avail_duration_unit"] in HOURS and row["avail_duration_value"]:
            hours = float(row["avail_duration_value"]) * HOURS[row["avail_duration_unit"]]
            if hours > 0:
                kinds = words(row["action"], ";")
                attack = any(kind in ("hacking", "malware", "social") for kind in kinds)
                outages["attack" if attack else "other"].append(hours)
    rows = [["hospitals among health care providers (NAICS 621 to 623)", "share", len(known), f"{hospital_share:.4f}"],
            ["hospital incidents with ransomware", "share", len(hospitals), f"{ransomware / len(hospitals):.4f}"]]
    rows += [[f"hospital incidents, action {kind}", "share", len(hospitals), f"{count / len(hospitals):.4f}"]
             for kind, count in sorted(actions.items())]
    for cause, hours in sorted(outages.items()):
        logs = [math.log(value) for value in hours]
        rows += [[f"outage after {cause}, all industries", "lognormal mu of hours", len(hours), f"{statistics.mean(logs):.3f}"],
                 [f"outage after {cause}, all industries", "lognormal sigma", len(hours), f"{statistics.pstdev(logs):.3f}"]]
    table(options.output, "vcdb.csv", ["what", "unit", "n", "value"], rows)


if __name__ == "__main__":
    main()
