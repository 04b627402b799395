"""After the fit: what will a new subject do, does the slope vary, and is the model any good?

Sleepstudy, correlated intercepts and slopes, against the same model without varying slopes.

Prints predictions for a known and for a new subject, the slope on average and of some subjects, the
comparison of the two models, the evidence that reaction times grow, and R-squared. Writes two pictures.
"""

import bayesformula as bf


def main():
    sleep = bf.datasets.load("sleepstudy")
    slopes = bf.fit("Reaction ~ Days + (Days | Subject)", sleep)
    intercepts = bf.fit("Reaction ~ Days + (1 | Subject)", sleep)

    print("Reaction times of subject 308 and of one that nobody has seen:")
    days = {"Days": [0, 9, 0, 9], "Subject": ["308", "308", "new", "new"]}
    print(slopes.predict(days, new_levels="sample", summary=True).round(0).to_string())
    print("\nOne night more, on average over the rows and for three subjects:")
    print(slopes.slopes("Days").round(1).to_string(index=False))
    print(slopes.slopes("Days", by="Subject").head(3).round(1).to_string(index=False))
    print("\nDo slopes vary?")
    print(bf.compare({"slopes": slopes, "intercepts": intercepts}))
    print(slopes.hypothesis(["Days > 0", "sd[Subject, Days] > 2"]))
    print("\nHow much is explained, and how much lies between subjects:")
    print(slopes.r2().round(2).to_string())
    print(intercepts.icc().round(2).to_string())
    slopes.pp_check("loo_pit").savefig("loo_pit.png")
    slopes.plot_shrinkage().get_figure().savefig("shrinkage.png")
    return slopes, intercepts


if __name__ == "__main__":
    main()
