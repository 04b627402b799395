"""Block elimination: the Cholesky factor of a mixed model's precision matrix without ever forming it.

With T = [X, Z_1, ..., Z_K, r] the rows enter only through the cross-products S = T' W T. For one
value of the variance parameters the joint precision of (v, beta) is P = A' S A + prior, where every
grouping factor contributes a matrix that is block-diagonal over its levels. The order of elimination
is symbolic and found once:

* the *chain*: factors each of which is nested in the next (`a:b:c` in `a:b` in `a`). Eliminating the
  innermost leaves the next one block-diagonal, so the cost is linear in the levels at every depth;
* the *border*: everything else (factors crossed with the chain, the population coefficients and,
  as a last column, the response), dense.

The response rides along as a column, so that one pass gives log |P|, the quadratic form of the
density and what is needed to draw from the posterior of (v, beta).

What the forms of this code are worth, measured on two busy cores, interleaved with what it replaced (levels
first, all of S scaled, derivatives left to JAX); a gradient of the marginal density then took:

* levels last and hand-written derivatives of two products: a fifth for 20,000 levels x 2 and for 2,000 x 3,
  four tenths for three nested levels (2,220 in all, slopes at each), a half for 316 x 24 crossed, three
  quarters for 18 levels x 2, and no more time to compile;
* cells in place of columns where two crossed factors meet in few cells, and the corner differentiated by
  blocks: a fifth for 2,972 x 1,128 crossed; and three quarters of that again (97 ms and 129, one core) since
  their pairs are taken some thousands at a time and only the lower half of the corner is kept.

References: Bates et al. (2015), doi:10.18637/jss.v067.i01, section 3.
"""

from bayesformula.compiler.elimination.alike import merged
from bayesformula.compiler.elimination.draws import draw, given_chain
from bayesformula.compiler.elimination.factor import Factor, Prior, eliminate
from bayesformula.compiler.elimination.products import CrossProducts, GroupRows, ProductSums, cross_products

__all__ = [
    "CrossProducts",
    "Factor",
    "GroupRows",
    "Prior",
    "ProductSums",
    "cross_products",
    "draw",
    "eliminate",
    "given_chain",
    "merged",
]
