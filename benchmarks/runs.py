"""What a file of results says: runs by round and model, and the figures that are compared."""

import json
from collections import Counter
from pathlib import Path
from statistics import median

import methods
import models

OURS = "ours-auto"
METRICS = {
    "warm": "ESS/s, warm process",
    "refit": "ESS/s, refit",
    "cold": "seconds, cold process",
}
"""What is compared, and how a figure calls it."""


class Results:
    """Runs of one file: `runs[round, model][method][state]` is a line.

    Of a block that was begun more than once the last one counts, so that all runs of a block are of one time.
    """

    def __init__(self, lines):
        self.header = lines[0]["header"]
        last = {(line["round"], line["model"]): line["block"] for line in lines[1:]}
        self.runs = {}
        for line in lines[1:]:
            key = line["round"], line["model"]
            if line["block"] == last[key] and "method" in line:
                self.runs.setdefault(key, {}).setdefault(line["method"], {})[line["state"]] = line
        self.commits = sorted({line["commit"] for line in lines if line.get("commit")})

    @classmethod
    def read(cls, path):
        text = Path(path).read_text(encoding="utf-8")
        return cls([json.loads(line) for line in text.splitlines()])

    def models(self, *, is_rung=None):
        """The models that were run, in the order of the table."""
        names = {model for _, model in self.runs}
        known = [name for name in models.MODELS if name in names]
        return [name for name in known if is_rung is None or bool(models.MODELS[name].ladder) == is_rung]

    def blocks(self, model):
        """Of each round of a model its runs by method."""
        return [runs for (_, name), runs in sorted(self.runs.items()) if name == model]

    def middle(self, model, method, metric):
        """Median over rounds of a figure; None where there is none."""
        found = [figure(runs.get(method, {}), metric) for runs in self.blocks(model)]
        found = [value for value in found if value is not None]
        return median(found) if found else None

    def ratio(self, model, metric, *, ours=OURS, peers=None):
        """How many times better `ours` is than the best of `peers`: within each round, then the median.

        Args:
            model: its name.
            metric: one of `METRICS`; more seconds are worse, more ESS a second better.
            ours: a method.
            peers: methods; all samplers that are not ours unless given.

        Returns:
            The ratio and the name of the peer that was best in most rounds; None where one has no figure.
        """
        peers = PEERS if peers is None else peers
        ratios, best = [], []
        for runs in self.blocks(model):
            mine = figure(runs.get(ours, {}), metric)
            theirs = {name: figure(runs.get(name, {}), metric) for name in peers}
            theirs = {name: value for name, value in theirs.items() if value is not None}
            if mine is None or not theirs:
                continue
            choose = min if metric in LOWER_IS_BETTER else max
            name = choose(theirs, key=theirs.get)
            best.append(name)
            ratios.append(theirs[name] / mine if metric in LOWER_IS_BETTER else mine / theirs[name])
        return (median(ratios), Counter(best).most_common(1)[0][0]) if ratios else None


PEERS = tuple(name for name, method in methods.METHODS.items() if method.is_sampler and not method.is_ours)
LOWER_IS_BETTER = frozenset({"cold", "warm s", "refit s", "memory"})


def figure(states, metric):
    """One figure of the runs of a method in a block, by state; None where the run did not end well."""
    cold, warm = (states.get(name) for name in ("cold", "warm"))
    cold = cold if cold is not None and cold["status"] == "ok" else None
    warm = warm if warm is not None and warm["status"] == "ok" else None
    refit = None if warm is None else warm.get("refit")
    values = {
        "cold": cold and cold["wall"],
        "cpu": cold and cold.get("cpu"),
        "warm s": warm and warm["wall"],
        "refit s": refit and refit["wall"],
        "warm": warm and "ess_bulk" in warm and warm["ess_bulk"] / warm["wall"],
        "refit": refit and "ess_bulk" in refit and refit["ess_bulk"] / refit["wall"],
        "ess": refit and refit.get("ess_bulk"),
        "tail": refit and refit.get("ess_tail"),
        "a draw": refit and "ess_bulk" in refit and refit["ess_bulk"] / refit["n_draws"],
        "divergences": refit and refit.get("divergences"),
        "leapfrogs": refit and refit.get("leapfrogs"),
        "memory": cold and (cold.get("tree_mib") or cold.get("memory_mib")),
    }
    value = values[metric]
    return None if value is None or value is False else value
