"""Checks what a wheel holds: ``python -m tests.wheel FILE``."""

import sys
import zipfile

DATA = ("neurosim/neocognitron/patterns/digits.json",)


def main() -> None:
    names = zipfile.ZipFile(sys.argv[1]).namelist()
    tops = {name.split("/")[0] for name in names}
    strangers = {top for top in tops if top not in ("neurosim", "neurosim_cli") and not top.endswith(".dist-info")}
    others = [n for n in names if not n.endswith((".py", "py.typed", *DATA)) and ".dist-info/" not in n]
    others += [f"no {name}" for name in DATA if name not in names]
    if strangers or others:
        sys.exit(f"the wheel holds {sorted(strangers)} {others}")
    print(f"{len(names)} files, only code and {', '.join(DATA)}")


if __name__ == "__main__":
    main()
