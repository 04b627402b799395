"""Fresh environments under build/benchmarks: one for this package, one for each peer in Python.

    python benchmarks/environments.py [NAME ...]    makes those that are not there; --fresh makes them anew

The newest versions that the interpreter can have are installed, and every run records which they were.
Peers in R are Debian's packages (r-cran-brms, r-cran-rstanarm, r-cran-lme4, r-cran-glmmtmb, r-cran-jsonlite);
this script says which of them are missing, and a run leaves out the methods that need them.
PyTensor wants a BLAS to link against: libblas-dev will do.
"""

import argparse
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "benchmarks"
PYTHON = {
    "ours": (f"{ROOT}[arrow]",),
    # ArviZ 0.23, which PyMC 5 needs, cannot be imported beside Matplotlib 3.11
    "bambi": ("bambi", "nutpie", "numpyro", "pyarrow", "matplotlib<3.11"),
    "numpyro": ("numpyro",),
}
R = ("brms", "rstanarm", "lme4", "glmmTMB", "jsonlite")


def interpreter(name):
    """The Python of an environment."""
    return FOLDER / name / "bin" / "python"


def make(name, *, fresh=False):
    """Make an environment; leaves one alone that is there."""
    stamp = FOLDER / name / "installed"
    if stamp.is_file() and not fresh:
        return
    shutil.rmtree(FOLDER / name, ignore_errors=True)
    venv.create(FOLDER / name, with_pip=True)
    pip = [str(interpreter(name)), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "install", *PYTHON[name]], check=True)
    frozen = subprocess.run([*pip, "freeze"], check=True, capture_output=True, text=True)
    stamp.write_text(frozen.stdout, encoding="utf-8")


def refresh():
    """Install this package as it is now: a copy, so that no edit made during a run is measured."""
    pip = [str(interpreter("ours")), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    subprocess.run([*pip, "--no-deps", "--force-reinstall", str(ROOT)], check=True, stderr=subprocess.DEVNULL)


def missing_r():
    """The packages of R that are not installed; all of them where there is no R."""
    if shutil.which("Rscript") is None:
        return set(R)
    wanted = ", ".join(f'"{name}"' for name in R)
    code = f"cat(setdiff(c({wanted}), rownames(installed.packages())))"
    found = subprocess.run(["Rscript", "-e", code], check=True, capture_output=True, text=True)
    return set(found.stdout.split())


def read(name):
    """Read the files of an environment, so that a process does not wait for the disk.

    Before every cold process: some systems write pages off that were not used for some minutes.
    """
    folders = [FOLDER / name]
    if name == "R":
        code = 'cat(.libPaths(), R.home(), sep = "\\n")'
        found = subprocess.run(["Rscript", "-e", code], check=True, capture_output=True, text=True)
        folders = [Path(folder) for folder in found.stdout.split()]
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                path.read_bytes()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(PYTHON), metavar="NAME", help=", ".join(PYTHON))
    parser.add_argument("--fresh", action="store_true", help="make them anew, with the newest versions")
    arguments = parser.parse_args()
    for name in arguments.names:
        make(name, fresh=arguments.fresh)
        print(f"{name}: {interpreter(name)}")
    missing = missing_r()
    print(f"R: missing {', '.join(sorted(missing))}" if missing else "R: all there", file=sys.stderr)


if __name__ == "__main__":
    main()
