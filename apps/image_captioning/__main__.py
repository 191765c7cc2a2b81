"""`python -m apps.image_captioning VERB`, the same as `brickyard-image-captioning VERB`."""

from functools import partial

from shared.cli import app_main

main = partial(app_main, "image_captioning")

if __name__ == "__main__":
    raise SystemExit(main())
