#!/usr/bin/env python3
"""The peers of bench_peers that are written in Python: prints the seconds of processor time
that one of them takes.

    peers.py NAME LOW HIGH SCENARIOS YEARS MU SIGMA

Scenarios with rates by equal ratios from LOW to HIGH, lognormal losses. Starting Python and importing is not
counted. Status 3: that package is not installed.

numpy      the same work: a Poisson count for each year, a lognormal for each event, added to its year
riskquant  the same work, in its own loop (SimpleLoss.simulate_years)
pyfair     less work: frequency times one magnitude for each year, so that a year has no events
"""
import math
import sys
import time


def of_numpy(rates, years, mu, sigma):
    import numpy as np

    def run():
        rng = np.random.default_rng(1)
        annual = np.zeros(years)
        all_years = np.arange(years)
        for rate in rates:
            counts = rng.poisson(rate, years)
            losses = rng.lognormal(mu, sigma, counts.sum())
            annual += np.bincount(np.repeat(all_years, counts), losses, years)
        return annual

    return run


def of_riskquant(rates, years, mu, sigma):
    import numpy as np
    from riskquant.simpleloss import SimpleLoss

    low, high = (math.exp(mu + z * sigma) for z in (-1.6448536269514722, 1.6448536269514722))
    models = [SimpleLoss("S", "S", rate, low, high) for rate in rates]
    return lambda: np.sum([model.simulate_years(years) for model in models], axis=0)


def of_pyfair(rates, years, mu, sigma):
    from pyfair import FairModel

    mean = math.exp(mu + sigma**2 / 2)
    sd = mean * math.sqrt(math.expm1(sigma**2))

    def run():
        annual = 0
        for rate in rates:
            model = FairModel(name="S", n_simulations=years)
            model.input_data("Loss Event Frequency", constant=rate)
            model.input_data("Loss Magnitude", mean=mean, stdev=sd)
            model.calculate_all()
            annual = annual + model.export_results()["Risk"].to_numpy()
        return annual

    return run


def main():
    peer = {"numpy": of_numpy, "riskquant": of_riskquant, "pyfair": of_pyfair}[sys.argv[1]]
    low, high = map(float, sys.argv[2:4])
    scenarios, years = map(int, sys.argv[4:6])
    mu, sigma = map(float, sys.argv[6:8])
    rates = [low * (high / low) ** ((s + 0.5) / scenarios) for s in range(scenarios)]
    try:
        run = peer(rates, years, mu, sigma)
    except ImportError:
        sys.exit(3)
    start = time.process_time()
    run()
    print(time.process_time() - start)


main()
