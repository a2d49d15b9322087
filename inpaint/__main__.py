"""`python -m inpaint` and the console command `inpaint`."""

from inpaint.cli import main

if __name__ == "__main__":
    main()
