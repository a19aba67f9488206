# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""`python -m leadfunnel`: the command line."""

from .cli import main

if __name__ == "__main__":
    main()
