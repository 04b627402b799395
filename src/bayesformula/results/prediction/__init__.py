"""Predictions: what is asked (`request`), of which rows (`target`), at which draws (`draws`), chunk by chunk
(`answers`), with effects of levels that were never seen (`new_levels`); `predict` is what users call.
"""
