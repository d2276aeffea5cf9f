"""The notebooks, executed on runs made here: no error, no warning, and what their asserts say holds.
test_notebooks.py LOSSMILL [FOLDER]

With FOLDER, what was executed is kept there, with its pictures: to look at."""
import os
import pathlib
import re
import sys

import h5py
import nbclient
import nbformat

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "commands"))
from program import DATASETS, ROOT, SHARED, call, check, checks_tell

PAGES = ROOT / "scripts" / "notebooks"
YEARS = 10000  # as few as the studies' return periods allow


def runs_made(folder):
    """The commands that README and notebooks name, with fewer years."""
    example, thousand = folder / "midsize-manufacturer.h5", folder / "thousand.h5"
    call("run", DATASETS / "midsize-manufacturer", "-o", example, "--years", YEARS, "--quiet")
    call("generate", folder / "thousand", "--assets", 2000, "--scenarios", 1000)
    call("run", folder / "thousand", "-o", thousand, "--years", YEARS, "--quiet")
    return {run.stem: run for run in (example, thousand)}


def is_stored_without_output(path, notebook):
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    check("a notebook has no output", not any(cell.outputs or cell.execution_count for cell in code), path.name)
    ids = [cell.id for cell in notebook.cells]
    check("cells have ids of their own", len(set(ids)) == len(ids), path.name)
    check("nothing else is stored", set(notebook.metadata) == {"kernelspec", "language_info"}
          and not any(cell.metadata for cell in notebook.cells), path.name)
    check("and the first cell says what it is", notebook.cells[0].source.startswith("# "), path.name)


def names_what_is_there(path, text, file):
    """Paths in a page's prose. What its code names, its execution finds or does not."""
    for named in re.findall(r"(?<![\w./])/[a-z_]+(?:/\w+)*", text):
        there = named.replace("/COLUMN", "/business_unit")
        check("a path that a page names is in the file", there in file, f"{path.name}: {named}")


def run_named_by(notebook):
    """The file that the notebook opens unless told otherwise."""
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    return re.search(r'"LOSSMILL_RUN", "\.\./\.\./build/([\w-]+)\.h5"', code)[1]


def runs_without_a_word(path, notebook, run, keep):
    os.environ["LOSSMILL_RUN"] = str(run)
    client = nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3",
                                     resources={"metadata": {"path": str(run.parent)}})
    try:
        client.execute()
    except nbclient.exceptions.CellExecutionError as error:
        check("a notebook runs", False, f"{path.name}\n{error}")
    if keep:
        nbformat.write(notebook, pathlib.Path(keep) / path.name)
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    for output in outputs:
        if output.output_type == "stream" and output.name == "stderr":
            check("a notebook warns of nothing", False, f"{path.name}\n{output.text}")
    pictures = sum("image/png" in output.get("data", {}) for output in outputs)
    drawn = sum(cell.source.count("plt.show()") for cell in notebook.cells)
    check("every picture is drawn", pictures == drawn > 0, f"{path.name}: {pictures} of {drawn}")


def main():
    keep = sys.argv[2] if len(sys.argv) > 2 else None
    # Jupyter's own files go here, too; its debugger's advice is none of our output
    os.environ.update(JUPYTER_DATA_DIR=str(SHARED), JUPYTER_RUNTIME_DIR=str(SHARED), IPYTHONDIR=str(SHARED),
                      PYDEVD_DISABLE_FILE_VALIDATION="1")
    runs = runs_made(SHARED)
    pages = sorted(PAGES.glob("*.ipynb"))
    check("there are notebooks", len(pages) >= 5, len(pages))
    for path in pages:
        notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
        is_stored_without_output(path, notebook)
        run = runs[run_named_by(notebook)]
        with h5py.File(run) as file:
            prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
            names_what_is_there(path, "\n".join(prose), file)
        runs_without_a_word(path, notebook, run, keep)
    with h5py.File(runs["midsize-manufacturer"]) as file:
        for path in (PAGES / "read_run.R", PAGES / "read_run.m"):
            prose = [line for line in path.read_text().splitlines() if line.startswith(("#", "%"))]
            names_what_is_there(path, "\n".join(prose), file)


main()
checks_tell()
