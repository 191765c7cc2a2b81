"""`python -m shared` is the umbrella command `brickyard`, for where scripts are not on the PATH."""

from shared.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
