"""Numbers that layers, searches and the exports of networks have to agree on."""

# Lower than any score or log-probability, yet finite: sums and products of it have no NaN.
NEVER = -1e9
# What every layer normalisation adds to the variance.
EPSILON = 1e-5
