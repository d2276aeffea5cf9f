"""A run's file as others read it: h5dump, ncdump, h5py, pandas, xarray. test_readers.py LOSSMILL"""
import hashlib
import os
import stat

import h5py
import netCDF4
import numpy as np
import pandas as pd
import xarray as xr

from program import SHARED, call, check, checks_tell, execute, folder_write

STUDY = {
    "study.ini": """[study]
title = Readers' study
currency = EUR
as_of = 2026-01-15
years = 140001
seed = 11
[groups]
by = class, business_unit, class*business_unit
[report]
return_periods = 10, 100
quantiles = 0.95, 0.99
""",
    "assets.csv": """asset_id,name,class,business_unit,value,quantity
web-1,Web shop,server,Retail,250000,2
erp,Küche ERP,server,Logistik Süd,900000,1
lap,Laptop,client,Retail,1500,40
""",
    "threats.csv": "threat_id,name\ncrime,Organised crime\n",
    "scenarios.csv": """scenario_id,name,owner,threat_id,assets,effect,frequency,primary_response,primary_fines
ransom,Ransomware,CIO,crime,class=server,A,0.6,lognormal90 10000 400000,uniform 0 50000
theft,Stolen laptop,CFO,crime,class=client,C,2,pert 500 1500 9000,
""",
    "treatments.csv": """treatment_id,name,option,owner,due,state,cost_upfront,cost_annual
backup,Küche backups,modify,CIO,2026-12-01,candidate,50000,2000
crypt,Encrypted disks,modify,CFO,,candidate,5000,
""",
    "effects.csv": """treatment_id,scenarios,factor,operation,amount
backup,scenario_id=ransom,primary,multiply,0.5
crypt,scenario_id=theft,frequency,multiply,0.1
""",
    "appetite.csv": """scope,loss,probability
portfolio,1,0.001
class=client,1e12,0.5
""",
}

def text_of(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def datasets(file):
    found = {}
    file.visititems(lambda name, x: found.__setitem__("/" + name, x)
                    if isinstance(x, h5py.Dataset) else None)
    return found


def content_sha256(file):
    """The rule of engine/results/schema.h: it depends on no library's version."""
    lines = []
    for path, data in datasets(file).items():
        cells = data[()]
        lines.append((path.encode(), hashlib.sha256(np.ascontiguousarray(cells).tobytes())))
    text = b"".join(h.hexdigest().encode() + b"  " + p + b"\n" for p, h in sorted(lines, key=lambda x: x[0]))
    return hashlib.sha256(text).hexdigest()


def with_h5py(path, inputs):
    with h5py.File(path) as file:
        check("content_sha256 can be recomputed",
              content_sha256(file) == text_of(file.attrs["content_sha256"]))
        for name, data in datasets(file).items():
            check("every dimension has a name",
                  h5py.h5ds.is_scale(data.id) or all(len(d.keys()) == 1 for d in data.dims), name)
            check("every dataset has a long_name", "long_name" in data.attrs, name)
            check("every number has units", data.dtype.kind == "S" or "units" in data.attrs, name)
            check("no 64-bit integers", data.dtype not in (np.int64, np.uint64), name)
        years = int(file.attrs["years"])
        loss = file["/portfolio/annual_loss"]
        check("one loss per year", loss.shape == (years,) and loss.dtype == np.float64)
        check("money has the currency as its unit", text_of(loss.attrs["units"]) == "EUR")
        check("mean of the years is the AAL",
              abs(loss[:].mean() / file["/summary/aal"][0] - 1) < 1e-9)
        check("money is exact in cents", np.array_equal(np.round(loss[:] * 100) / 100, loss[:]))
        total = sum(file["/group/class/annual_loss"][:])
        check("groups add up to the portfolio", np.allclose(total, loss[:], rtol=1e-12))
        check("crossed columns are percent-encoded", "class%2Abusiness_unit" in file["/group"])
        crossed = file.get("/group/class%2Abusiness_unit")
        check("and keep their name",
              crossed is not None and text_of(crossed.attrs["column"]) == "class*business_unit")
        check("names are UTF-8", "Küche ERP" in list(file["/asset/name"].asstr()[:]))
        for name, text in inputs.items():
            kept = file.get("/study/" + name)
            if kept is None:
                check("every input is kept", False, name)
                continue
            check("inputs are kept to the byte", bytes(kept[:].tobytes()) == text.encode(), name)
            check("with their hash", text_of(kept.attrs["sha256"]) == hashlib.sha256(text.encode()).hexdigest(), name)
        table = pd.DataFrame({name: (file[f"/scenario/{name}"].asstr()[:]
                                     if file[f"/scenario/{name}"].dtype.kind == "S"
                                     else file[f"/scenario/{name}"][:])
                              for name in ("scenario_id", "name", "aal", "event_rate")})
        rows = pd.read_csv(os.path.join(os.path.dirname(path), "study", "scenarios.csv"))
        joined = rows.merge(table, on="scenario_id", suffixes=("", "_result"))
        check("pandas joins by id", len(joined) == 2 and (joined["name"] == joined["name_result"]).all())
        groups = sorted({os.path.dirname(name) for name in datasets(file)})
        return groups, float(file["/summary/aal"][0])


def with_netcdf(path, groups):
    """Numbers only: netCDF-C 4.9.0 (Debian 12) has room for one string where it reads an array of
    fixed-length ones, and the process dies. Headers and numbers are unharmed."""
    with netCDF4.Dataset(path) as file:
        for group in groups:
            for name, variable in file[group].variables.items():
                check("netCDF names the dimensions", len(variable.dimensions) == variable.ndim and
                      all(d in file[group].variables for d in variable.dimensions),
                      f"{group}/{name}")
                if variable.dtype is not str:
                    check("netCDF reads the numbers", variable[:].size == variable.size,
                          f"{group}/{name}")


def with_xarray(path, groups, aal):
    for group in groups:
        with xr.open_dataset(path, group=group, engine="h5netcdf") as data:
            data.load()
            check("xarray knows every dimension",
                  all(str(d) in data.coords for d in data.dims), group)
            check("and every long_name", all("long_name" in v.attrs
                                             for v in data.variables.values()), group)
    with xr.open_dataset(path, group="summary", engine="h5netcdf") as data:
        rows = [text_of(x) for x in data["row"].values]
        check("rows are labelled", rows[0] == "portfolio" and "class=server" in rows, rows)
        check("by name comes the AAL", float(data["aal"][0]) == aal)
        check("levels are coordinates", list(data["quantile"].values) == [0.95, 0.99])
        check("var has named dimensions", data["var"].dims == ("row", "quantile"))
        check("units come along", data["aal"].attrs["units"] == "EUR")
    with xr.open_dataset(path, group="group/class", engine="h5netcdf") as data:
        check("groups x years", data["annual_loss"].dims == ("group", "year"))
    with xr.open_dataset(path, group="asset", engine="h5netcdf") as data:
        check("assets are selected by id",
              [text_of(x) for x in data["asset_id"].values] == ["erp", "lap", "web-1"])


def with_treatments(path):
    with xr.open_dataset(path, group="treatment", engine="h5netcdf") as data:
        check("treatments are selected by id",
              [text_of(x) for x in data["treatment_id"].values] == ["backup", "crypt"])
        check("enumerations are words", [text_of(x) for x in data["state"].values] == ["candidate"] * 2)
        check("treatments x levels", data["tvar_reduction"].dims == ("treatment_id", "quantile"))
        check("treatments x points", data["exceeds"].dims == ("treatment_id", "point"))
        check("ranks are a permutation", sorted(data["rank"].values) == [1, 2])
        check("what they depend on is said", text_of(data.attrs["objective"]) in ("aal", "tvar", "net_benefit")
              and np.ravel(data.attrs["tvar_level"])[0] == 0.99)
        with xr.open_dataset(path, group="portfolio", engine="h5netcdf") as base:
            saved = base["annual_loss"] - data["annual_loss"]
            check("reductions are those of the years", np.allclose(saved.mean("year"), data["aal_reduction"]))
            check("a reduction makes no year worse", bool((saved >= 0).all()))
    with xr.open_dataset(path, group="plan", engine="h5netcdf") as data:
        check("plans are sets of treatments", data["chosen"].dims == ("plan", "treatment_id") and
              set(np.unique(data["chosen"].values)) <= {0, 1})
        check("a plan costs what its treatments do", data["annualised_cost"].values[0] <=
              data["annualised_cost"].values[-1])
    with xr.open_dataset(path, group="appetite", engine="h5netcdf") as data:
        check("the appetite is judged",
              [text_of(x) for x in data["verdict"].values] == ["breached", "within"])
        check("points are labelled", [text_of(x) for x in data["scope"].values] == ["portfolio", "class=client"])


def with_tools(path):
    for command, expected in ((["h5dump", "-H", path], ["DIMENSION_LIST", "annual_loss"]),
                              (["h5dump", path], ["ransom"]),
                              (["ncdump", "-h", path], ["year = ", 'units = "EUR"', "group: summary"])):
        text, err = execute(*command)
        check(" ".join(map(str, command[:-1])), all(e in text for e in expected), err[:300])
        check("no unnamed dimension in " + command[0], "phony_dim" not in text)


def main():
    runs = [SHARED / name for name in ("x.h5", "y.h5")]
    study = folder_write(SHARED / "study", STUDY)
    for run, threads in zip(runs, (1, 2)):
        call("run", study, "-o", run, "--threads", threads)
    check("two runs are the same bytes", runs[0].read_bytes() == runs[1].read_bytes())
    check("readable by its owner only", stat.S_IMODE(runs[0].stat().st_mode) == 0o600)
    groups, aal = with_h5py(runs[0], STUDY)
    with_netcdf(runs[0], groups)
    with_xarray(runs[0], groups, aal)
    with_treatments(runs[0])
    with_tools(runs[0])
    check("nothing else is left", sorted(os.listdir(SHARED)) == ["study", "x.h5", "y.h5"])


main()
checks_tell()
