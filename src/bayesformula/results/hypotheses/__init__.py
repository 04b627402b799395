"""Hypotheses about parameters: text is read (`reading`), names are found (`quantities`), expressions are
computed on draws (`expressions`), and weighed (`evidence`, `density`); `hypothesis` joins them."""
