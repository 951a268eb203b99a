// Draws the larger charts with Plotly from the tables beside them. Without Plotly the tables stand alone.
const COLOURS = ["#1f77b4", "#e07b00", "#2c9a4b", "#c0392b", "#8e63ce", "#8c6d46", "#d1589b", "#6f7c85", "#a5a400", "#0d9fb3", "#5b6bbf", "#b5651d"];

function read(table) {
  const heads = [...table.tHead.rows[0].cells];
  const rows = [...table.tBodies[0].rows];
  const cells = (key) => {
    const index = heads.findIndex((head) => head.dataset.key === key);
    return rows.map((row) => row.cells[index].textContent.trim());
  };
  const title = (key) => heads.find((head) => head.dataset.key === key).textContent.trim();
  const unit = (key) => heads.find((head) => head.dataset.key === key).querySelector(".unit")?.textContent ?? "";
  const values = (key) => cells(key).map((text) => { const value = Number.parseFloat(text.replaceAll(",", "").replace("−", "-")); return Number.isFinite(value) ? value : null; });
  return { cells, values, title, unit };
}

function colours() {
  const style = getComputedStyle(document.body);
  const of = (name) => style.getPropertyValue(`--${name}`).trim();
  return { ink: of("ink"), muted: of("muted"), line: of("line"), accent: of("accent"), bad: of("bad"), bar: of("bar"), good: of("good") };
}

function layout(more) {
  const { ink, line } = colours();
  const axis = { gridcolor: line, zerolinecolor: line, linecolor: line, automargin: true, hoverformat: ",.2f" };
  const { xaxis, yaxis, yaxis2, ...others } = more;
  return {
    font: { color: ink, size: 12, family: getComputedStyle(document.body).fontFamily }, paper_bgcolor: "transparent", plot_bgcolor: "transparent",
    margin: { l: 50, r: 20, t: 8, b: 36 }, legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 }, colorway: COLOURS,
    xaxis: { ...axis, ...xaxis, hoverformat: undefined }, yaxis: { ...axis, ...yaxis }, ...(yaxis2 ? { yaxis2: { ...axis, ...yaxis2 } } : {}), ...others,
  };
}

function sankey(table) {
  const { muted, bad, ink } = colours();
  const ends = (side) => table.cells(side).map((name, index) => `${table.cells(`${side}_kind`)[index]}\n${name}`);
  const sources = ends("source"), targets = ends("target");
  const nodes = [...new Set([...sources, ...targets])];
  const isResidual = (node) => node.split("\n")[0] === node.split("\n")[1];
  const node = { label: nodes.map((each) => each.split("\n")[1]), pad: 14, thickness: 16, color: nodes.map((each, index) => (isResidual(each) ? bad : COLOURS[index % COLOURS.length])), line: { width: 0 }, hovertemplate: "%{label}: %{value:,.1f}<extra></extra>" };
  const link = { source: sources.map((each) => nodes.indexOf(each)), target: targets.map((each) => nodes.indexOf(each)), value: table.values("value"), color: sources.map((each) => `${isResidual(each) ? bad : COLOURS[nodes.indexOf(each) % COLOURS.length]}55`), hovertemplate: "%{source.label} → %{target.label}: %{value:,.1f}<extra></extra>" };
  return { data: [{ type: "sankey", node, link, valuesuffix: ` ${table.unit("value")}`, textfont: { color: ink, size: 12 } }], layout: layout({ margin: { l: 8, r: 8, t: 8, b: 8 }, hoverlabel: { bgcolor: muted } }) };
}

function trend(table, figure) {
  const names = table.cells("from"), units = { left: "", right: "" };
  const data = figure.dataset.series.split(" ").map((part, index) => {
    const [key, kind, side] = part.split(":");
    units[side] = table.unit(key);
    const colour = COLOURS[(kind === "past" ? Number(key.slice(1)) : index) % COLOURS.length];
    const common = { x: names, y: table.values(key), name: table.title(key), yaxis: side === "left" ? "y" : "y2", connectgaps: false };
    if (kind === "stack" && side === "left") return { ...common, type: "bar", marker: { color: colour } };
    return { ...common, type: "scatter", mode: names.length > 1 ? "lines" : "markers", line: { color: colour, width: 2, dash: kind === "past" ? "dot" : "solid" } };
  });
  return { data, layout: layout({ barmode: "stack", hovermode: "x unified", dragmode: "zoom", xaxis: { type: "category", nticks: 12 }, yaxis: { title: { text: units.left }, rangemode: "tozero" }, ...(units.right ? { yaxis2: { title: { text: units.right }, overlaying: "y", side: "right", tickmode: "auto", nticks: 7, showgrid: false, rangemode: "tozero" }, margin: { l: 50, r: 56, t: 8, b: 36 } } : {}) }) };
}

function regression(table, figure) {
  const { bar, accent, ink } = colours();
  const made = table.values("production_t"), used = table.values("energy_gj"), expected = table.values("expected_gj"), names = table.cells("from");
  const until = table.cells("reference").filter(Boolean).length;
  const some = (from, to, name, colour) => ({ type: "scatter", mode: "markers", x: made.slice(from, to), y: used.slice(from, to), text: names.slice(from, to), name, marker: { color: colour, size: 6, opacity: .75 }, hovertemplate: "%{text}<br>%{x:,.1f} t, %{y:,.0f} GJ<extra></extra>" });
  const order = made.map((value, index) => [value, expected[index]]).filter(([x, y]) => x !== null && y !== null).sort((a, b) => a[0] - b[0]);
  const line = { type: "scatter", mode: "lines", x: [order[0]?.[0], order.at(-1)?.[0]], y: [order[0]?.[1], order.at(-1)?.[1]], name: table.title("expected_gj"), line: { color: ink, width: 2 }, hoverinfo: "skip" };
  return { data: [some(0, until, table.title("reference"), bar), some(until, names.length, figure.dataset.later, accent), line], layout: layout({ xaxis: { title: { text: table.title("production_t") } }, yaxis: { title: { text: table.unit("energy_gj") } } }) };
}

function cusum(table) {
  const { accent, ink, muted } = colours();
  const names = table.cells("from"), sums = table.values("sum_gj");
  const done = table.cells("measures").map((text, index) => ({ text, index })).filter((each) => each.text);
  const shapes = done.map(({ index }) => ({ type: "line", x0: names[index], x1: names[index], y0: 0, y1: 1, yref: "paper", line: { color: muted, dash: "dot", width: 1.5 } }));
  const annotations = done.map(({ text, index }) => ({ x: names[index], y: 1, yref: "paper", text, showarrow: false, yanchor: "top", xanchor: index > names.length / 2 ? "right" : "left", font: { color: ink, size: 11 } }));
  return { data: [{ type: "scatter", mode: "lines", x: names, y: sums, line: { color: accent, width: 2 }, hovertemplate: "%{x}: %{y:,.0f} GJ<extra></extra>" }], layout: layout({ shapes, annotations, showlegend: false, xaxis: { type: "category", nticks: 5, tickangle: 0 }, yaxis: { title: { text: "GJ" } } }) };
}

const DRAWERS = { sankey, trend, regression, cusum };

function draw(figure) {
  const holder = figure.dataset.table ? document.getElementById(figure.dataset.table) : figure;
  const { data, layout: how } = DRAWERS[figure.dataset.plot](read(holder.querySelector("table")), figure);
  Plotly.newPlot(figure.querySelector(".plot"), data, how, { responsive: true, displayModeBar: false }).then(() => { figure.dataset.drawn = "true"; });
}

if (window.Plotly) document.querySelectorAll("[data-plot]").forEach(draw);
