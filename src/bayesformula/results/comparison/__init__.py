"""How well a model would predict what it has not seen.

`pointwise` weighs draws, `elpd` makes ArviZ's result of it; `loo`, `waic` and `kfold` are what users call, by
row or, with `levels`, `exact` and `quadrature`, by whole levels of a group; `refits` leaves rows out in
earnest, `moments` moves draws instead; `compare` puts models side by side.
"""
