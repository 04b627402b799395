"""Measure models by methods, interleaved, and append every result to a file of JSON lines.

    python benchmarks/run.py                              the suite by all methods, three rounds
    python benchmarks/run.py --models small --methods ours-auto brms --rounds 1
    python benchmarks/run.py --list                       names of models, methods and sets of them

Of each model all methods run directly after each other (a block), and rounds of all models follow each
other; the order of methods turns from round to round. A method runs in two fresh processes: cold, with
empty caches, then warm, with the caches that the cold one left, and there once more in the same process
(refit). What takes longer than --limit is stopped, and recorded as that. An interrupted run goes on where
it was, by the same command; a block that was left for more than half an hour begins anew, so that no ratio
is ever taken between runs of different times.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import environments
import jobs
import methods
import models
import process
import quality
import report
import tables
from runs import Results

HERE = Path(__file__).resolve().parent
CORES = 2
STALE = 1800.0
"""Seconds after which a block that was interrupted begins anew."""


def main():
    arguments = options()
    if arguments.list:
        listing()
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the process that runs is stopped, too
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])  # children keep to them
    path = HERE / "results" / f"{arguments.label}.jsonl"
    settings = {name: getattr(arguments, name) for name in ("chains", "draws", "warmup", "limit")}
    record = Record(path, settings)
    chosen = [methods.METHODS[name] for name in several(arguments.methods, methods.METHODS, methods.SETS)]
    missing_r = environments.missing_r() if any(m.environment == "R" for m in chosen) else set()
    for method in chosen:
        if missing := method.missing(missing_r):
            print(f"{method.name} is left out: {missing} is missing (environments.py)", file=sys.stderr)
    chosen = [method for method in chosen if not method.missing(missing_r)]
    if any(method.is_ours for method in chosen):
        environments.refresh()
    wanted = [models.MODELS[name] for name in several(arguments.models, models.MODELS, models.SETS)]
    for number in range(arguments.rounds):
        turned = chosen[number % len(chosen) :] + chosen[: number % len(chosen)]
        for model in wanted:
            block(record, number, model, turned, settings)
    print(f"recorded in {path}; into README.md: python benchmarks/report.py {path} --write", file=sys.stderr)
    print(report.report(Results(record.lines)))


def options():
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog="\n".join(__doc__.splitlines()[1:]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--models", nargs="+", default=["suite"], metavar="NAME")
    parser.add_argument("--methods", nargs="+", default=["all"], metavar="NAME")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=300.0, help="seconds of one process (default: 300)")
    parser.add_argument("--label", default="latest", help="of the file in benchmarks/results")
    parser.add_argument("--chains", type=int, default=4)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--warmup", type=int, default=1000)
    parser.add_argument("--list", action="store_true", help="names of models and methods")
    return parser.parse_args()


def several(names, known, sets):
    """Names with sets spelled out, each once, in the order of the table."""
    wanted = {each for name in names for each in sets.get(name, (name,))}
    if unknown := sorted(wanted - set(known)):
        sys.exit(f"there is no {', '.join(unknown)}; there are: {', '.join((*sets, *known))}")
    return [name for name in known if name in wanted]


def listing():
    for title, known, sets in (
        ("models", models.MODELS, models.SETS),
        ("methods", methods.METHODS, methods.SETS),
    ):
        print(f"{title}: {' '.join(known)}")
        for name, members in sets.items():
            print(f"  {name} = {' '.join(members)}")


class Record:
    """The file of results: a header, then a line a process."""

    def __init__(self, path, settings):
        self.path, self.lines = path, []
        if path.is_file():
            self.lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            old = self.lines[0]["header"]["settings"]
            if old != settings:
                sys.exit(f"{path} was made with {old}: take another --label, or the same options")
        else:
            path.parent.mkdir(exist_ok=True)
            self.add({"header": {"settings": settings, "cores": CORES, **machine()}})

    def add(self, line):
        self.lines.append(line)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def of(self, number, model):
        return [line for line in self.lines if (line.get("round"), line.get("model")) == (number, model)]


def machine():
    """What the figures were measured on."""
    model = memory = None
    if Path("/proc/cpuinfo").is_file():
        names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
        model = names[0].split(":", 1)[1].strip() if names else None
        memory = round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
    return {"system": platform.system(), "processor": model or platform.machine(), "memory_gib": memory}


def commit():
    """The commit of this package, "+" after it when files were changed since."""
    try:
        git = ["git", "-C", str(HERE)]
        said = subprocess.run(
            [*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
        )
        changed = subprocess.run(
            [*git, "status", "--porcelain", "../src"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return said.stdout.strip() + ("+" if changed.stdout.strip() else "")


def block(record, number, model, chosen, settings):
    """All methods of one model in one round, but those that are done already."""
    earlier = record.of(number, model.name)
    begun = earlier[-1]["block"] if earlier else ""
    ended = {line["method"] for line in earlier if line["block"] == begun and is_last(line)}
    if all(method.name in ended for method in chosen):
        return
    if not earlier or time.time() - earlier[-1]["time"] > STALE:
        # those of the block that was left are run again: ratios are of one time
        others = dict.fromkeys(line["method"] for line in earlier if line["block"] == begun)
        chosen = list(dict.fromkeys([*chosen, *map(methods.METHODS.get, others)]))
        begun, ended = f"{number}-{model.name}-{time.time():.3f}", set()
    try:
        job = jobs.prepare(model, environments.FOLDER / "jobs")
    except tables.MissingTableError as error:
        print(f"{model.name} is left out: {error}", file=sys.stderr)
        return
    common = {"block": begun, "round": number, "model": model.name}
    for method in chosen:
        if method.name in ended:
            continue
        for line in both(method, model, job, settings, number, beaten(record, number, model, method)):
            record.add({**common, "method": method.name, **line, "commit": commit(), "time": time.time()})
            show(record.lines[-1])


def is_last(line):
    """Nothing follows this line of a method: the warm process, or a cold one that did not end well."""
    return line["state"] == "warm" or line["status"] != "ok"


def beaten(record, number, model, method):
    """Why a rung of a ladder need not be tried: a smaller one took too long, or failed."""
    for line in record.lines:
        rung = models.MODELS.get(line.get("model", ""))
        if (
            rung is not None
            and rung.ladder
            and rung.ladder == model.ladder
            and rung.size < model.size
            and (line["round"], line.get("method")) == (number, method.name)
            and line["status"] in ("limit", "failed")
        ):
            return f"not tried: {rung.name} was {'stopped' if line['status'] == 'limit' else 'a failure'}"
    return ""


def both(method, model, job, settings, number, stopped):
    """The lines of the cold and the warm process of one method."""
    if refusal := method.refusal(model):
        yield {"state": "cold", "status": "unsupported", "message": refusal}
        return
    if stopped:
        yield {"state": "cold", "status": "limit", "message": stopped}
        return
    with tempfile.TemporaryDirectory(prefix="bench-") as cache:
        environments.read(method.environment)
        first = once(method, job, settings, number, cache, refit=False)
        yield {"state": "cold", **first}
        if first["status"] == "ok":
            yield {"state": "warm", **once(method, job, settings, number, cache, refit=True)}


def once(method, job, settings, number, cache, *, refit):
    """One process, and what its draws are worth."""
    if method.environment == "R":
        jobs.write_csv(job)
    if method.environment == "numpyro":
        jobs.write_design(job)
    out = Path(tempfile.mkdtemp(prefix="bench-draws-"))
    environment = methods.variables(cache)
    if not method.is_ours:
        environment |= methods.jax_cache(cache)
    plain = {name: settings[name] for name in ("chains", "draws", "warmup")}
    task = {**job, **plain, "option": method.option, "cores": CORES, "cache": cache, "refit": refit}
    load = os.getloadavg()[0]
    task |= {"seed": 1 + 100 * number, "out": str(out / "draws"), "began": time.time()}
    (out / "job.json").write_text(json.dumps(task), encoding="utf-8")
    try:
        line = process.run(method.command(str(out / "job.json")), environment, settings["limit"])
        if line["status"] == "ok" and method.is_sampler:
            line |= quality.judge(out / "draws")
            if refit:
                line["refit"] |= quality.judge(out / "draws-refit")
    finally:
        shutil.rmtree(out, ignore_errors=True)
    return line | {"load": round(load, 2)}


def show(line):
    """A result as one short line."""
    text = f"{line['round']} {line['model']:<20} {line['method']:<18} {line['state']:<4} {line['status']}"
    if line["status"] == "ok":
        text += f" {line['wall']:.1f} s"
        text += f", refit {line['refit']['wall']:.2f} s" if "refit" in line else ""
        text += f", ESS {line['ess_bulk']:.0f}" if "ess_bulk" in line else ""
    else:
        text += f": {line.get('message', '')[:200]}"
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
