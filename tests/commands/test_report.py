#!/usr/bin/env python3
"""The page of `report` in a real browser: test_report.py PATH_TO_lossmill

Every function whose name is a claim is one test. The last line of the output is 'N passed, N failed'.
Needs chromium, chromium-driver, python3-selenium and poppler-utils.
"""

import base64
import csv
import json
import os
import re
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile

import h5py
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from program import DATASETS, INPUT, SYSTEM, USAGE, call, holds

EXAMPLE = DATASETS / "midsize-manufacturer"
TREATING = ["decisions.csv", "treatments.csv", "effects.csv", "insurance.csv", "controls.csv", "appetite.csv"]
HOSTILE = "</script><script>alert(1)</script>\"'&<b>שלום\u202eabc\U0001f480\u2028<!--"


# ---------------------------------------------------------------------------------- helpers


def study_copy(name, leave_out=()):
    path = os.path.join(FOLDER, name)
    shutil.copytree(EXAMPLE, path, ignore=shutil.ignore_patterns("pictures", "*.md", *leave_out))
    return path


def simulate(name, study, years=10000):
    run = os.path.join(FOLDER, name + ".h5")
    call("run", study, "-o", run, "--quiet", "--years", years)
    return run


def report(name, run, *more):
    page = os.path.join(FOLDER, name + ".html")
    call("report", run, "-o", page, *more)
    return page


def rename_all(study, table):
    """Gives every row a hostile name."""
    path = os.path.join(study, table)
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["name"] += " " + HOSTILE
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def browser_start():
    options = Options()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--window-size=1280,900", "--host-resolver-rules=MAP * ~NOTFOUND"):
        options.add_argument(argument)
    options.binary_location = "/usr/bin/chromium"
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)


def show(page, width=1280, dark=False, scripts=True):
    """Opens the page; fails on anything in its console."""
    for kind in ("browser", "performance"):
        BROWSER.get_log(kind)
    BROWSER.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                            {"width": width, "height": 900, "deviceScaleFactor": 1,
                             "mobile": width < 600})
    BROWSER.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
        {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})
    BROWSER.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})
    BROWSER.get("file://" + page)
    quiet()


def quiet():
    console = [entry["message"] for entry in BROWSER.get_log("browser")]
    assert console == [], console


def find(css):
    return BROWSER.find_element(By.CSS_SELECTOR, css)


def every(css):
    return BROWSER.find_elements(By.CSS_SELECTOR, css)


def script(code, *arguments):
    return BROWSER.execute_script(code, *arguments)


def text_of(css):
    return script("return document.querySelector(arguments[0]).textContent", css)


def state():
    """Everything that a choice of plan is to move."""
    return {
        "budget": text_of("#budget-amount"),
        "spoken": find("#budget").get_attribute("aria-valuetext"),
        "status": text_of("#plan-status"),
        "left": text_of(".planner .key strong"),
        "set": text_of("#plan-set"),
        "verdicts": text_of("#plan-appetite"),
        "large": find("#curve .curve.plan").get_attribute("d"),
        "small": find("#plan-curve .curve.plan").get_attribute("d"),
        "dot": find("#frontier .choice-now").get_attribute("cx"),
        "table": script("return [...document.querySelectorAll('[data-period]')].map(c => c.textContent).join()"),
    }


# ---------------------------------------------------------------------------------- the file


def a_report_is_one_private_file_and_the_same_bytes_again():
    page = report("again", RUN)
    with open(page, "rb") as first, open(PAGE, "rb") as second:
        assert first.read() == second.read()
    assert stat.S_IMODE(os.stat(page).st_mode) == 0o600
    assert os.path.getsize(page) < 1 << 20
    text = open(page, encoding="utf-8").read()
    head = re.sub(r"<script>.*?</script>|<style>.*?</style>", "", text, flags=re.S)
    assert not re.search(r"\ssrc=|url\(|@import|href=\"(?!#)|<link|<iframe|\sstyle=|\son\w+=", head)
    assert "Mike Bostock" in text and "Redistribution and use" in text
    assert not [name for name in os.listdir(FOLDER) if name.startswith(".lossmill")]


def only_a_report_is_replaced():
    notes = os.path.join(FOLDER, "notes.html")
    open(notes, "w").write("<!DOCTYPE html>\n<p>mine")
    err = call("report", RUN, "-o", notes, status=SYSTEM)[1]
    assert "is not a lossmill report" in err and open(notes).read().endswith("mine")
    err = call("report", RUN, "-o", RUN, status=SYSTEM)[1]
    assert "not replaced" in err and h5py.is_hdf5(RUN)
    call("report", RUN, "-o", FOLDER, status=SYSTEM)
    call("report", RUN, "-o", os.path.join(FOLDER, "none", "x.html"), status=SYSTEM)
    call("report", RUN, status=USAGE)
    open(notes, "w").close()
    report("notes", RUN)
    before = open(notes, "rb").read()
    report("notes", RUN, "--budget", "1M")
    assert open(notes, "rb").read() != before


def what_cannot_be_finished_leaves_no_file():
    def small_disk():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))
    page = os.path.join(FOLDER, "full.html")
    call("report", RUN, "-o", page, status=SYSTEM, preexec_fn=small_disk)
    with open(RUN, "rb") as file:
        broken = os.path.join(FOLDER, "broken.h5")
        open(broken, "wb").write(file.read(200000))
    call("report", broken, "-o", page, status=INPUT)
    assert not os.path.exists(page)
    assert not [name for name in os.listdir(FOLDER) if name.startswith(".lossmill")]


# ---------------------------------------------------------------------------------- the browser


def nothing_leaves_the_page():
    show(PAGE)
    requests = [json.loads(entry["message"])["message"] for entry in BROWSER.get_log("performance")]
    requests = [m["params"]["request"]["url"] for m in requests
                if m["method"] == "Network.requestWillBeSent"]
    assert requests == ["file://" + PAGE], requests
    # and the page's policy would not let it
    script("const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s)")
    assert script("return window.ran") is None
    assert "Content Security Policy" in BROWSER.get_log("browser")[0]["message"]
    outcome = BROWSER.execute_async_script(
        "const done = arguments[0]; fetch('https://example.org').then(() => done('sent'), () => done('refused'))")
    assert outcome == "refused"
    assert "Content Security Policy" in BROWSER.get_log("browser")[0]["message"]


def the_headline_is_that_of_the_run():
    show(PAGE)
    out = json.loads(call("show", RUN, "--json")[0])["headline"]
    keys = [e.text for e in every("header .key")]
    assert keys[0].startswith("Average annual loss") and keys[2].startswith("One year in 200")
    for key, value in ((keys[1], out["one_year_in_20"]["value"]), (keys[2], out["one_year_in_200"]["value"])):
        number, unit = re.search(r"([\d.]+) (k|M)", key).groups()
        shown = float(number) * {"k": 1e3, "M": 1e6}[unit]
        assert abs(shown / value - 1) < 0.06, (key, value)
    assert "simulation error, not the uncertainty of the inputs" in find("header").text
    off = (out["aal_exact"] - out["aal"]) / out["aal_standard_error"]
    assert (f"The exact AAL is {abs(off):.1f} standard errors" in find("header").text) == (abs(off) > 1.96), off
    with h5py.File(RUN) as file:
        verdicts = [v.decode() for v in file["appetite/verdict"][:]]
        hashes = [line.decode().split()[0] for line in file.attrs["input_sha256"]]
        content = file.attrs["content_sha256"].decode()
    shown = [e.text[1:] for e in every("section[aria-labelledby=appetite] tbody .verdict")]
    assert shown == verdicts, (shown, verdicts)
    method = find("section[aria-labelledby=method]").text
    assert all(value in method for value in hashes + [content])


def keys_move_the_slider_and_all_that_hangs_on_it():
    show(PAGE)
    slider = find("#budget")
    script("arguments[0].focus()", slider)
    slider.send_keys(Keys.HOME)
    first = state()
    slider.send_keys(Keys.ARROW_RIGHT)
    second = state()
    assert all(first[name] != second[name] for name in first), (first, second)
    slider.send_keys(Keys.END)
    with h5py.File(RUN) as file:
        assert find("#budget").get_attribute("value") == str(file["plan/aal"].shape[0] - 1)
    slider.send_keys(Keys.HOME)
    assert state() == first
    assert script("return document.activeElement.id") == "budget"
    outline = script("return getComputedStyle(arguments[0]).outlineStyle", slider)
    assert outline == "solid", outline
    quiet()


def every_plan_shows_what_the_table_says():
    show(PAGE)
    rows = script("return [...document.querySelectorAll('[data-plan]')].map("
                  "row => [...row.cells].map(cell => cell.textContent.trim()))")
    slider = find("#budget")
    slider.send_keys(Keys.HOME)
    for row in rows:
        shown = script("return [...document.querySelectorAll('.planner .key')].map(k => "
                       "[...k.querySelectorAll('strong, .range')].map(e => e.textContent))")
        assert text_of("#budget-amount").startswith(row[0] + " "), row
        assert [shown[0][0], shown[1][0], shown[2][0], shown[3][0]] == [row[2], *row[4:7]], (shown, row)
        assert shown[4][1] == "saves " + row[3] and shown[4][2] == "costs " + row[1], (shown, row)
        slider.send_keys(Keys.ARROW_RIGHT)
    with h5py.File(RUN) as file:
        chosen = file["plan/chosen"][:]
        names = [name.decode() for name in file["treatment/treatment_id"][:]]
        verdicts = [[v.decode() for v in row] for row in file["plan/verdict"][:]]
    last = [e.text for e in every("#plan-set tbody .id")]
    assert sorted(last) == sorted(n for n, c in zip(names, chosen[-1]) if c), last
    assert [e.text[1:] for e in every("#plan-appetite tbody .verdict")] == verdicts[-1]
    marked = script("return [...document.querySelectorAll('tr.chosen .id')].map(e => e.textContent)")
    assert sorted(marked) == sorted(last)


def data_of(page):
    text = open(page, encoding="utf-8").read()
    return json.loads(re.search(r'id="data">(.*?)</script>', text, re.S).group(1))


def a_budget_adds_the_plan_that_plan_finds_to_the_cent():
    with h5py.File(RUN) as file:
        names = [name.decode() for name in file["treatment/treatment_id"][:]]
        costs = file["plan/budget_cost"][:]
        first = float(costs[0])
    for budget in (500e3, 1e6):
        best = json.loads(call("plan", RUN, "--budget", budget, "--draws", 0, "--step", 0, "--json")[0])["plans"][0]["best"]
        page = report("budget", RUN, "--budget", budget)
        data = data_of(page)
        plans, asked = data["plans"], data["plans"][data["asked"]]
        assert data["start"] == data["asked"] and data["budget"] == budget
        assert sorted(names[i] for i in asked["set"]) == sorted(best["treatments"])
        for here, there in (("cost", "budget_cost"), ("annual", "annualised_cost"), ("aal", "aal"), ("tvar", "tvar"),
                            ("saved", "aal_reduction"), ("error", "aal_reduction_error")):
            assert asked[here] == best[there], (budget, here, asked[here], best[there])
        assert asked["verdicts"] == [x["verdict"] for x in best["appetite"]]
        assert [p["cost"] for p in plans] == sorted(p["cost"] for p in plans)
        assert len(plans) - len(costs) == (asked["cost"] not in costs)
        show(page)
        assert int(find("#budget").get_attribute("value")) == data["asked"]
        assert script("return [...document.getElementById('budget').list.options].map(o => Number(o.value))") == [data["asked"]]
        shown = re.fullmatch(r"([\d.]+) (k|M) EUR", text_of("#budget-amount"))
        assert abs(float(shown[1]) * {"k": 1e3, "M": 1e6}[shown[2]] / best["budget_cost"] - 1) < 0.01
        assert "It is the best set for" in text_of("#plan-status")
        ids = [e.text for e in every("#plan-set tbody .id")]
        assert sorted(ids) == sorted(best["treatments"]), ids
        row = find(f"tr[data-plan='{data['asked']}']")
        assert "best for" in script("return arguments[0].textContent", row) and "current" in row.get_attribute("class")
        before = state()
        find("#budget").send_keys(Keys.HOME)
        assert "It is the best set for" not in text_of("#plan-status")
        button = [e for e in every(".jumps button") if e.text.startswith("Best for")]
        assert len(button) == 1
        script("arguments[0].click()", button[0])
        assert state() == before
        quiet()
    # exactly what the first plan costs: it is the best, and no stop is added
    data = data_of(report("budget", RUN, "--budget", f"{first + 0.01:.2f}"))
    assert data["asked"] == data["start"] == 0 and len(data["plans"]) == len(costs)


def a_budget_that_fits_no_plan_is_told():
    page = report("poor", RUN, "--budget", "1k")
    data = data_of(page)
    assert "asked" not in data and data["start"] == 0
    show(page)
    assert "None fits the 1.00 k asked for" in find("section[aria-labelledby=plans]").text
    plain = os.path.join(FOLDER, "untreated-study")
    call("new", plain)
    err = call("report", simulate("untreated", plain), "-o", os.path.join(FOLDER, "x.html"), "--budget", "1k", status=INPUT)[1]
    assert "without treatments" in err and not os.path.exists(os.path.join(FOLDER, "x.html"))


def the_curve_can_be_read_by_pointer_and_by_keys():
    show(PAGE)
    said = text_of(".reader p")
    find("#reader").send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert text_of(".reader p") != said and "one year in" in text_of(".reader p")
    said = text_of(".reader p")
    script("const b = document.querySelector('#curve svg').getBoundingClientRect();"
           "document.querySelector('#curve svg').dispatchEvent(new PointerEvent('pointermove', "
           "{clientX: b.left + b.width / 4, clientY: b.top + 50, bubbles: true}))")
    assert text_of(".reader p") != said
    quiet()


def hostile_names_are_text():
    study = study_copy("hostile")
    for table in ("assets.csv", "scenarios.csv", "treatments.csv", "events.csv"):
        rename_all(study, table)
    run = simulate("hostile", study)
    with h5py.File(run, "r+") as file:  # a study cannot have such a title, a file can
        title = HOSTILE.encode()
        file.attrs.create("title", title, dtype=h5py.string_dtype("utf-8", len(title) + 1))
    page = report("hostile", run)
    show(page, 360)
    assert script("return window.innerWidth") == 360
    assert script("return document.querySelectorAll('b').length") == 0
    assert script("return document.scripts.length") == 3
    assert "</script><script>alert(1)</script>" in BROWSER.title
    # control characters and marks that turn the text around are replaced, all else is shown
    shown = "</script><script>alert(1)</script>\"'&<b>שלום\ufffdabc\U0001f480"
    assert shown in text_of("h1"), text_of("h1")
    assert all(shown.rstrip("\U0001f480") in text_of(css) for css in (".shares tbody th", ".treatments tbody th"))
    assert "</script><script>alert(1)</script>\"'&<b>שלום" in text_of("#plan-set tbody th")
    assert script("return document.documentElement.scrollWidth") <= 360
    find("#budget").send_keys(Keys.ARROW_RIGHT)
    quiet()


def registers_are_those_of_export():
    study = study_copy("registers")
    for table in ("scenarios.csv", "treatments.csv"):
        rename_all(study, table)
    run = simulate("registers", study)
    assert "id=\"registers\"" not in open(report("without", run), encoding="utf-8").read()
    page = report("registers", run, "--registers")
    show(page, 360)
    script("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert script("return document.documentElement.scrollWidth") <= 360
    assert script("return document.scripts.length") == 4 - 1 and script("return document.querySelectorAll('b').length") == 0
    tables = every("table.register")
    for table, (option, column) in zip(tables, (("--register", "id"), ("--treatment-plan", "order"),
                                                ("--soa", "control_id"), ("--zones", "kind")), strict=True):
        rows = list(csv.DictReader(call("export", run, option)[0].splitlines()))
        shown = script("return [...arguments[0].querySelectorAll('tbody th')].map(c => c.textContent)", table)
        assert shown == [row[column] for row in rows], (option, shown[:3])
    decisions = list(csv.DictReader(open(os.path.join(study, "decisions.csv"), encoding="utf-8")))
    assert f"Of {len(decisions)} decisions" in text_of("#registers + .lead"), text_of("#registers + .lead")
    quiet()


def registers_fit_the_window_and_the_paper():
    page = report("registers-wide", RUN, "--registers", "--budget", "500k")
    for width in (1200, 1280, 1600):
        show(page, width)
        script("document.querySelectorAll('details').forEach(d => d.open = true)")
        over = script("return [...document.querySelectorAll('.registers')].map(e => e.scrollWidth - e.clientWidth)")
        assert over == [0, 0, 0, 0], (width, over)
        assert script("return document.documentElement.scrollWidth") <= width
    # narrower: scrolled by keyboard, past the first column
    show(page, 400)
    script("document.querySelectorAll('details').forEach(d => d.open = true)")
    region = find(".registers")
    assert region.get_attribute("tabindex") == "0" and region.get_attribute("role") == "region"
    script("arguments[0].focus(); arguments[0].scrollLeft = 200", region)
    left = script("return arguments[0].querySelector('tbody th').getBoundingClientRect().left - "
                  "arguments[0].getBoundingClientRect().left", region)
    assert script("return arguments[0].scrollLeft", region) == 200 and abs(left) < 1, left
    show(page, 1200)
    script("document.querySelectorAll('details').forEach(d => d.open = true)")
    pdf = os.path.join(FOLDER, "registers.pdf")
    data = BROWSER.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"]
    open(pdf, "wb").write(base64.b64decode(data))
    words = subprocess.run(["pdftotext", "-bbox", pdf, "-"], capture_output=True, text=True, check=True).stdout
    for part in re.split(r"<page ", words)[1:]:
        paper = float(re.search(r'width="([\d.]+)"', part)[1])
        ends = [float(x) for x in re.findall(r'xMax="([\d.]+)"', part)]
        assert max(ends) <= paper - 30, (paper, max(ends))
    assert "accepted" in words and 'width="841.9' in words


def it_prints_on_a4():
    show(PAGE, dark=True)
    pdf = os.path.join(FOLDER, "page.pdf")
    data = BROWSER.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"]
    open(pdf, "wb").write(base64.b64decode(data))
    info = subprocess.run(["pdfinfo", pdf], capture_output=True, text=True, check=True).stdout
    assert "(A4)" in info, info
    assert int(re.search(r"Pages:\s+(\d+)", info).group(1)) <= 12, info
    text = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True,
                          check=True).stdout
    for wanted in ("Mid-size manufacturer", "Average annual loss", "One year in 200", "1 in 1,000",
                   "With the plan", "Method and assumptions"):
        assert wanted in text, (wanted, text[:3000])


def both_schemes_are_readable():
    contrast = """
      const parts = (c) => c.match(/[\\d.]+/g).map(Number);
      const light = (c) => { const [r, g, b] = parts(c).map(v => (v /= 255) <= 0.04045 ? v / 12.92 :
        ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
      const ground = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
        const p = parts(c); if (p.length < 4 || p[3] > 0) return c; } return 'rgb(255,255,255)'; };
      const low = [];
      for (const e of document.querySelectorAll('body *')) {
        if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
        if (e.closest('script, style, noscript')) continue;
        const style = getComputedStyle(e), colour = e instanceof SVGElement ? style.fill : style.color;
        const a = light(colour), b = light(ground(e instanceof SVGElement ? e.closest('figure') : e));
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) low.push([e.tagName, e.getAttribute('class'), ratio]);
      }
      return [getComputedStyle(document.body).backgroundColor, low];"""
    grounds = []
    for dark in (False, True):
        show(PAGE, dark=dark)
        ground, low = script(contrast)
        assert low == [], low
        grounds.append(ground)
    assert grounds[0] == "rgb(255, 255, 255)" and grounds[1] == "rgb(17, 22, 29)", grounds


def a_narrow_screen_needs_no_sideways_scrolling():
    for width in (360, 390, 768, 1280):
        show(PAGE, width)
        assert script("return document.documentElement.scrollWidth") <= width
        wide = script("""
          const out = [];
          for (const e of document.querySelectorAll('body *')) {
            if (e.closest('.scroll, svg, .hidden, thead, details:not([open])')) continue;
            const box = e.getBoundingClientRect();
            if (box.width > 0 && box.right > innerWidth + 1) out.push([e.tagName, e.className, box.right]);
          }
          return out;""")
        assert wide == [], (width, wide)
        for css in ("section[aria-labelledby=appetite]", "#plan-appetite"):
            need, have = script("const e = document.querySelector(arguments[0] + ' .scroll');"
                                "return [e.scrollWidth, e.clientWidth]", css)
            assert need <= have, (width, css, need, have)


def headings_labels_and_tables_are_in_order():
    show(PAGE)
    levels = script("return [...document.querySelectorAll('h1,h2,h3,h4')].map(h => Number(h.tagName[1]))")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:])), levels
    assert script("return document.documentElement.lang") == "en"
    problems = script("""
      const out = [];
      const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
      for (const id of ids) if (ids.filter(x => x === id).length > 1) out.push('id twice: ' + id);
      for (const a of document.querySelectorAll('a')) if (!document.querySelector(a.getAttribute('href'))) out.push('link: ' + a.href);
      for (const e of document.querySelectorAll('[aria-labelledby], label[for], output[for]')) {
        const id = e.getAttribute('aria-labelledby') || e.getAttribute('for');
        if (!document.getElementById(id)) out.push('no such id: ' + id);
      }
      for (const e of document.querySelectorAll('input')) {
        if (e.labels.length !== 1 || !e.labels[0].textContent.trim()) out.push('input without label');
        if (!e.getAttribute('aria-valuetext')) out.push('slider without words');
      }
      for (const e of document.querySelectorAll('button')) if (!e.textContent.trim()) out.push('button');
      for (const e of document.querySelectorAll('svg'))
        if (e.getAttribute('role') === 'img' ? (e.getAttribute('aria-label') || '').length < 40
            : !e.closest('[aria-hidden=true]')) out.push('svg without words');
      for (const e of document.querySelectorAll('th')) if (!e.getAttribute('scope') || !e.textContent.trim()) out.push('th: ' + e.outerHTML);
      for (const e of document.querySelectorAll('[role=region]')) if (!e.getAttribute('aria-label') || e.tabIndex !== 0) out.push('region');
      return out;""")
    assert problems == [], problems
    tree = BROWSER.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    sliders = [n for n in tree if n.get("role", {}).get("value") == "slider"]
    names = [n["name"]["value"] for n in sliders]
    assert names == ["Read the curve at a loss", "Budget in the first year, EUR"], names


def without_scripts_the_tables_say_it_all():
    try:
        show(PAGE, scripts=False)
        body = find("body").text
        for wanted in ("Scripts are off here", "All plans as a table", "Against the row above", "The curve as a table",
                       "has a single event above"):
            assert wanted in body, wanted
        assert find(".frontier").is_displayed() and not find("#planner").is_displayed()
        assert not find("#curve").is_displayed()
    finally:
        BROWSER.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def what_a_run_has_not_is_left_out():
    study = study_copy("plain", TREATING)
    ini = os.path.join(study, "study.ini")
    text = open(ini, encoding="utf-8").read()
    text = re.sub(r"\[(groups|treatment)\][^\[]*", "", text)
    open(ini, "w", encoding="utf-8").write(text)
    for page in (report("plain", simulate("plain", study)),
                 report("few", simulate("few", study_of_few_years(), 50))):
        show(page)
        body = find("body").text
        for absent in ("What helps?", "What does a budget buy?", "appetite", "insurance", "with the plan"):
            assert absent not in body, absent
        assert "Average annual loss" in body and "Method and assumptions" in body
        assert every("#planner") == []
        groups = [e.text for e in every(".panel h3") if e.text.startswith("By ")]
        assert groups == ([] if "plain" in page else ["By business unit", "By class"]), groups
        assert script("return document.documentElement.scrollWidth") <= 1280


def study_of_few_years():
    path = os.path.join(FOLDER, "new-study")
    call("new", path)
    ini = os.path.join(path, "study.ini")
    text = open(ini, encoding="utf-8").read()
    open(ini, "w", encoding="utf-8").write(re.sub(r"(?m)^(return_periods|quantiles) .*", "", text))
    return path


# ---------------------------------------------------------------------------------- the runner


def main():
    tests = [f for name, f in list(globals().items())
             if callable(f) and getattr(f, "__module__", "") == "__main__" and name.count("_") >= 2
             and name != "study_of_few_years"]
    good = [holds(test) for test in tests]
    print(f"{sum(good)} passed, {len(good) - sum(good)} failed")
    return not all(good)


if __name__ == "__main__":
    FOLDER = tempfile.mkdtemp(prefix="lossmill-report-")
    try:
        RUN = simulate("example", EXAMPLE)
        PAGE = report("example", RUN)
        BROWSER = browser_start()
        try:
            status = main()
        finally:
            BROWSER.quit()
    finally:
        shutil.rmtree(FOLDER)
    sys.exit(status)
