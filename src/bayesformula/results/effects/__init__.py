"""What the predictors do to the answer: grids of rows (`grid`), predictions at them and their averages
(`predictions`), contrasts and slopes (`contrasts`), one predictor after another (`conditional`).
"""
