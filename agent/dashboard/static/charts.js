// Draws a chart from the table beneath it: the table is the figure, the picture is its shadow.
const NS = "http://www.w3.org/2000/svg";
const WIDTH_LEFT = 44, WIDTH_RIGHT = 44, TOP = 22, BOTTOM = 20;

function element(name, attributes, parent, text) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
}

function read(table) {
  const heads = [...table.tHead.rows[0].cells];
  const rows = [...table.tBodies[0].rows];
  const column = (key) => {
    const index = heads.findIndex((head) => head.dataset.key === key);
    const values = rows.map((row) => Number.parseFloat(row.cells[index].textContent.replaceAll(",", "")));
    const unit = heads[index].querySelector(".unit")?.textContent ?? "";
    return { title: heads[index].textContent.trim(), unit, values };
  };
  return { labels: rows.map((row) => row.cells[0].textContent.trim()), column };
}

// The smallest round step of which five or fewer reach the top.
function scale(values) {
  const known = values.filter(Number.isFinite);
  const top = Math.max(...known, 0);
  if (!known.length || top <= 0) return { top: 1, ticks: [0, 1], decimals: 0 };
  const power = 10 ** Math.floor(Math.log10(top / 4));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => top / size <= 4.001);
  const count = Math.ceil(top / step - 1e-9);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9) + (step / power === 2.5 ? 1 : 0));
  return { top: count * step, ticks: Array.from({ length: count + 1 }, (_, i) => i * step), decimals };
}

// Bars of last year stand beside those of this one.
function bars(group, x, y, step, bottom, svg) {
  const width = step * 0.76 / group.length;
  group.forEach(({ kind, values }, place) => {
    values.forEach((value, index) => {
      if (!Number.isFinite(value)) return;
      const left = x(index) - step * 0.38 + place * width;
      element("rect", { x: left, width: width * (group.length > 1 ? 0.94 : 1), y: y(value), height: Math.max(0, bottom - y(value)), class: kind === "bar" ? "bar" : "bar before" }, svg);
    });
  });
}

// The unit above each axis, where one unit holds for all that is read from it.
function units(series, width, svg) {
  for (const side of ["left", "right"]) {
    const own = new Set(series.filter((each) => each.side === side).map((each) => each.unit));
    if (own.size !== 1) continue;
    const at = side === "left" ? { x: WIDTH_LEFT - 6, class: "end" } : { x: width - WIDTH_RIGHT + 6 };
    element("text", { ...at, y: 9 }, svg, [...own][0]);
  }
}

export function draw(figure) {
  const table = read(figure.querySelector("table"));
  const plot = figure.querySelector(".plot");
  const width = Math.max(260, plot.clientWidth), height = plot.clientHeight || 210;
  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const series = figure.dataset.chart.split(" ").map((part) => {
    const [key, kind, side] = part.split(":");
    return { kind, side, ...table.column(key) };
  });
  const inner = width - WIDTH_LEFT - WIDTH_RIGHT, tall = height - TOP - BOTTOM, step = inner / Math.max(1, table.labels.length);
  const scales = {};
  for (const side of ["left", "right"]) {
    const own = series.filter((each) => each.side === side);
    if (own.length) scales[side] = scale(own.flatMap((each) => each.values));
  }
  for (const [side, { ticks, top, decimals }] of Object.entries(scales)) {
    for (const tick of ticks) {
      const y = TOP + tall * (1 - tick / top);
      if (side === "left" || !scales.left) element("line", { x1: WIDTH_LEFT, x2: width - WIDTH_RIGHT, y1: y, y2: y, class: "grid" }, svg);
      const text = tick.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
      if (side === "left") element("text", { x: WIDTH_LEFT - 6, y: y + 4, class: "end" }, svg, text);
      else element("text", { x: width - WIDTH_RIGHT + 6, y: y + 4 }, svg, text);
    }
  }
  const place = (index) => WIDTH_LEFT + step * (index + 0.5);
  for (const side of ["left", "right"]) {
    const group = series.filter((each) => each.side === side && (each.kind === "bar" || each.kind === "before"));
    if (group.length) bars(group, place, (value) => TOP + tall * (1 - value / scales[side].top), step, TOP + tall, svg);
  }
  units(series, width, svg);
  for (const { kind, side, values } of series) {
    const y = (value) => TOP + tall * (1 - value / scales[side].top), x = place;
    if (kind === "bar" || kind === "before") continue;
    if (kind === "mark" || kind === "edge") {
      values.forEach((value, index) => {
        if (!Number.isFinite(value)) return;
        if (kind === "mark") element("circle", { cx: x(index), cy: y(value), r: 4, class: "dot" }, svg);
        else element("path", { d: `M${x(index) - 7} ${y(value)}h14`, class: "line edge" }, svg);
      });
    } else {
      let path = "";
      values.forEach((value, index) => {
        if (!Number.isFinite(value)) return;
        const joins = index > 0 && Number.isFinite(values[index - 1]);
        path += `${joins ? "L" : "M"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
        if (!joins && !Number.isFinite(values[index + 1])) element("circle", { cx: x(index), cy: y(value), r: 2.5, class: "dot" }, svg);
      });
      element("path", { d: path, class: kind === "past" ? "line past" : "line" }, svg);
    }
  }
  const widest = Math.max(...table.labels.map((label) => [...label].reduce((sum, letter) => sum + (letter > "\u2e80" ? 11 : 6.6), 12)), 1);
  const every = Math.max(1, Math.ceil(table.labels.length / Math.max(1, Math.floor(inner / widest))));
  table.labels.forEach((label, index) => {
    if (index % every === 0) element("text", { x: WIDTH_LEFT + step * (index + 0.5), y: height - 4, class: "middle" }, svg, label);
  });
  plot.replaceChildren(svg);
  figure.querySelector(".key")?.remove();
  const key = document.createElement("p");
  key.className = "key";
  for (const { kind, title, side } of series) {
    if (kind === "edge") continue;
    const item = document.createElement("span");
    const sign = document.createElementNS(NS, "svg");
    sign.setAttribute("viewBox", "0 0 16 10");
    if (kind === "bar") element("rect", { x: 3, y: 1, width: 10, height: 9, fill: "var(--bar)" }, sign);
    else if (kind === "before") element("rect", { x: 3.5, y: 1.5, width: 9, height: 8, class: "bar before" }, sign);
    else if (kind === "mark") element("circle", { cx: 8, cy: 5, r: 4, fill: "var(--accent)" }, sign);
    else if (kind === "past") element("path", { d: "M0 5H16", stroke: "var(--muted)", "stroke-width": 2, "stroke-dasharray": "4 3" }, sign);
    else element("path", { d: "M0 5H16", stroke: "var(--accent)", "stroke-width": 2.5 }, sign);
    item.append(sign, scales.right ? `${title} ${side === "left" ? "←" : "→"}` : title);
    key.append(item);
  }
  plot.before(key);
}

export function drawAll(root = document) {
  root.querySelectorAll("[data-chart]").forEach(draw);
}

let waiting = 0;
addEventListener("resize", () => {
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(() => drawAll());
});
drawAll();
