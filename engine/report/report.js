// The curves and the budget slider of `lossmill report`. Everything else on the page is plain HTML.
// Text goes into the page through textContent alone; nothing is loaded, nothing leaves the page.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const plans = data.plans || [];
  const curve = data.curve;
  const portfolio = (data.appetite || [])
    .map((point, index) => ({ ...point, index }))
    .filter((point) => point.scope === "portfolio" && point.loss > 0 && point.probability > 0)
    .sort((a, b) => a.loss - b.loss);
  let chosen = plans.length > 0 ? data.start : -1;
  let printing = false;

  // ------------------------------------------------------------------------------ text for people

  // As money_text and its like in engine/commands/print.c: three digits at most, fewer where the
  // error (a standard error) does not support them.
  function scaled(amount, digits) {
    if (amount < 0) return "−" + scaled(-amount, digits);
    const rounded = amount.toExponential(digits - 1);
    const exponent = Number(rounded.split("e")[1]);
    const group = exponent < 3 ? 0 : Math.floor(exponent / 3);
    if (group > 4) return rounded;
    let decimals = Math.max(digits - 1 - (exponent - 3 * group), 0);
    if (group === 0) decimals = Math.min(decimals, 2);
    return (Number(rounded) / 1000 ** group).toFixed(decimals) + ["", " k", " M", " bn", " tn"][group];
  }
  function money(amount, error) {
    if (amount === null || amount === undefined) return "-";
    if (amount === 0) return "0";
    let digits = 3;
    if (error > 0) {
      const place = 10 ** Math.floor(Math.log10(2 * error));
      const units = Math.max(Math.round(Math.abs(amount) / place), 1);
      digits = Math.min(Math.max(Math.floor(Math.log10(units)) + 1, 1), 3);
    }
    return scaled(amount, digits);
  }
  function plusMinus(error) {
    if (error === null) return "± not finite"; // JSON has no infinity
    return "± " + (error === 0 ? "0" : scaled(1.96 * error, 2));
  }
  const tick = (amount) => money(amount).replace(/\.0+(?= |$)/, "");
  function percent(share) {
    return Number((100 * share).toPrecision(3)) + " %";
  }
  function oneIn(chance) {
    const years = 1 / chance;
    return years >= 10 ? Math.round(years).toLocaleString("en") : String(Number(years.toPrecision(2)));
  }
  function chanceText(chance) {
    return chance > 0.3 ? percent(chance) : percent(chance) + ", one year in " + oneIn(chance);
  }
  const paid = (amount) => money(amount) + " " + data.currency;

  // ------------------------------------------------------------------------------------ the page

  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
    for (const child of children)
      element.append(child instanceof Node ? child : document.createTextNode(child));
    return element;
  }
  function verdictMark(verdict) {
    const mark = { within: "✓", undecided: "?", breached: "✕" }[verdict];
    return make("span", { class: "verdict " + verdict },
      make("span", { class: "mark", "aria-hidden": "true" }, mark), verdict);
  }
  // "business_unit=Production", which may be broken at the sign.
  function scopeName(scope) {
    const name = make("bdi", {});
    scope.split("=").forEach((part, i) => name.append(...(i > 0 ? ["=", make("wbr")] : []), part));
    return name;
  }
  function figureWidth(figure) {
    // wider than the paper, so that the letters come out as small as those around
    return printing ? (figure.closest(".two") ? 430 : 900) : Math.max(figure.clientWidth, 260);
  }

  // ---------------------------------------------------------------------------- curves and points

  // Between two points of a falling curve, both axes logarithmic.
  function lossAt(losses, chances, chance) {
    const i = d3.bisector((a, b) => b - a).left(chances, chance);
    if (i === 0) return chances[0] === chance ? losses[0] : null;
    if (i >= chances.length || !(losses[i - 1] > 0) || !(losses[i] > 0)) return null;
    const part = Math.log(chance / chances[i - 1]) / Math.log(chances[i] / chances[i - 1]);
    return losses[i - 1] * (losses[i] / losses[i - 1]) ** part;
  }
  function chanceAt(losses, chances, loss) {
    let i = 0;
    while (i < losses.length && !(losses[i] >= loss)) i++;
    if (i === 0 || i >= losses.length || !(losses[i - 1] > 0)) return null;
    const span = Math.log(losses[i] / losses[i - 1]);
    const part = span > 0 ? Math.log(loss / losses[i - 1]) / span : 0;
    return chances[i - 1] * (chances[i] / chances[i - 1]) ** part;
  }
  function readAt(losses, chances, loss) {
    const chance = chanceAt(losses, chances, loss);
    if (chance !== null) return chanceText(chance);
    const first = losses.findIndex((value) => value > 0);
    if (first < 0 || loss > losses[losses.length - 1])
      return "less than " + chanceText(chances[chances.length - 1]);
    return "at least " + chanceText(chances[first]);
  }

  const rounds = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6];

  function lossTicks(low, high, most) {
    const ticks = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
      for (const step of [1, 2, 5]) {
        const value = step * 10 ** power;
        if (value >= low * 0.999 && value <= high * 1.001) ticks.push(value);
      }
    if (ticks.length <= most) return ticks;
    return ticks.filter((value) => Math.abs(Math.log10(value) % 1) < 1e-9 ||
                                   Math.abs(Math.log10(value) % 1) > 1 - 1e-9);
  }

  function lossDomain() {
    const known = (values) => values.filter((value) => value > 0);
    const high = Math.max(...known(curve.loss), ...known(curve.upper),
      ...portfolio.map((point) => point.loss)) * 1.25;
    const low = Math.max(Math.min(...known(curve.loss)), high / 3000);
    return [low * 0.9, high];
  }
  const domain = curve.loss.length > 1 ? lossDomain() : null;

  function verdictOf(point, judged) {
    return judged && chosen >= 0 ? plans[chosen].verdicts[point.index] : point.verdict;
  }

  const symbols = {
    within: d3.symbol().type(d3.symbolCircle).size(120),
    undecided: d3.symbol().type(d3.symbolDiamond).size(130),
    breached: d3.symbol().type(d3.symbolCross).size(130),
  };

  // The exceedance curve. `small`: beside another chart, judged with the plan.
  function exceedanceChart(figure, small) {
    const svg = d3.select(figure).insert("svg", ":first-child").attr("role", "img");
    const id = small ? "clip-small" : "clip-large";
    let x, y, guide;

    // A label goes to the first of its candidate places that touches no curve and no other label,
    // or to the one that touches least.
    let taken = [];
    function occupy(path) {
      const node = path.node(), length = node.getTotalLength();
      for (let at = 0; at <= length; at += 5) taken.push(node.getPointAtLength(at));
    }
    function label(text, kind, candidates) {
      const node = svg.append("text").attr("class", "halo " + kind).text(text);
      const size = node.node().getComputedTextLength() || 7 * text.length;
      const [left, right] = x.range(), [bottom, top] = y.range();
      let best = null;
      for (const at of candidates.filter((c) => c.x >= left && c.x <= right)) {
        const from = at.end ? at.x - size : at.x, to = from + size;
        let touches = taken.filter((p) => p.x > from - 4 && p.x < to + 4 && p.y > at.y - 14 && p.y < at.y + 5).length;
        if (from < left + 2 || to > right + 50 || at.y < top + 12 || at.y > bottom - 4) touches += 1000;
        if (best === null || touches < best.touches) best = { touches, from, at };
      }
      if (best === null || best.touches >= 1000) return void node.remove();
      node.attr("x", best.from).attr("y", best.at.y);
      for (let at = 0; at <= size; at += 8) taken.push({ x: best.from + at, y: best.at.y - 5 });
    }
    // Places beside a curve, where it is passed with the given chances.
    function beside(losses, chances, wanted, end) {
      return wanted.map((chance) => ({ loss: lossAt(losses, chances, chance), chance }))
        .filter((p) => p.loss !== null)
        .map((p) => ({ x: x(p.loss) + (end ? -12 : 12), y: y(p.chance) + (end ? 10 : -4), end }));
    }

    function axes(width, height, left, right, top) {
      const ticks = rounds.filter((years) => 1 / years >= data.rarest * 0.999);
      for (const years of ticks) {
        const at = y(1 / years);
        svg.append("line").attr("class", "grid").attr("x1", left).attr("x2", width - right)
          .attr("y1", at).attr("y2", at);
        svg.append("text").attr("x", left - 10).attr("y", at + 4).attr("text-anchor", "end")
          .text(years === 1 ? "every" : "1 in " + years.toLocaleString("en"));
        if (right > 40)
          svg.append("text").attr("x", width - right + 10).attr("y", at + 4).text(percent(1 / years));
      }
      for (const loss of lossTicks(domain[0], domain[1], (width - left - right) / 62)) {
        svg.append("line").attr("class", "grid").attr("x1", x(loss)).attr("x2", x(loss))
          .attr("y1", top).attr("y2", height);
        svg.append("text").attr("x", x(loss)).attr("y", height + 20).attr("text-anchor", "middle")
          .text(tick(loss));
      }
      svg.append("line").attr("class", "axis").attr("x1", left).attr("x2", width - right)
        .attr("y1", height).attr("y2", height);
      svg.append("text").attr("x", 0).attr("y", 12).text("Years that lose more");
      if (right > 40)
        svg.append("text").attr("x", width).attr("y", 12).attr("text-anchor", "end").text("Chance in a year");
      svg.append("text").attr("x", width - right).attr("y", height + 38).attr("text-anchor", "end")
        .text("Loss of a year, " + data.currency);
    }

    function limits() {
      if (portfolio.length === 0) return;
      occupy(svg.append("path").attr("class", "curve limit").attr("d",
        d3.line().x((p) => x(p.loss)).y((p) => y(p.probability))(portfolio)));
      for (const point of portfolio) {
        const verdict = verdictOf(point, small);
        svg.append("path").attr("class", "point " + verdict).attr("d", symbols[verdict]())
          .attr("transform", `translate(${x(point.loss)},${y(point.probability)})` +
            (verdict === "breached" ? " rotate(45)" : ""))
          .append("title").text(`${percent(point.probability)} tolerated above ${money(point.loss)}: ${verdict}`);
      }
    }

    function draw() {
      const width = figureWidth(figure);
      const narrow = width < 520;
      const left = narrow ? 74 : 80, right = narrow ? 12 : 62, top = 28;
      const height = top + Math.round(Math.min(Math.max(width * (small ? 0.62 : printing ? 0.4 : 0.46), 250), 430));
      svg.selectAll("*").remove();
      taken = [];
      svg.attr("viewBox", `0 0 ${width} ${height + 46}`);
      x = d3.scaleLog().domain(domain).range([left, width - right]);
      y = d3.scaleLog().domain([data.rarest, 1]).range([height, top]);
      axes(width, height, left, right, top);
      svg.append("clipPath").attr("id", id).append("rect").attr("x", left).attr("y", top)
        .attr("width", width - left - right).attr("height", height - top);
      const inside = svg.append("g").attr("clip-path", `url(#${id})`);
      const index = d3.range(curve.loss.length);
      inside.append("path").attr("class", "band").attr("d", d3.area()
        .defined((i) => curve.lower[i] > 0 && curve.upper[i] > 0)
        .x0((i) => x(curve.lower[i])).x1((i) => x(curve.upper[i])).y((i) => y(curve.chance[i]))(index));
      if (curve.event && !small)
        occupy(inside.append("path").attr("class", "curve event").attr("d", d3.line()
          .defined((i) => curve.event[i] > 0)
          .x((i) => x(curve.event[i])).y((i) => y(curve.chance[i]))(index)));
      occupy(inside.append("path").attr("class", "curve now").attr("d", d3.line()
        .x((i) => x(curve.loss[i])).y((i) => y(curve.chance[i]))(index)));
      if (chosen >= 0) plan(inside);
      limits();
      label("Today", "now", beside(curve.loss, curve.chance, [0.004, 0.008, 0.015, 0.03, 0.1, 0.3], false));
      if (chosen >= 0)
        label(narrow ? "Plan" : small ? "With the plan" : "With the plan for " + money(plans[chosen].cost), "plan",
          beside(plans[chosen].losses, data.chances, [0.02, 0.012, 0.04, 0.008, 0.08, 0.15, 0.3], true));
      label("Appetite", "limit", portfolio.flatMap((p) => [
        { x: x(p.loss) + 12, y: y(p.probability) - 8 }, { x: x(p.loss) - 12, y: y(p.probability) + 18, end: true },
        { x: x(p.loss) + 12, y: y(p.probability) + 18 }, { x: x(p.loss) - 12, y: y(p.probability) - 8, end: true }]));
      if (curve.event && !small)
        label(data.insured ? "Largest event before insurance" : "Largest single event", "event", [
          ...beside(curve.event, curve.chance, [0.2, 0.25, 0.15, 0.3, 0.4, 0.1], true),
          // before insurance the largest event can be beyond the year's net loss
          ...beside(curve.event, curve.chance, data.insured ? [0.05, 0.03, 0.02, 0.1, 0.01] : [], false)]);
      guide = svg.append("g").attr("aria-hidden", "true");
      describe();
    }

    function plan(inside) {
      const points = data.chances
        .map((chance, i) => ({ chance, loss: plans[chosen].losses[i] }))
        .filter((p) => p.loss > 0 && p.chance >= data.rarest);
      occupy(inside.append("path").attr("class", "curve plan").attr("d", d3.line()
        .x((p) => x(p.loss)).y((p) => y(p.chance))(points)));
      inside.selectAll(".known").data(points).enter().append("circle").attr("class", "known")
        .attr("r", 2.5).attr("cx", (p) => x(p.loss)).attr("cy", (p) => y(p.chance));
    }

    function describe() {
      const of = (losses, chances, chance) => money(lossAt(losses, chances, chance));
      let text = "Loss exceedance curve. Today one year in 20 loses more than " +
        of(curve.loss, curve.chance, 0.05) + ", one in 100 more than " + of(curve.loss, curve.chance, 0.01);
      if (chosen >= 0)
        text += "; with the plan " + of(plans[chosen].losses, data.chances, 0.05) + " and " +
          of(plans[chosen].losses, data.chances, 0.01);
      svg.attr("aria-label", text + ". All figures stand in the tables.");
    }

    function mark(loss) {
      guide.selectAll("*").remove();
      if (printing) return;
      const [bottom, top] = y.range();
      guide.append("line").attr("class", "guide").attr("x1", x(loss)).attr("x2", x(loss))
        .attr("y1", top).attr("y2", bottom);
      const put = (chance, kind) => chance !== null && guide.append("circle")
        .attr("class", "guide-dot " + kind).attr("r", 5.5).attr("cx", x(loss)).attr("cy", y(chance));
      put(chanceAt(curve.loss, curve.chance, loss), "now");
      if (chosen >= 0) put(chanceAt(plans[chosen].losses, data.chances, loss), "plan");
    }
    return { draw, mark, svg, lossUnder: (pixel) => x.invert(pixel) };
  }

  // Reading the curve at a loss: by pointer over it, or by a slider below.
  function addReader(figure, chart) {
    const steps = 200, span = Math.log(domain[1] / domain[0]);
    const input = make("input", { type: "range", id: "reader", min: 0, max: steps, step: 1 });
    const text = make("p", {});
    const lossOf = (value) => Number((domain[0] * Math.exp(span * value / steps)).toPrecision(2));
    function update() {
      const loss = lossOf(Number(input.value));
      let sentence = "More than " + paid(loss) + " in a year: today " + readAt(curve.loss, curve.chance, loss);
      if (chosen >= 0) sentence += "; with the plan " + readAt(plans[chosen].losses, data.chances, loss);
      text.textContent = sentence + ".";
      input.setAttribute("aria-valuetext", sentence);
      chart.mark(Math.min(Math.max(loss, domain[0]), domain[1]));
    }
    input.value = Math.round(steps * Math.log((lossAt(curve.loss, curve.chance, 0.05) ||
      curve.loss[curve.loss.length >> 1]) / domain[0]) / span);
    input.addEventListener("input", update);
    chart.svg.on("pointermove", () => {
      const event = d3.event;
      const box = chart.svg.node().getBoundingClientRect();
      const pixel = (event.clientX - box.left) * chart.svg.node().viewBox.baseVal.width / box.width;
      input.value = Math.round(steps * Math.log(chart.lossUnder(pixel) / domain[0]) / span);
      update();
    });
    figure.append(make("div", { class: "reader" },
      make("label", { for: "reader" }, "Read the curve at a loss"), input, text));
    return update;
  }

  function caption(text) {
    return make("figcaption", {}, text);
  }

  // ------------------------------------------------------------------------------ budget and plan

  function frontierChart(figure) {
    const svg = d3.select(figure).insert("svg", ":first-child").attr("role", "img");
    const good = (plan) => plan.verdicts.length > 0 && plan.verdicts.every((v) => v === "within");
    function draw(choose) {
      const width = figureWidth(figure), left = 62, right = 16, top = 28;
      const height = top + Math.round(Math.min(Math.max(width * 0.62, 250), 430));
      const most = Math.max(...plans.map((plan) => plan.cost), 1);
      const x = d3.scaleLinear().domain([0, most * 1.02]).range([left, width - right]);
      const y = d3.scaleLinear().domain([0, Math.max(data.base.aal, ...plans.map((p) => p.aal)) * 1.08 || 1])
        .range([height, top]);
      svg.selectAll("*").remove();
      svg.attr("viewBox", `0 0 ${width} ${height + 46}`);
      for (const value of y.ticks(5)) {
        svg.append("line").attr("class", value === 0 ? "axis" : "grid").attr("x1", left)
          .attr("x2", width - right).attr("y1", y(value)).attr("y2", y(value));
        svg.append("text").attr("x", left - 10).attr("y", y(value) + 4).attr("text-anchor", "end").text(tick(value));
      }
      for (const value of x.ticks(Math.max(2, Math.floor((width - left) / 85))))
        svg.append("text").attr("x", x(value)).attr("y", height + 20).attr("text-anchor", "middle").text(tick(value));
      svg.append("text").attr("x", 0).attr("y", 12).text("Average annual loss that remains");
      svg.append("text").attr("x", width - right).attr("y", height + 38).attr("text-anchor", "end")
        .text("Cost " + data.basis + ", " + data.currency);
      svg.append("line").attr("class", "today").attr("x1", left).attr("x2", width - right)
        .attr("y1", y(data.base.aal)).attr("y2", y(data.base.aal));
      svg.append("text").attr("class", "halo now").attr("x", width - right).attr("text-anchor", "end")
        .attr("y", y(data.base.aal) + 18).text("Today " + money(data.base.aal, data.base.aal_error));
      svg.append("path").attr("class", "step").attr("d", d3.line().curve(d3.curveStepAfter)
        .x((plan) => x(plan.cost)).y((plan) => y(plan.aal))(plans));
      svg.selectAll(".choice").data(plans).enter().append("circle")
        .attr("class", (plan, i) => "choice" + (good(plan) || plan.verdicts.length === 0 ? " good" : "") +
          (i === data.asked ? " asked" : ""))
        .attr("r", 4).attr("cx", (plan) => x(plan.cost)).attr("cy", (plan) => y(plan.aal))
        .on("click", (plan, i) => choose(i));
      const plan = plans[chosen], end = x(plan.cost) > width * 0.6;
      svg.append("circle").attr("class", "choice-now").attr("r", 8.5).attr("cx", x(plan.cost)).attr("cy", y(plan.aal));
      svg.append("text").attr("class", "halo plan").attr("text-anchor", end ? "end" : "start")
        .attr("x", x(plan.cost) + (end ? -4 : 12)).attr("y", y(plan.aal) - 14).text(money(plan.aal) + " left");
      svg.attr("aria-label", "Cost of each plan against the average annual loss that it leaves. Chosen: " +
        money(plan.cost) + " leaves " + money(plan.aal) + ". All plans stand in the table.");
    }
    return { draw };
  }

  function keyFigure(name) {
    const value = make("strong", {}), range = make("span", { class: "range" });
    const more = make("span", { class: "range" });
    return { node: make("div", { class: "key" }, make("dt", {}, name), make("dd", {}, value, range, more)),
      value, range, more };
  }

  function buildPlanner(host, redraw) {
    const slider = make("input", { type: "range", id: "budget", min: 0, max: plans.length - 1, step: 1 });
    slider.value = chosen;
    const output = make("output", { for: "budget", id: "budget-amount" });
    const status = make("p", { role: "status", id: "plan-status", class: "lead" });
    const jumps = make("div", { class: "jumps" });
    const jump = (text, index) => {
      const button = make("button", { type: "button" }, text + ", for " + money(plans[index].cost));
      button.addEventListener("click", () => choose(index));
      jumps.append(button);
    };
    if (data.good !== undefined) jump("Cheapest of these within the appetite", data.good);
    jump("Largest net benefit", data.best);
    const marks = []; // under the slider
    if (data.asked !== undefined) {
      jump("Best for " + money(data.budget), data.asked);
      marks.push(make("datalist", { id: "budget-marks" }, make("option", { value: data.asked })));
      slider.setAttribute("list", "budget-marks");
    }

    const keys = {
      aal: keyFigure("Average annual loss"),
      in20: keyFigure("One year in 20 exceeds"),
      in200: keyFigure("One year in 200 exceeds"),
      tvar: keyFigure("Average of the " + data.worst),
    };
    if (!data.worst) delete keys.tvar;
    const net = keyFigure("Saved less cost, a year");
    const list = make("dl", { class: "keys" }, ...Object.values(keys).map((key) => key.node), net.node);

    const curveFigure = make("figure", { class: "chart", id: "plan-curve" },
      caption("The exceedance curve today and with the plan; dots are the run's own figures."));
    const frontierFigure = make("figure", { class: "chart", id: "frontier" },
      caption("Every dot is a plan" + (data.appetite ? "; filled ones are within the appetite at every point." : ".") +
        (data.asked === undefined ? "" : " The one with a heavy rim is the best for " + money(data.budget) + ".")));
    const verdicts = data.appetite ? make("div", { id: "plan-appetite" }) : null;
    const set = make("div", { id: "plan-set" });
    host.className = "planner";
    host.append(
      make("div", { class: "budget" },
        make("div", { class: "budget-head" },
          make("label", { for: "budget" }, "Budget " + data.basis + ", " + data.currency), output),
        slider, ...marks,
        make("div", { class: "ends", "aria-hidden": "true" },
          make("span", {}, money(plans[0].cost)), make("span", {}, money(plans[plans.length - 1].cost))),
        jumps),
      status, list,
      domain ? make("div", { class: "two" }, curveFigure, frontierFigure) : frontierFigure,
      make("div", { class: "two" }, ...(verdicts ? [verdicts, set] : [set])));
    host.hidden = false;

    const small = domain ? exceedanceChart(curveFigure, true) : null;
    const frontier = frontierChart(frontierFigure);

    function against(key, now, before, error) {
      key.value.textContent = money(now);
      if (now === null || before === null || !(before > 0)) key.range.textContent = "";
      else key.range.textContent = "today " + money(before, error) + ", " +
        (now <= before ? "−" : "+") + Math.abs(Math.round(100 * (now / before - 1))) + " %";
    }
    function table(head, rows, name) {
      return make("div", { class: "scroll", role: "region", "aria-label": name, tabindex: "0" },
        make("table", {},
          make("thead", {}, make("tr", {}, ...head.map(([text, kind]) =>
            make("th", { scope: "col", class: kind || "" }, text)))),
          make("tbody", {}, ...rows)));
    }
    function appetiteTable(plan) {
      const rows = data.appetite.map((point, i) => make("tr", {},
        make("th", { scope: "row" }, scopeName(point.scope), " ",
          make("span", { class: "range" }, "above " + money(point.loss))),
        make("td", { class: "num" }, percent(point.probability)),
        make("td", { class: "num wide" }, percent(point.exceeds)),
        make("td", { class: "num" }, percent(plan.exceeds[i])),
        make("td", {}, verdictMark(plan.verdicts[i]))));
      verdicts.replaceChildren(make("h3", {}, "The appetite, with the plan"),
        table([["A year of"], ["Tolerated", "num"], ["Today", "num wide"], ["With the plan", "num"], ["Verdict"]],
          rows, "The appetite, with the plan"));
    }
    function setTable(plan) {
      const most = 60;
      const members = plan.set.map((i) => data.treatments[i]).sort((a, b) => b.saved - a.saved);
      const rows = members.slice(0, most).map((t) => {
        const name = make("th", { scope: "row" }, make("bdi", {}, t.name || t.id));
        if (t.name && t.name !== t.id) name.append(" ", make("bdi", { class: "id" }, t.id));
        if (t.state !== "candidate")
          name.append(" ", make("span", { class: "tag" }, t.state.replace("_", " ")));
        return make("tr", {}, name, make("td", { class: "num" }, money(t.first)),
          make("td", { class: "num" }, money(t.annual)), make("td", { class: "num" }, money(t.saved, t.error)));
      });
      set.replaceChildren(make("h3", {}, "The set to buy: " + members.length +
        (members.length === 1 ? " treatment" : " treatments")),
        table([["Treatment"], ["First year", "num"], ["A year", "num"], ["Saves alone", "num"]], rows, "The set to buy"));
      if (members.length > most)
        set.append(make("p", { class: "note" }, "and " + (members.length - most) + " more, which save less"));
    }
    function elsewhere(plan) {
      for (const cell of document.querySelectorAll("[data-period]")) {
        const chance = 1 / Number(cell.dataset.period);
        const i = data.chances.findIndex((known) => Math.abs(known / chance - 1) < 1e-4);
        cell.textContent = i < 0 ? "-" : money(plan.losses[i]);
      }
      const members = new Set(plan.set);
      for (const row of document.querySelectorAll("[data-treatment]")) {
        const inside = members.has(Number(row.dataset.treatment));
        row.classList.toggle("chosen", inside);
        row.lastElementChild.textContent = inside ? "✓ yes" : "";
      }
      for (const row of document.querySelectorAll("[data-plan]"))
        row.classList.toggle("current", Number(row.dataset.plan) === chosen);
    }
    function counted(plan) {
      const count = (verdict) => plan.verdicts.filter((v) => v === verdict).length;
      if (plan.verdicts.length === 0) return "";
      if (count("within") === plan.verdicts.length) return " All points of the appetite are within.";
      return " Of the appetite's points, " + ["breached", "undecided", "within"].filter((v) => count(v) > 0)
        .map((v) => count(v) + " " + (count(v) === 1 ? "is" : "are") + " " + v).join(", ") + ".";
    }
    function update() {
      const plan = plans[chosen], number = plan.set.length;
      output.textContent = paid(plan.cost);
      slider.setAttribute("aria-valuetext", paid(plan.cost) + ": " + number + " treatments, leaves " +
        money(plan.aal) + " a year." + counted(plan));
      status.textContent = (number === 1 ? "One treatment" : number + " treatments") + " for " + paid(plan.cost) + " " +
        data.basis + " leave an average annual loss of " + money(plan.aal) + "." + counted(plan) +
        (chosen === data.asked ? " It is the best set for " + paid(data.budget) + "." : "");
      for (const name of Object.keys(keys)) against(keys[name], plan[name], data.base[name], data.base[name + "_error"]);
      net.value.textContent = money(plan.saved - plan.annual, plan.error);
      net.range.textContent = "saves " + money(plan.saved, plan.error) + " " + plusMinus(plan.error);
      net.more.textContent = "costs " + money(plan.annual);
      if (verdicts) appetiteTable(plan);
      setTable(plan);
      elsewhere(plan);
    }
    function draw() {
      if (small) small.draw();
      frontier.draw(choose);
    }
    function choose(index) {
      chosen = index;
      slider.value = index;
      update();
      redraw();
    }
    slider.addEventListener("input", () => choose(Number(slider.value)));
    update();
    return { draw };
  }

  // -------------------------------------------------------------------------------------- start

  for (const details of document.querySelectorAll("details[open]")) details.open = false;
  const large = document.getElementById("curve");
  let main = null, readMain = null, planner = null;
  function drawAll() {
    if (main) main.draw();
    if (planner) planner.draw();
    if (readMain) readMain();
  }
  if (domain) {
    large.hidden = false;
    main = exceedanceChart(large, false);
    large.append(caption((curve.event ? "The band around today's curve is its 95 % simulation error, the dotted " +
      "line is of the year's largest single event; " :
      "The band around the curve is its 95 % simulation error; ") +
      "both axes are logarithmic." + (portfolio.length > 0 ?
        " Marks on the appetite: a circle is within, a diamond undecided, a cross breached, as of today." : "")));
    main.draw();
    readMain = addReader(large, main);
  }
  const host = document.getElementById("planner");
  if (host && plans.length > 0) planner = buildPlanner(host, drawAll);
  drawAll();
  let width = document.body.clientWidth;
  new ResizeObserver(() => {
    if (printing || document.body.clientWidth === width) return;
    width = document.body.clientWidth;
    drawAll();
  }).observe(document.body);
  const print = (on) => () => { printing = on; drawAll(); };
  window.addEventListener("beforeprint", print(true));
  window.addEventListener("afterprint", print(false));
})();
