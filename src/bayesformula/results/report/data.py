"""What was learnt from: columns and rows, and what the checks found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayesformula.results.report.markup import Section, heading, note, number, paragraph, safe, table

if TYPE_CHECKING:
    import pandas as pd

    from bayesformula.results.fit import Fit

MAX_COLUMNS, MAX_LEVELS = 60, 5
WITHOUT_ROWS = "This fit was saved without its rows (data=False): sections that need them are left out."


def section(fit: Fit) -> Section:
    """Columns that the formula reads, and findings."""
    dropped = f"; {fit.n_dropped:,} left out for missing values" if fit.n_dropped else ""
    parts = [paragraph(f"{fit.spec.n_rows:,} rows{dropped}.")]
    if fit.frame is None:
        parts += [paragraph(f"Columns: {', '.join(fit.schema.columns)}."), note(WITHOUT_ROWS)]
    else:
        columns = [_column(values, str(name)) for name, values in fit.frame.items()]
        parts.append(table(("column", "holds"), columns, words=2, most=MAX_COLUMNS))
    parts.append(heading("Findings"))
    if not fit.findings:
        parts.append(paragraph("The checks of data and design found nothing to mention."))
    for finding in fit.findings:
        severity = str(getattr(finding.severity, "value", finding.severity))
        parts.append(
            f'<p class="finding"><b>{safe(severity)}</b> {safe(finding.message)} '
            f"<code>{safe(finding.code)}</code></p>"
        )
    return Section("data", "Data", tuple(parts))


def _column(values: pd.Series, name: str) -> tuple[str, str]:
    """Name of a column and what is in it: range and mean of numbers, levels of everything else."""
    import pandas as pd

    is_number = pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype)
    if is_number:
        x = values.to_numpy(float)
        text = f"numbers from {number(x.min())} to {number(x.max())}, mean {number(x.mean())}"
        return name, f"{text}, sd {number(x.std(ddof=1))}" if len(x) > 1 else text
    if isinstance(values.dtype, pd.CategoricalDtype):
        levels = [str(level) for level in values.cat.categories]
        between = " < " if values.dtype.ordered else ", "
    else:
        levels, between = [str(level) for level in sorted(values.unique(), key=str)], ", "
    shown = levels if len(levels) <= MAX_LEVELS + 1 else [*levels[:MAX_LEVELS], "..."]
    return name, f"{len(levels)} level{'s' * (len(levels) != 1)}: {between.join(shown)}"
