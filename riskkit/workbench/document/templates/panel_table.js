// A table whose heads sort it. Every text goes in as textContent; an address is taken only if it leads to this host.
const ADDRESS = /^(?!\/\/)[\w./%?=&+-]*$/;

function make(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

function content(cell) {
  const parts = [];
  for (const mark of cell.marks || []) {
    const symbol = make("span", { class: "rk-badge-mark", "aria-hidden": "true" }, mark.symbol);
    symbol.style.background = mark.colour;
    symbol.style.color = mark.ink;
    parts.push(make("span", { class: "rk-badge" }, symbol, make("span", { class: "rk-badge-word" }, mark.label)), " ");
  }
  if (cell.href && ADDRESS.test(cell.href)) parts.push(make("a", { href: cell.href }, cell.text));
  else if (cell.text) parts.push(cell.text);
  return parts;
}

function render({ model, el }) {
  let by, down;
  const table = make("table", { class: "rk-table rkp-cases" });
  const status = make("p", { class: "rkp-quiet", role: "status" });

  function sorted() {
    const rows = model.get("rows").map((cells, place) => ({ cells, place }));
    const sign = down ? -1 : 1;
    const lang = document.documentElement.lang || "zh-CN";
    return rows.sort((a, b) => {
      const [x, y] = [a.cells[by].sort, b.cells[by].sort];
      const order = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), lang);
      return order ? sign * order : a.place - b.place;
    });
  }

  function choose(column) {
    model.set({ by: column, down: column === by ? !down : false });
    model.save_changes();
    build(column);
  }

  function head(column, i, words) {
    const isHere = i === by;
    const button = make("button", { type: "button", "data-column": i }, column.title,
      make("span", { "aria-hidden": "true" }, isHere ? (down ? " ▼" : " ▲") : " ↕"));
    button.title = words.sort_by + words.colon + column.title;
    button.addEventListener("click", () => choose(i));
    return make("th", { scope: "col", "aria-sort": isHere ? (down ? "descending" : "ascending") : null }, button);
  }

  function build(focused) {
    [by, down] = [model.get("by"), Boolean(model.get("down"))];
    const [columns, words] = [model.get("columns"), model.get("words")];
    const body = make("tbody", {}, ...sorted().map(({ cells }) => make("tr", {}, ...cells.map((cell, i) => {
      const attributes = i === model.get("names") ? { scope: "row" } : {};
      return make(i === model.get("names") ? "th" : "td", { ...attributes, "data-label": columns[i].title }, make("div", {}, ...content(cell)));
    }))));
    const heads = make("tr", {}, ...columns.map((column, i) => head(column, i, words)));
    table.replaceChildren(make("caption", {}, words.caption), make("thead", {}, heads), body);
    status.textContent = model.get("rows").length ? "" : words.empty;
    if (typeof focused === "number") table.querySelector(`button[data-column="${focused}"]`)?.focus();
  }

  const rebuild = () => build();
  el.classList.add("rk", "rkp-tablebox");
  el.replaceChildren(table, status);
  build();
  model.on("change:rows change:by change:down", rebuild);
  return () => model.off("change:rows change:by change:down", rebuild);
}

export default { render };
