"""Texts of any size and kind are read or refused at once, in few words and without running out of stack."""

import time
from pathlib import Path

import pytest

from bayesformula.errors import FormulaError
from bayesformula.syntax.lower import lower
from bayesformula.syntax.parse import parse
from bayesformula.syntax.source import MAX_CHARACTERS


def fill(start, unit, end=""):
    """A text as long as is read at all."""
    return start + unit * ((MAX_CHARACTERS - len(start) - len(end)) // len(unit)) + end


def names(n, joined="+", letter="v"):
    return joined.join(f"{letter}{i}" for i in range(n))


ABC = "a+b+c+d+e+f+g+h+i+j+k+l+m"

REFUSED = {
    "parentheses": "y ~ " + "(" * 10_000 + "x" + ")" * 10_000,
    "open parentheses": fill("y ~ ", "("),
    "closing parentheses": fill("y ~ ", ")"),
    "brackets of all kinds": "y ~ " + "({" * 5_000,
    "brackets of all kinds, open": fill("y ~ ", "([{"),
    "deep calls": "y ~ " + "f(" * 30_000 + "x" + ")" * 30_000,
    "characters": "y ~ " + "x" * 99_997,
    "a megabyte of + x": "y ~ x" + " + x" * 250_000,
    "+ x": fill("y ~ x", " + x"),
    "- x": fill("y ~ x", "-x"),
    "x : x": fill("y ~ x", ":x"),
    "x * x": fill("y ~ x", "*x"),
    "x / x": fill("y ~ x", "/x"),
    "x | x": fill("y ~ x", "|x"),
    "(x | x)": fill("y ~ (x", "|x", ")"),
    "%in%": fill("y ~ x", " %in% x"),
    "x^2^2": fill("y ~ x", "^2"),
    "short chain": "y ~ " + ":".join(["x"] * 10_000),
    "signs": fill("y ~ ", "-", "x"),
    "signs apart": fill("y ~ ", "- ", "x"),
    "signs in a call": "y ~ I(" + "-" * 50_000 + "x)",
    "nots": "y ~ I(" + "!" * 50_000 + "x)",
    "powers": "y ~ I(" + "^".join(["x"] * 10_000) + ")",
    "arithmetic": "y ~ I(" + "+".join(["x"] * 10_000) + ")",
    "conjunctions": "y ~ I(" + "&".join(["x>1"] * 5_000) + ")",
    "alternatives": "y ~ I(" + "|".join(["x>1"] * 5_000) + ")",
    "comparisons": fill("y ~ I(x", ">x", ")"),
    "response": "+".join(["y"] * 10_000) + " ~ x",
    "additions": "y | " + "+".join(["weights(w)"] * 6_000) + " ~ x",
    "terms": "y ~ " + names(10_001),
    "power": f"y ~ ({names(24)})^24",
    "square": f"y ~ ({names(3_000)})^2",
    "power of a power": f"y ~ (({ABC})^13):(({ABC})^13)",
    "products": "y ~ " + names(40, "*"),
    "product of sums": f"y ~ ({names(3_000)}):({names(3_000, letter='w')})",
    "factors": "y ~ (1 | " + names(40, "*") + ")",
    "slopes on factors": f"y ~ ({names(3_000)} | {names(3_000, letter='g')})",
    "overlap": f"y ~ ({names(6_000)} | g) + ({names(6_000)} || g)",
    "arguments": "y ~ f(" + ",".join(["x"] * 49_000) + ")",
    "arguments of gr()": "y ~ (1 | gr(" + ",".join(["g"] * 15_000) + "))",
    "formulas": "y ~ x" + "".join(f"; p{i} ~ x" for i in range(5_000)),
    "one formula again": "y ~ x" + "; p ~ x" * 5_000,
    "semicolons": fill("y ~ x", ";"),
    "tildes": fill("y", "~"),
    "tildes and terms": fill("y", "~x"),
    "commas": fill("y ~ x", ","),
    "commas with names": "y ~ x" + ", a = b" * 9_000,
    "formulas after commas": "y ~ x" + ", a ~ b" * 9_000,
    "call of a model": "lmer(y ~ x" + ", a = b" * 9_000 + ")",
    "names side by side": "y ~ " + "x" * 10_000 + " x",
    "junk": fill("y ~ x", " z"),
    "lambdas": fill("y ~ ", "lambda x: "),
    "quotes": fill("y ~ ", "'"),
    "empty texts": fill("y ~ ", "'' "),
    "escapes": "y ~ " + "'\\" * 40_000,
    "tildes in quotes": '"' + "~" * 90_000 + '" x',
    "digits": fill("y ~ ", "9"),
    "digits before a name": fill("y ~ ", "9", "x"),
    "dots": fill("y ~ ", "."),
    "packages": fill("y ~ ", "a::", "f(x)"),
    "colons": fill("y ~ x", ":"),
    "levels": "y ~ " + "x['a']+" * 6_000 + "x",
    "assignment": "a " * 45_000 + "<- lmer(y ~ x)",
    "spaces": " " * 99_000 + "$",
    "newlines": fill("y ~ x", "\n", "z"),
    "comments": fill("y ~ x", "#\n", "z"),
    "null bytes": fill("y ~ x", "\x00"),
    "writing direction": fill("y ~ x", "\u202e"),
    "underscores": fill("y ~ ", "_"),
    "emoji": fill("y ~ x", "😀"),
    "groups side by side": fill("y ~ (1|g)", "(1|g)"),
}


@pytest.mark.parametrize("formula", REFUSED.values(), ids=REFUSED)
def test_large_texts_are_refused_at_once(formula):
    parse("y ~ x")  # the parser is built on first use
    start = time.process_time()
    with pytest.raises(FormulaError) as caught:
        lower(parse(formula))
    # under one second each; the bound tells apart only what grows with the square of the text
    assert time.process_time() - start < 20
    assert len(str(caught.value)) < 1000


READ = {
    "nested parentheses": ("y ~ " + "(" * 100 + "x" + ")" * 100, "y ~ x"),
    "nested sums": ("y ~ " + "(a+" * 99 + "b" + ")" * 99, "y ~ a + b"),
    "nested removals": ("y ~ " + "a-(" * 99 + "b" + ")" * 99, "y ~ a"),
    "nested slashes": ("y ~ " + "(a/" * 99 + "b" + ")" * 99, "y ~ a + a:b"),
    "nested powers": ("y ~ " + "(" * 40 + "a+b" + ")^9" * 40, "y ~ a + b + a:b"),
    "chain of sums": ("y ~ " + ":".join(["(a+b)"] * 200), "y ~ a + b + a:b"),
    "products of one": (f"y ~ ({'+'.join('a' * 3_000)}):({'+'.join('b' * 3_000)})", "y ~ a:b"),
    "one group again": ("y ~ (1|g)" + "+(1|g)" * 4_000, "y ~ 1 + (1 | g)"),
    "comment": (fill("y ~ x #", "x"), "y ~ x"),
    "text": ("y ~ f('" + "x" * 90_000 + "')", 'y ~ f("' + "x" * 90_000 + '")'),
    "symbols in quotes": ("y ~ `" + "+ " * 49_000 + "`", "y ~ `" + "+ " * 49_000 + "`"),
    "name": ("y ~ " + "x" * 10_000, "y ~ " + "x" * 10_000),
    "terms": ("y ~ " + names(10_000), "y ~ " + names(10_000, " + ")),
    "slopes": ("y ~ (0 + " + names(9_000) + " | g)", "y ~ 1 + (0 + " + names(9_000, " + ") + " | g)"),
    "removals from a dot": ("y ~ ." + "".join(f"-v{i}" for i in range(9_000)),
                            "y ~ . - " + names(9_000, " - ")),
    "groups": ("y ~ " + "+".join(f"(1|g{i})" for i in range(4_000)),
               "y ~ 1 + " + " + ".join(f"(1 | g{i})" for i in range(4_000))),
    "terms on one factor": ("y ~ " + "+".join(f"(0+x{i}|g)" for i in range(3_000)),
                            "y ~ 1 + " + " + ".join(f"(0 + x{i} | g)" for i in range(3_000))),
    "calls": ("y ~ " + "f(" * 100 + "x" + ")" * 100, "y ~ " + "f(" * 100 + "x" + ")" * 100),
}  # fmt: skip


@pytest.mark.parametrize(("formula", "text"), READ.values(), ids=READ)
def test_large_texts_within_the_limits_are_read(formula, text):
    start = time.process_time()
    found = lower(parse(formula))
    assert time.process_time() - start < 20
    assert found.text == text
    again = lower(parse(found.text))
    assert again == found
    assert hash(again) == hash(found)
    assert "FormulaSpec" in repr(found)


CODE = [
    "__import__('os').system('touch {path}')", "I(__import__('os').system('touch {path}'))",
    "(lambda: open('{path}', 'w'))()", "[open('{path}', 'w') for q in x]", "f'{{open(\"{path}\", \"w\")}}'",
    "().__class__.__bases__[0].__subclasses__()", "x.__class__.__globals__['os'].system('{path}')",
    "x.to_csv('{path}').y", "(x := 3)", "exec", "x if open('{path}', 'w') else z", "`x`.tofile('{path}')",
    "np.save('{path}', x)", "open('{path}', 'w').write(x)", "*x", "x; import os",
]  # fmt: skip


@pytest.mark.parametrize("code", CODE)
def test_nothing_is_evaluated(code, tmp_path):
    path = tmp_path / "canary"
    if code == "exec":  # a name as any other
        assert lower(parse(f"y ~ {code}")).mu.terms[0].label == "exec"
        return
    with pytest.raises(FormulaError):
        lower(parse("y ~ " + code.format(path=path)))
    assert not path.exists()


def test_what_reads_formulas_has_no_evaluator():
    folder = Path(lower.__code__.co_filename).parent
    text = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    assert not any(word in text for word in ("eval(", "exec(", "getattr(", "import_module", "__import__"))
