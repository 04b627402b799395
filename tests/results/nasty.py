"""Files that a stranger could send: each a change of a good one, made anew from code.

`NASTY` changes what HDF5 holds, `FORGED` the JSON texts of a model; both are sealed again, so that the
checksum is no help. Each has words of the message that it must end in.
"""

from __future__ import annotations

import gzip
import json
import struct
from pathlib import Path

import h5py
import numpy as np

from bayesformula.results import store
from bayesformula.results.container import Container, Refused

FILES = Path(__file__).parent / "files"
KEPT = ("format2", "format2_sigma", "format2_cov", "format2_zeros")


def kept(name="format2"):
    """Bytes of a file that some version wrote."""
    return gzip.decompress((FILES / f"{name}.nc.gz").read_bytes())


def seal(path):
    """Put the checksum right again, as far as the file can be read at all."""
    try:
        with Container(path) as container:
            groups = container.groups()
        with h5py.File(path, "r+") as content:
            content.attrs["digest"] = store.digest(groups)
    except (Refused, OSError, RuntimeError, ValueError, KeyError, TypeError):
        return


def without_storage(content, name, shape, **options):
    content.create_dataset(name, shape=shape, dtype="f8", **options)


def virtual(content):
    layout = h5py.VirtualLayout(shape=(4,), dtype="f8")
    layout[:] = h5py.VirtualSource("/etc/hosts", "data", shape=(4,))
    content.create_virtual_dataset("rows/column_9", layout)


def linked_often(content):
    for i in range(3_000):
        content[f"rows/column_{i + 100}"] = content["posterior/r_g"]


def typed(content, dtype, shape=(3,)):
    content.create_dataset("rows/column_9", shape=shape, dtype=dtype)


def replaced(content, name, value):
    del content[name]
    content[name] = value


def named_type(content):
    content["rows/column_9"] = np.dtype("f8")


def attribute(content, name, value):
    del content.attrs[name]
    content.attrs[name] = value


def bad_text(content):
    content["rows/column_3"][0] = b"\xff\xfe"


NASTY = {
    "a link to a file of the reader's": (
        lambda c: c.__setitem__("rows/column_9", h5py.ExternalLink("/etc/hosts", "/")),
        "is a link",
    ),
    "a link to itself": (
        lambda c: c.__setitem__("rows/column_9", h5py.SoftLink("/rows/column_9")),
        "is a link",
    ),
    "a group that holds the whole": (lambda c: c.__setitem__("rows/whole", c["/"]), "is no array"),
    "the whole under another name": (lambda c: c.__setitem__("whole", c["/"]), "no 'whole'"),
    "one array three thousand times": (linked_often, "larger than the file"),
    "numbers of another HDF5 file": (virtual, "kept elsewhere"),
    "numbers of any file": (
        lambda c: without_storage(c, "rows/column_9", (4,), external=[("/etc/hosts", 0, 32)]),
        "kept elsewhere",
    ),
    "a terabyte of nothing": (
        lambda c: without_storage(c, "rows/column_9", (10**12,), chunks=(10**6,)),
        "larger than the file",
    ),
    "a terabyte in a row": (lambda c: without_storage(c, "rows/column_9", (10**12,)), "larger than the file"),
    "more than can be counted": (
        lambda c: without_storage(c, "rows/column_9", (2**31, 2**20), chunks=(1024, 1024)),
        "larger than the file",
    ),
    "zeros that are nowhere": (lambda c: without_storage(c, "rows/column_9", (40,)), "not all there"),
    "a bomb": (
        lambda c: without_storage(c, "rows/column_9", (10**11,), chunks=(2**17,), compression="gzip"),
        "is compressed",
    ),
    "shuffled": (
        lambda c: without_storage(c, "rows/column_9", (40,), chunks=(40,), shuffle=True),
        "is compressed",
    ),
    "references": (lambda c: typed(c, h5py.ref_dtype), "neither numbers nor texts"),
    "regions": (lambda c: typed(c, h5py.regionref_dtype), "neither numbers nor texts"),
    "records": (lambda c: typed(c, [("a", "f8"), ("b", "i4")]), "neither numbers nor texts"),
    "lists": (lambda c: typed(c, h5py.vlen_dtype("f8")), "neither numbers nor texts"),
    "opaque bytes": (lambda c: typed(c, "V8"), "neither numbers nor texts"),
    "complex numbers": (lambda c: typed(c, "c16"), "neither numbers nor texts"),
    "long doubles": (lambda c: typed(c, "g"), "neither numbers nor texts"),
    "texts of one length": (lambda c: typed(c, "S8"), "neither numbers nor texts"),
    "a type in place of an array": (named_type, "is no array"),
    "nothing in place of an array": (
        lambda c: replaced(c, "rows/column_0", h5py.Empty("f8")),
        "has no shape",
    ),
    "a number in place of a group": (lambda c: replaced(c, "rows", 1.0), "is no group"),
    "a kind of a million texts": (
        lambda c: attribute(c, "kind", np.array(["bayesformula fit"] * 3, object)),
        "neither a number nor a text",
    ),
    "a checksum that is a number": (lambda c: attribute(c, "digest", 7), "not those that were saved"),
    "a format that is a text": (lambda c: attribute(c, "format", "2"), "no format number"),
    "no such format yet": (lambda c: attribute(c, "format", 2**40), "newer version"),
    "text that is none": (bad_text, "cannot be read"),
    "no draws of the sampler": (lambda c: c.__delitem__("sampler/z"), "is damaged"),
    "no draws of a parameter": (lambda c: c.__delitem__("posterior/sigma"), "'sigma' are not there"),
    "no groups": (lambda c: c.__delitem__("posterior"), "is damaged"),
    "draws of another shape": (lambda c: replaced(c, "posterior/b", np.zeros((2, 10, 9))), "another shape"),
    "draws that are whole numbers": (
        lambda c: replaced(c, "posterior/sigma", np.ones((2, 10), int)),
        "another shape or type",
    ),
    "draws that are texts": (
        lambda c: replaced(c, "posterior/sigma", np.full((2, 10), "x", object)),
        "another shape or type",
    ),
    "fewer draws than it says": (lambda c: replaced(c, "sampler/z", np.zeros((2, 3, 4))), "another shape"),
    "a count that is missing": (lambda c: c.__delitem__("sample_stats/n_steps"), "not all there"),
    "a count of another shape": (
        lambda c: replaced(c, "sample_stats/n_steps", np.zeros((2, 9))),
        "has another shape",
    ),
    "a row that is missing": (lambda c: replaced(c, "rows/column_0", np.zeros(39)), "is damaged"),
    "a matrix in place of a column": (lambda c: replaced(c, "rows/column_0", np.zeros((40, 2))), "is none"),
}
"""What is done to the file that is open, and words of the refusal."""


def many_texts_of_one(path):
    """A hundred thousand rows that are all one text of a megabyte: 16 bytes each in the file."""
    with h5py.File(path, "r+") as content:
        del content["rows/column_3"]
        texts = content.create_dataset("rows/column_3", (100_000,), h5py.string_dtype())
        texts[0] = "x" * 2**20
        texts[1:3] = "y"
        offset = texts.id.get_offset()
    data = bytearray(path.read_bytes())
    pointer = bytes(data[offset : offset + 16])
    assert struct.unpack("<I", pointer[:4])[0] == 2**20
    data[offset : offset + 16 * 100_000] = pointer * 100_000
    path.write_bytes(data)


# ---- texts ----


def change(content, name, alter):
    """One of the model's JSON texts, altered as a value, or replaced."""
    text = content[f"model/{name}"].asstr()[()]
    new = alter if isinstance(alter, str) else json.dumps(alter(json.loads(text)))
    del content[f"model/{name}"]
    content[f"model/{name}"] = new


def put(*path, value):
    """What is altered in a value: the place, and what is put there."""

    def alter(root):
        place = root
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        return root

    return alter


def many_columns(root):
    """Five factors of a thousand levels, multiplied: a design of 10^15 columns from some kilobytes."""
    schema = root["schema"]
    factor = next(v for v in schema["variables"] if v["kind"] == "factor")
    names = [f"f{i}" for i in range(5)]
    levels = [str(i) for i in range(1_000)]
    schema["variables"] += [{**factor, "label": name, "levels": levels} for name in names]
    schema["parameters"][0]["terms"] += [{"is": "TermSchema", "variables": names, "full": [True] * 5}]
    return root


SCHEMA = ("schema",)
FORGED = {
    "no JSON": ("spec", "{", "JSONDecodeError"),
    "nothing": ("spec", "", "JSONDecodeError"),
    "a list": ("spec", "[]", "no object"),
    "deep nesting": ("spec", "[" * 200_000, "RecursionError"),
    "deep nesting, closed": ("schema", "[" * 50_000 + "]" * 50_000, "RecursionError"),
    "a number of a million digits": ("facts", '{"n_dropped": ' + "9" * 10**6 + "}", "ValueError"),
    "a class of Python's": ("schema", put("schema", value={"is": "system", "args": "true"}), "'system'"),
    "a class of its own in the wrong place": (
        "schema",
        put("schema", "columns", value=[{"is": "Span", "start": 1, "stop": 2}]),
        "another type",
    ),
    "a formula of another type": ("spec", put("formula", value=["y ~ x"]), "is damaged"),
    "columns that are a text": ("spec", put("predictors", 0, "columns", value="abcd"), "in place of a list"),
    "columns that are numbers": ("spec", put("predictors", 0, "columns", value=[1, 2]), "another type"),
    "an unknown field": ("spec", put("predictors", 0, "evil", value=1), "evil"),
    "no predictor": ("spec", put("predictors", value=[]), "no predictor"),
    "an unknown family": ("spec", put("family", "name", value="os.system"), "no family"),
    "an unknown link": ("spec", put("family", "links", 0, value=["mu", "eval"]), "no link"),
    "an unknown prior": ("spec", put("priors", 0, "prior", "distribution", value="eval"), "no such prior"),
    "a prior with no numbers": ("spec", put("priors", 0, "prior", "arguments", value=[]), "no such prior"),
    "a billion levels": ("spec", put("groups", 0, "n_levels", value=10**9), "another shape"),
    "a negative number of levels": ("spec", put("groups", 0, "n_levels", value=-5), "is damaged"),
    "blocks that overlap": ("spec", put("groups", 0, "blocks", value=[[0, 1], [0]]), "blocks"),
    "a billion rows": ("spec", put("n_rows", value=10**9), "10"),
    "an unknown plan": ("plan", put("name", value="evil"), "no plan 'evil'"),
    "a plan with more to it": ("plan", put("evil", value="evil"), "should be a plan"),
    "a billion draws": ("config", put("draws", value=10**9), "another shape"),
    "options of another type": ("config", put("seed", value=[1]), "another type"),
    "levels that are numbers": ("levels", put("g", 0, value=[1, 2, 3, 4, 5]), "are no texts"),
    "levels of another group": ("levels", put("h", value=[["a"], [["a"]]]), "other groups"),
    "one level twice": ("levels", put("g", 0, value=["g0"] * 5), "other levels"),
    "10^15 columns": ("schema", many_columns, "columns, others than were learnt"),
    "a term of unknown variables": (
        "schema",
        put("schema", "parameters", 0, "terms", 0, "variables", value=["nothing"]),
        "nothing was learnt of",
    ),
    "a level of no part": (
        "schema",
        put("schema", "parameters", 0, "groups", 0, "codes", value=[[0, 1, 2, 3, 99]]),
        "a part that is none",
    ),
    "rows that were not learnt from": ("schema", put("schema", "n_rows", value=7), "40 rows"),
    "timing that is a list": ("timing", "[]", "timing"),
    "nothing of the device": ("timing", put("device", value=1.5), "where it ran"),
    "weighed points that are none": ("facts", put("importance", value={"x": 1.0}), "weighed points"),
    "versions that are lists": ("versions", put("jax", value=[[]]), "versions"),
    "a finding with more to it": ("findings", '[{"code": 1}]', "should be a finding"),
}
"""Which text of the model is altered, how, and words of the refusal."""
