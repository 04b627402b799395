"""A fit, from end to end, in seconds: what is run on every Python."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import bayesformula as bf


def test_smoke_fit_save_load(tmp_path):
    cafes = bf.datasets.load("cafes")
    fit = bf.fit("wait ~ afternoon + (1 + afternoon | cafe)", cafes, draws=500, warmup=500)
    truth = bf.datasets.truth("cafes")
    summary = fit.summary()
    assert all(abs(summary["mean"][n] - truth[n]) < 4 * summary["sd"][n] for n in truth)
    assert fit.health.is_healthy
    fit.save(tmp_path / "fit.nc")
    again = bf.load(tmp_path / "fit.nc")
    assert np.array_equal(again.summary(), summary)
    assert fit.data_tree["posterior"]["r_cafe"].sizes == {"chain": 4, "draw": 500, "cafe": 20, "coef_cafe": 2}


def test_smoke_arviz_reads_the_tree():
    import arviz_stats

    fit = bf.fit("Reaction ~ Days", bf.datasets.load("sleepstudy"), draws=500, warmup=500)
    table = arviz_stats.summary(fit.data_tree, var_names=["b", "sigma"])
    assert len(table) == 3


@pytest.mark.cli
def test_smoke_command_line(tmp_path):
    table = tmp_path / "cafes.csv"
    table.write_text(bf.datasets.load("cafes").to_csv(index=False))
    command = [sys.executable, "-m", "bayesformula.cli", "fit", "wait ~ afternoon + (1 | cafe)", str(table)]
    done = subprocess.run(
        [*command, "--draws", "500", "--warmup", "500"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "sd(Intercept)" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
