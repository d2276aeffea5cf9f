#!/usr/bin/env python3
"""Draws the pictures of "Events that strike together" from a run of datasets/midsize-manufacturer.

    build/release/lossmill run datasets/midsize-manufacturer -o run.h5
    scripts/pictures.py run.h5 [-o datasets/midsize-manufacturer/pictures]

together.svg     bad years as they are, and as they would be if every loss came on its own
outbreak.svg     what one ransomware outbreak costs, and what the average one consists of
same-years.svg   two business units, a dot a year: the outbreaks are bad years of both

Needs python3-h5py and python3-matplotlib. The same run gives the same bytes with the same
matplotlib. The ground is transparent and every colour stands out on white and on black; letters are
drawn as curves, so that they look alike on any machine.
"""
import argparse
import io
import math
import os
import re

import h5py
import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

OUTBREAK = "E01-ransomware-outbreak"
TOGETHER, ALONE, TEXT = "#d9485f", "#3f87c7", "#747c86"
UNITS = ("Production", "Finance")  # of same-years.svg
LEVEL = 0.99                       # a bad year of a unit: one in 100
LEAST = 1000                       # smaller yearly losses are drawn here
SHOWN = 600                        # years with an outbreak that get a dot

PARTS = [  # scenarios of the outbreak, and what is struck
    ("S61-outbreak-applications", "business applications down", "applications"),
    ("S05-ransomware-ot", "plants stopped", "plants"),
    ("S63-outbreak-servers", "servers encrypted", "servers"),
    ("S06-ransomware-backup", "backups destroyed", ""),
    ("S62-outbreak-clients", "notebooks and PCs encrypted", "clients"),
    ("S65-outbreak-ransom", "ransom paid", ""),
    ("S64-outbreak-ot-systems", "plant systems encrypted", "systems"),
]

plt.rcParams.update({
    "svg.hashsalt": "lossmill", "svg.fonttype": "path", "font.family": "DejaVu Sans", "font.size": 9,
    "text.color": TEXT, "axes.labelcolor": TEXT, "axes.edgecolor": TEXT, "xtick.color": TEXT,
    "ytick.color": TEXT, "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.6,
    "xtick.major.width": 0.6, "ytick.major.width": 0.6, "xtick.minor.size": 0, "ytick.minor.size": 0,
    "savefig.transparent": True,
})


def texts(dataset):
    return [value.decode() for value in dataset[:]]


def money(value):
    """Two digits: more would promise more than the simulation keeps."""
    power = 10 ** (math.floor(math.log10(value)) - 1)
    value = round(value / power) * power
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.{1 if value < 10 * size else 0}f} {unit}"
    return f"{value:.0f}"


COORDINATES = re.compile(r'(?<= d=")[^"]*|(?<= [xy]=")[^"]*')


def save(figure, folder, name):
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)
    # two decimals of a point are enough, and half the bytes; scales keep theirs
    svg = COORDINATES.sub(lambda cell: re.sub(r"(\.\d\d)\d+", r"\1", cell[0]), text.getvalue())
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write("\n".join(line.rstrip() for line in svg.splitlines()) + "\n")


def title(axes, head, line):
    axes.text(0, 1.13, head, transform=axes.transAxes, fontsize=11.5, fontweight="bold", va="bottom")
    axes.text(0, 1.045, line, transform=axes.transAxes, fontsize=9, va="bottom")


def draw_together(run, folder):
    d, currency = run["dependence"], run.attrs["currency"].decode()
    row = texts(run["summary/row"]).index("portfolio")
    years = 1 / (1 - d["quantile"][:])
    curves = {
        TOGETHER: [run["summary/" + name][row] for name in ("var", "var_lower", "var_upper")],
        ALONE: [d[name][:] for name in ("var_independent", "var_independent_lower", "var_independent_upper")],
    }
    figure, axes = plt.subplots(figsize=(7.2, 4.1))
    figure.subplots_adjust(left=0.07, right=0.80, top=0.82, bottom=0.13)
    for colour, (value, low, high) in curves.items():
        axes.fill_between(years, low / 1e6, high / 1e6, color=colour, alpha=0.22, linewidth=0)
        axes.plot(years, value / 1e6, color=colour, linewidth=2.2, marker="o", markersize=4, clip_on=False)
    together, alone = curves[TOGETHER][0] / 1e6, curves[ALONE][0] / 1e6
    at = int(np.argmin(abs(years - 200)))
    axes.plot([years[at]] * 2, [alone[at], together[at]], color=TEXT, linewidth=0.9, zorder=1)
    axes.plot([years[at]] * 2, [5.4, alone[at] - 0.5], color=TEXT, linewidth=0.5, zorder=1)
    axes.text(years[at], 5.0, f"one year in {years[at]:.0f}:\n{together[at]:.1f} M, not {alone[at]:.1f} M", va="top",
              ha="center")
    axes.text(1100, together[-1], f"as it is\n{money(together[-1] * 1e6)}", color=TOGETHER, va="center",
              fontweight="bold")
    axes.text(1100, alone[-1], f"if every loss\ncame on its own\n{money(alone[-1] * 1e6)}", color=ALONE,
              va="center", fontweight="bold")
    axes.set_xscale("log")
    axes.set_xlim(2, 1000)
    axes.set_ylim(0, None)
    axes.set_xticks(years, [f"{t:,.0f}" for t in years])
    axes.set_xlabel("one year in ...")
    title(axes, "The diversification that is not there",
          f"loses more than ... million {currency}; bands: 95 % range of the simulation")
    save(figure, folder, "together.svg")


def outbreak_years(run):
    return run["event/annual_loss"][texts(run["event/event_id"]).index(OUTBREAK)]


def draw_costs(axes, loss, currency):
    years, loss = len(loss), loss[loss > 0]
    bins = np.logspace(np.log10(5e5), np.log10(1e8), 36)
    count = axes.hist(np.clip(loss, bins[0], bins[-1]), bins, color=TOGETHER, alpha=0.85, rwidth=0.88, linewidth=0)[0]
    axes.set_xscale("log")
    axes.set_xticks([1e6, 3e6, 10e6, 30e6, 100e6], ["1 M", "3 M", "10 M", "30 M", "100 M"])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    for p, height, label in ((0.5, 1.22, "half cost more than"), (0.95, 0.7, "one in 20 more than")):
        value, top = np.quantile(loss, p), height * max(count)
        axes.plot([value, value], [0, top], color=TEXT, linewidth=0.9)
        axes.text(value * 1.08, top, f"{label}\n{money(value)}", va="top")
    axes.set_xlabel(f"loss of a year with an outbreak, {currency}")
    title(axes, "One ransomware outbreak", f"{len(loss):,} of {years:,} years have one")


def draw_parts(axes, run):
    event = run["event"]
    e = texts(event["event_id"]).index(OUTBREAK)
    occurrences = event["occurrences"][e]
    ids = texts(run["scenario/scenario_id"])
    bars = [(event["own_aal_exact"][e] / occurrences, "response and reputation", "once")]
    for scenario, label, unit in PARTS:
        s = ids.index(scenario)
        hits = run["scenario/event_rate"][s] / occurrences
        count = f"{hits:.0f}" if hits >= 2 else f"{hits:.1f}"
        bars.append((run["scenario/aal_exact"][s] / occurrences, label, f"{count} {unit}" if unit else ""))
    bars.sort()
    for y, (value, label, count) in enumerate(bars):
        axes.barh(y, value / 1e6, 0.62, color=TEXT if "response" in label else TOGETHER, alpha=0.85, linewidth=0)
        axes.text(-0.06, y, label, ha="right", va="center")
        axes.text(value / 1e6 + 0.06, y, money(value) + (f"  ({count})" if count else ""), va="center")
    axes.set_axis_off()
    axes.set_xlim(0, 4.4)
    title(axes, "", "the average one, by what it strikes")
    axes.text(0, -0.09, f"together {money(event['aal_exact'][e] / occurrences)}, on "
              f"{event['hits'][e] / occurrences:.0f} units at once", transform=axes.transAxes, va="top")


def draw_outbreak(run, folder):
    currency = run.attrs["currency"].decode()
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.6, 3.6), width_ratios=(1, 0.78))
    figure.subplots_adjust(left=0.02, right=0.985, top=0.81, bottom=0.15, wspace=0.68)
    draw_costs(left, outbreak_years(run), currency)
    draw_parts(right, run)
    save(figure, folder, "outbreak.svg")


def draw_same_years(run, folder):
    group = run["group/business_unit"]
    names = texts(group["group"])
    x, y = (group["annual_loss"][names.index(unit)] for unit in UNITS)
    struck = outbreak_years(run) > 0
    bad_x, bad_y = np.quantile(x, LEVEL), np.quantile(y, LEVEL)
    both = int(((x > bad_x) & (y > bad_y)).sum())
    u, v = np.maximum(x, LEAST), np.maximum(y, LEAST)
    high_x, high_y = 6e7, 1.2e8
    figure, axes = plt.subplots(figsize=(7.2, 4.6))
    figure.subplots_adjust(left=0.125, right=0.985, top=0.83, bottom=0.12)
    grey = matplotlib.colors.LinearSegmentedColormap.from_list("", [TEXT + "30", TEXT + "b0"])
    axes.hexbin(u[~struck], v[~struck], gridsize=(32, 18), xscale="log", yscale="log", bins="log", mincnt=4,
                cmap=grey, linewidth=0, extent=(3, 7.6, 3, 7.4))
    shown = np.flatnonzero(struck)[:SHOWN]
    axes.plot(u[shown], v[shown], "o", color=TOGETHER, markersize=2.8, alpha=0.85, markeredgewidth=0)
    axes.set_xlim(LEAST * 0.8, high_x)
    axes.set_ylim(LEAST * 0.8, high_y)
    axes.plot([bad_x, bad_x, high_x], [high_y, bad_y, bad_y], color=TEXT, linewidth=0.9)
    axes.text(high_x * 0.9, high_y * 0.85, f"the worst 1 % of both:\n{both} years of {len(x):,},\n"
              f"{len(x) * (1 - LEVEL) ** 2:.0f} if independent", ha="right", va="top")
    axes.text(bad_x * 0.85, high_y * 0.85, "years with an outbreak", color=TOGETHER, fontweight="bold", ha="right",
              va="top")
    axes.text(LEAST * 1.1, high_y * 0.85, "all other years", fontweight="bold", va="top")
    ticks, labels = [1e3, 1e4, 1e5, 1e6, 1e7], ["1 k or less", "10 k", "100 k", "1 M", "10 M"]
    axes.set_xticks(ticks, labels)
    axes.set_yticks(ticks, labels)
    currency = run.attrs["currency"].decode()
    axes.set_xlabel(f"loss of {UNITS[0]} in a year, {currency}")
    title(axes, "They add up because they come in the same years", f"loss of {UNITS[1]} in that year, {currency}")
    save(figure, folder, "same-years.svg")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("run", help="HDF5 file of a run of datasets/midsize-manufacturer")
    parser.add_argument("-o", "--output", default="datasets/midsize-manufacturer/pictures", help="folder to write to")
    options = parser.parse_args()
    os.makedirs(options.output, exist_ok=True)
    with h5py.File(options.run) as run:
        draw_together(run, options.output)
        draw_outbreak(run, options.output)
        draw_same_years(run, options.output)


if __name__ == "__main__":
    main()
