"""Lets ``python -m wlz_eval`` be the command ``wlz-eval``."""

from wlz_eval.cli import main

if __name__ == "__main__":
    main()
