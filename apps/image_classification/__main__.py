"""`python -m apps.image_classification VERB`, the same as `brickyard-image-classification VERB`."""

from functools import partial

from shared.cli import app_main

main = partial(app_main, "image_classification")

if __name__ == "__main__":
    raise SystemExit(main())
