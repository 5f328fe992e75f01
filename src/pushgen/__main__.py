"""`python -m pushgen`."""

from pushgen.cli import main

if __name__ == "__main__":
    main()
