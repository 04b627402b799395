"""Fuzz what strangers can hand to the package: `python tests/fuzz/run.py [TARGET ...] --seconds 300`.

Prints what each target did; inputs that failed are made small and saved in `corpus/TARGET/`. Ends with 1
if there were any.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:] = [str(HERE.parent), *(path for path in sys.path if Path(path).resolve() != HERE)]

if __name__ == "__main__":
    from fuzz.session import main

    sys.exit(main())
