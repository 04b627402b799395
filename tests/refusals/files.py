"""Files of data that are refused, as bytes; and odd ones that are read, with what is read."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

PLAIN = "y,x,g\n1.5,1,a\n2.5,3,a\n2.0,2,b\n4.5,5,b\n3.5,4,c\n1.0,0,c\n"
"""What the others spoil."""
MIXED = "y ~ x + (1 | g)"


@dataclass(frozen=True)
class File:
    """A file, and words of the message that `bf fit` must end with.

    Attributes:
        id: what is wrong, in a few words.
        name: of the file.
        content: bytes, or what makes the file (or a folder) at a path.
        words: of the message.
        formula: fitted to it.
        stdin: read from standard input instead.
    """

    id: str
    name: str
    content: bytes | Callable[[Path], None]
    words: tuple[str, ...]
    formula: str = MIXED
    stdin: bool = False

    def make(self) -> None:
        """Put the file into the working folder."""
        if callable(self.content):
            self.content(Path(self.name))
        elif not self.stdin:
            Path(self.name).write_bytes(self.content)


def csv(name: str, text: str | bytes, *words: str, formula: str = MIXED) -> File:
    """A file data.csv."""
    return File(name, "data.csv", text if isinstance(text, bytes) else text.encode(), words, formula)


def column(name: str, *values: object, times: int = 2) -> str:
    """The plain table with a column replaced by values, again and again."""
    lines = [line.split(",") for line in PLAIN.splitlines()]
    place = lines[0].index(name)
    for at, line in enumerate(lines[1:]):
        line[place] = str(values[at % len(values)])
    return "\n".join([",".join(line) for line in lines]) + "\n"


def packed(name: str) -> bytes:
    """The plain table in a zip archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, PLAIN)
    return out.getvalue()


GZIP = gzip.compress(PLAIN.encode() * 50, mtime=0)


def link_to_nothing(path: Path) -> None:
    path.symlink_to("nowhere.csv")


def link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def unreadable(path: Path) -> None:
    path.write_text(PLAIN)
    path.chmod(0)


REFUSED = [
    csv("empty", "", "data.csv", "is empty"),
    csv("blank lines only", "\n\n \n\n", "data.csv", "is empty"),
    csv("a mark of byte order only", b"\xef\xbb\xbf", "data.csv", "is empty"),
    csv("header only", "y,x,g\n", "0 rows"),
    csv("header only, no end of line", "y,x,g", "0 rows"),
    csv("column twice", PLAIN.replace("y,x,g", "y,x,x"), "the same name", "'x'", "rename"),
    csv("column twice but for blanks", PLAIN.replace("y,x,g", "y, x,x "), "the same name", "'x'"),
    csv("column twice in quotes", PLAIN.replace("y,x,g", 'y,x,"x"'), "the same name", "'x'"),
    csv("semicolons", PLAIN.replace(",", ";"), "separated by ';'", 'sep=";"', 'decimal=","'),
    csv("semicolons and decimal commas", "y;x;g\n1,5;1;a\n2,5;3;b\n", "separated by ';'", 'decimal=","'),
    csv("a note for Excel", "sep=,\n" + PLAIN, "first line, sep=,", "delete that line"),
    csv("a note for Excel, semicolons", "sep=;\n" + PLAIN.replace(",", ";"), "first line, sep=;"),
    csv("tabs", PLAIN.replace(",", "\t"), "separated by tabs", ".tsv"),
    csv("blanks between", PLAIN.replace(",", " "), "data.csv", "blanks", "pd.read_csv(path, sep="),
    csv("bars between", PLAIN.replace(",", "|"), "separated by '|'"),
    csv("carets between", PLAIN.replace(",", "^"), "no column 'y'", "'y^x^g'"),
    csv("rows longer than the header", PLAIN.replace("1.5,1,a", "1.5,1,a,9,9"), "data.csv", "row"),
    csv("all rows longer", "y,x,g\n1,2,a,3\n4,5,b,6\n", "more values than the header has names"),
    csv("one row of three", PLAIN.replace("2.0,2,b", "2.0"), "line 4", "1 value", "3 names"),
    csv("one row of two", PLAIN.replace("2.0,2,b", "2.0,2"), "line 4", "2 values", "3 names"),
    csv("a comment between rows", PLAIN.replace("\n2.0", "\n# doubtful\n2.0"), "line 4", "comment"),
    csv("Ctrl-Z at the end", PLAIN + "\x1a", "line 8", "Ctrl-Z"),
    csv("last row cut off", PLAIN + "2.0,", "line 8", "2 values"),
    csv("quote never closed", PLAIN.replace(",b\n4.5", ',"b\n4.5'), "data.csv", "quote", "row 3"),
    csv("quote in the last field never closed", PLAIN + '2,3,"a', "data.csv", "quote"),
    csv("NUL bytes", PLAIN.replace("2.0", "2\0.0"), "data.csv", "NUL"),
    csv("NUL in a label", PLAIN.replace(",b", ",b\0"), "data.csv", "NUL"),
    csv("zeros to the end", PLAIN.encode() + b"\0" * 4096, "data.csv", "NUL"),
    csv("Latin-1", PLAIN.replace(",a", ",\xe9").encode("latin-1"), "not UTF-8", "byte 12",
        "save it as UTF-8"),
    csv("Latin-1 in the header", PLAIN.replace("g\n", "caf\xe9\n").encode("latin-1"), "not UTF-8", "save it"),
    csv("UTF-16", PLAIN.encode("utf-16"), "UTF-16", "save it as UTF-8"),
    csv("UTF-16 without a mark", PLAIN.encode("utf-16-le"), "data.csv", "UTF-16"),
    csv("UTF-32", PLAIN.encode("utf-32"), "data.csv", "UTF-"),
    csv("text in a column of numbers", column("y", 1.5, 2.5, "n.d.", 3), "'y'", "'n.d.'", "na_values"),
    csv("thousands", column("y", '"1,234"', '"2,345"', '"3,456"'), "'y'", "1,234", 'thousands=","'),
    csv("decimal commas in quotes", column("y", '"1,5"', '"2,5"', '"3,7"'), "'y'", "1,5", 'decimal=","'),
    csv("decimal commas out of quotes", column("y", "1,5", "2,5"), "more values than the header has names"),
    csv("money", column("y", "$1.50", "$2.50", "$4.00"), "'y'", "$1.50", "astype(float)"),
    csv("per cent", column("y", "10%", "20%", "35%"), "'y'", "10%", "astype(float)"),
    csv("dates as the response", column("y", "2024-01-01", "2024-02-01", "2024-05-01"), "text", "2024-01-01"),
    csv("inf in the response", column("y", 1.5, "inf", 2.5), "'y'", "infinite", "rows 1, 4"),
    csv("-Infinity in a predictor", column("x", 1, "-Infinity", 2), "'x'", "infinite"),
    csv("numbers beyond all", column("y", 1.5, "1e400", 2.5), "'y'", "infinite"),
    csv("the largest number for a missing value", column("y", 1.5, "1.79e308", 2.5), "'y'", "1.79e+308",
        "missing"),
    csv("all missing", column("y", "NA"), "no rows are left", "'y' is missing in 6"),
    csv("all empty", column("x", ""), "no rows are left", "'x' is missing in 6"),
    csv("missing in every row, in turn", "y,x,g\n1,,a\n,2,b\n3,,c\n,4,d\n", "no rows are left", "'y'", "'x'"),
    csv("response constant", column("y", 2.5), "'y' is 2.5 in all 6 rows"),
    csv("labels that numbers make one, beside a missing one", column("g", "01", "1", "", "2", times=3), "'g'",
        "'01'", "'1'", "write a letter before each"),
    csv("labels that numbers make one, in factor()", column("g", "01", "1", "2"), "'g'", "'01'", "'1'",
        formula="y ~ factor(g)"),
    csv("labels that numbers make one", column("g", "01", "1", "2"), "'g'", "'01'", "'1'",
        'dtype={"g": str}'),
    csv("labels of 17 digits", column("g", 90071992547409931, 90071992547409932), "'g'", "digits",
        'dtype={"g": str}'),
    csv("labels of 30 digits", column("g", "1" * 30, "1" * 29 + "2"), "'g'", "digits", 'dtype={"g": str}'),
    csv("labels of 17 digits and a gap", column("g", 90071992547409931, 90071992547409932, ""), "'g'",
        "digits"),
    csv("a web page", "<!DOCTYPE html><html><body>404</body></html>", "web page"),
    csv("a web page after blanks", "\n\n  <html><body>404</body></html>", "web page"),
    csv("JSON", '[{"y": 1, "x": 2}]', "data.csv", "JSON"),
    csv("a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "data.csv", "no text"),
    csv("a PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "data.csv", "PDF"),
    csv("random bytes", bytes(range(256)) * 8, "data.csv", "NUL"),
    csv("a Parquet file", b"PAR1" + b"\x15\0" * 30 + b"PAR1", "Parquet", ".parquet"),
    csv("a zip archive", packed("data.csv"), "zip archive"),
    csv("packed with gzip", GZIP, "gzip", ".csv.gz"),
    csv("a feather file", b"ARROW1\0\0" + b"\0" * 64, "Feather", ".feather"),
    csv("a saved fit", b"\x89HDF\r\n\x1a\n" + b"\0" * 64, "HDF5"),
    csv("an old spreadsheet", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 64, "spreadsheet"),
    csv("packed with zstd", b"(\xb5/\xfd" + b"\0" * 30, "data.csv", "zstd"),
    csv("a comment first", "# of May\n" + PLAIN, "'# of May'", "comment"),
    csv("columns without names", "1.5,1,a\n2.5,3,b\n2.0,2,c\n", "no column 'y'", "'1.5'"),
    csv("names of another case", PLAIN.replace("y,x,g", "Y,X,G"), "no column 'y'", "'Y'"),
    csv("one long line", "y,x,g" + "a" * 200_000 + "\n1,2,3\n", "field limit", "line 1"),
    File("gzip cut off", "data.csv.gz", GZIP[:60], ("data.csv.gz", "cut off")),
    File("gzip with a wrong checksum", "data.csv.gz", GZIP[:-8] + b"\0" * 8, ("data.csv.gz", "CRC")),
    File("no gzip", "data.csv.gz", PLAIN.encode(), ("data.csv.gz", "gzip")),
    File("empty gzip", "data.csv.gz", b"", ("data.csv.gz", "is empty")),
    File("gzip of nothing", "data.csv.gz", gzip.compress(b""), ("data.csv.gz", "is empty")),
    File("gzip in gzip", "data.csv.gz", gzip.compress(GZIP), ("data.csv.gz", "gzip")),
    File("no Parquet", "data.parquet", PLAIN.encode(), ("data.parquet", "parquet")),
    File("empty Parquet", "data.parquet", b"", ("data.parquet", "parquet")),
    File("no feather", "data.feather", PLAIN.encode(), ("data.feather", "feather")),
    File("commas in a tsv", "data.tsv", PLAIN.encode(), ("commas", ".csv")),
    File("a spreadsheet", "data.xlsx", b"PK", ("data.xlsx", "pd.read_excel")),
    File("text of no kind", "data.txt", PLAIN.encode(), ("data.txt", "pd.read_csv")),
    File("no ending", "data", PLAIN.encode(), ("'data'", ".csv")),
    File("a pickle", "data.pkl", b"\x80\x04.", ("data.pkl", "pd.read_pickle")),
    File("a folder", "folder.csv", Path.mkdir, ("folder.csv", "folder")),
    File("a link to nothing", "data.csv", link_to_nothing, ("no file 'data.csv'",)),
    File("a link to itself", "data.csv", link_to_itself, ("data.csv",)),
    File("a file without permission", "data.csv", unreadable, ("data.csv", "Permission")),
    File("a name that is too long", "d" * 300 + ".csv", lambda path: None, ("cannot be read", "too long")),
    File("nothing at all", "nowhere/data.csv", lambda path: None, ("no file", "nowhere/data.csv")),
    File("standard input empty", "-", b"", ("standard input", "is empty"), stdin=True),
    File("standard input of semicolons", "-", PLAIN.replace(",", ";").encode(), ("standard input", "';'"),
         stdin=True),
    File("standard input not UTF-8", "-", b"y,x,g\n1,2,\xe9\n", ("standard input", "UTF-8"), stdin=True),
    File("standard input a web page", "-", b"<html></html>", ("standard input", "web page"), stdin=True),
]  # fmt: skip


@dataclass(frozen=True)
class Odd:
    """A file that looks odd and is read: levels of its group, or kinds of what `explain --json` says."""

    id: str
    content: bytes
    levels: tuple[str, ...]
    fixed: tuple[str, ...] = ("Intercept", "x")
    said: Mapping[str, str] | None = None


ABC = ("a", "b", "c")


def odd(name: str, text: str | bytes, levels: tuple[str, ...] = ABC, **others) -> Odd:
    return Odd(name, text if isinstance(text, bytes) else text.encode(), levels, **others)


ODD = [
    odd("plain", PLAIN),
    odd("a mark of byte order", b"\xef\xbb\xbf" + PLAIN.encode()),
    odd("carriage returns and line feeds", PLAIN.replace("\n", "\r\n")),
    odd("carriage returns", PLAIN.replace("\n", "\r")),
    odd("no end of the last line", PLAIN.rstrip("\n")),
    odd("everything in quotes",
        "\n".join(",".join(f'"{v}"' for v in line.split(",")) for line in PLAIN.split())),
    odd("line ends inside of quotes", column("g", '"a\nb"', "c"), ("a\nb", "c")),
    odd("quotes inside of quotes", column("g", '"say ""a"""', "c"), ("c", 'say "a"')),
    odd("commas inside of quotes", column("g", '"a, b"', "c"), ("a, b", "c")),
    odd("a last column that is left out for a while, as spreadsheets do",
        "\n".join([PLAIN.split()[0] + ",notes", PLAIN.split()[1] + ",", *PLAIN.split()[2:]])),
    odd("a column called as Parquet files begin",
        "\n".join(["PAR1," + PLAIN.split()[0], *("3," + line for line in PLAIN.split()[1:])])),
    odd("a value that fills a book", "\n".join(
        [PLAIN.split()[0] + ",wkt,z", *(f"{line},{'1' * 140_000}," for line in PLAIN.split()[1:])])),
    odd("emoji", column("g", "\U0001f600", "\U0001f680"), ("\U0001f600", "\U0001f680")),
    odd("other scripts", column("g", "\u0645\u062f\u0631\u0633\u0629", "\u5b66\u6821"),
        ("\u0645\u062f\u0631\u0633\u0629", "\u5b66\u6821")),
    odd("letters composed in two ways stay apart", column("g", "caf\u00e9", "cafe\u0301"),
        ("cafe\u0301", "caf\u00e9"),
        said={"similar-labels": "'cafe\u0301'"}),
    odd("labels that differ in case stay apart", column("g", "North", "north"), ("North", "north"),
        said={"similar-labels": "'North' and 'north'"}),
    odd("labels that differ in blanks stay apart", column("g", "a", "a "), ("a", "a "),
        said={"similar-labels": "'a' and 'a '"}),
    odd("an empty label is a missing one", column("g", "a", "", "b"), ("a", "b"),
        said={"rows-dropped": "2 of 6"}),
    odd("numbers as labels", column("g", 10, 9, 100), ("9", "10", "100")),
    odd("numbers with leading zeros", column("g", "007", "010", "100"), ("7", "10", "100")),
    odd("whole numbers written in two ways are one", column("g", "1", "1.0", "2"), ("1", "2")),
    odd("labels of 16 digits", column("g", 8007199254740991, 8007199254740992),
        ("8007199254740991", "8007199254740992")),
    odd("dates as labels", column("g", "2024-01-01", "2024-02-01"), ("2024-01-01", "2024-02-01")),
    odd("words for truth as labels", column("g", "True", "False"), ("FALSE", "TRUE")),
    odd("a label None", column("g", "None", "some"), ("some",), said={"rows-dropped": "3 of 6"}),
    odd("inf as a label", column("g", "inf", "b"), ("b", "inf")),
    odd("code as a label", column("g", "=cmd()", "<script>alert(1)</script>"),
        ("<script>alert(1)</script>", "=cmd()")),
    odd("a constant group", column("g", "a"), ("a",), said={"one-level-group": "1 level"}),
    odd("a constant predictor", column("x", 7), fixed=("Intercept",), said={"constant-column": "'x'"}),
    odd("a predictor of text", column("x", "lo", "hi"), fixed=("Intercept", "xlo")),
    odd("a predictor of numbers with marks", column("x", '"1,200"', '"2,300"', '"3,100"'),
        fixed=("Intercept", "x2,300", "x3,100"), said={"number-as-text": 'thousands=","'}),
    odd("a predictor of dates", column("x", "2024-01-01", "2024-02-01"), fixed=("Intercept", "x2024-02-01")),
    odd("a predictor of whole numbers of 30 digits", column("x", "1" * 30, "2" * 30, "5" * 30)),
    odd("columns that nobody reads",
        PLAIN.replace("g\n", "g,junk\n").replace("a\n", "a,\xe9\n").replace("b\n", "b,1\n")
        .replace("c\n", "c,\n")),
]  # fmt: skip
