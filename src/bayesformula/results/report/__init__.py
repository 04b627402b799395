"""A fit as one HTML file that needs nothing else: no network, no script, no other file.

`report` is what users call, `page` puts the sections together; `model`, `data`, `estimates`, `priors`,
`sampling`, `predictive`, `effects`, `levels` and `again` make one section each, from the pieces of `markup`
and the pictures of `pictures`. A section that cannot be made of a fit says why.
"""
