"""A table: family -> NumPyro distribution of the response given its linear predictors."""
