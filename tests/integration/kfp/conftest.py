"""The server finds the wheels that lightweight components install where script/bootstrap put them."""

import os
import pathlib

os.environ.setdefault("TREADLE_WHEELS", str(pathlib.Path(__file__).resolve().parents[3] / ".deps/wheels"))
