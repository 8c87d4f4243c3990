// What every board has alike: a search in each table, tables and figures as files, an address that holds what is chosen,
// views by name, how to work by keyboard. Every text goes in as textContent; nothing leaves the browser but a file.
const SEARCH_FROM = 8; // rows
const plain = (text) => text.replace(/\s+/g, " ").trim();

function make(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) if (value !== false && value !== null) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function press(text, act, label) {
  const node = make("button", { type: "button", class: "rkp-tool", "aria-label": label || null }, text);
  node.addEventListener("click", act);
  return node;
}

function save(blob, name) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name.replace(/[^\p{L}\p{N}_.-]+/gu, "_").slice(0, 80) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// The rows that are shown, heads first, as texts.
function grid(table) {
  const seen = [...table.rows].filter((row) => !row.hidden);
  return seen.map((row) => [...row.cells].map((cell) => plain(cell.querySelector("button")?.firstChild?.textContent || cell.innerText || cell.textContent)));
}

const isNumber = (text) => /^-?\d{1,15}(\.\d+)?$/.test(text);

function csv(rows) {
  // a spreadsheet takes no text of ours for a formula
  const cell = (text) => `"${(/^[=+\-@\t]/.test(text) && !isNumber(text) ? "'" + text : text).replaceAll('"', '""')}"`;
  return new Blob(["\ufeff", rows.map((row) => row.map(cell).join(",")).join("\r\n"), "\r\n"], { type: "text/csv" });
}

function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

// A ZIP file whose members are stored as they are (APPNOTE 4.3), which is all that a workbook needs.
function zip(files) {
  const [parts, index] = [[], []];
  let at = 0;
  const fields = (size, ...pairs) => {
    const view = new DataView(new ArrayBuffer(size));
    for (const [place, value, bytes] of pairs) bytes === 2 ? view.setUint16(place, value, true) : view.setUint32(place, value, true);
    return view.buffer;
  };
  for (const [name, text] of files) {
    const [label, body] = [new TextEncoder().encode(name), new TextEncoder().encode(text)];
    const sums = (from) => [[from, crc32(body), 4], [from + 4, body.length, 4], [from + 8, body.length, 4], [from + 12, label.length, 2]];
    parts.push(fields(30, [0, 0x04034b50, 4], [4, 20, 2], [6, 0x800, 2], [12, 0x21, 2], ...sums(14)), label, body);
    index.push(fields(46, [0, 0x02014b50, 4], [4, 20, 2], [6, 20, 2], [8, 0x800, 2], [14, 0x21, 2], ...sums(16), [42, at, 4]), label);
    at += 30 + label.length + body.length;
  }
  const size = index.reduce((sum, part) => sum + (part.byteLength ?? part.length), 0);
  return new Blob([...parts, ...index, fields(22, [0, 0x06054b50, 4], [8, files.length, 2], [10, files.length, 2], [12, size, 4], [16, at, 4])]);
}

function xlsx(rows) {
  const safe = (text) => text.replace(/[&<>]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[sign]).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "");
  const cell = (text) => isNumber(text) ? `<c><v>${text}</v></c>` : `<c t="inlineStr"><is><t xml:space="preserve">${safe(text)}</t></is></c>`;
  const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>', main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
  const doc = "http://schemas.openxmlformats.org/officeDocument/2006/relationships", pack = "http://schemas.openxmlformats.org/package/2006";
  const kind = "application/vnd.openxmlformats-officedocument.spreadsheetml";
  const link = (type, target) => `${head}<Relationships xmlns="${pack}/relationships"><Relationship Id="r1" Type="${doc}/${type}" Target="${target}"/></Relationships>`;
  return zip([
    ["[Content_Types].xml", `${head}<Types xmlns="${pack}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${kind}.sheet.main+xml"/><Override PartName="/xl/sheet.xml" ContentType="${kind}.worksheet+xml"/></Types>`],
    ["_rels/.rels", link("officeDocument", "xl/workbook.xml")],
    ["xl/workbook.xml", `${head}<workbook xmlns="${main}" xmlns:r="${doc}"><sheets><sheet name="riskkit" sheetId="1" r:id="r1"/></sheets></workbook>`],
    ["xl/_rels/workbook.xml.rels", link("worksheet", "sheet.xml")],
    ["xl/sheet.xml", `${head}<worksheet xmlns="${main}"><sheetData>${rows.map((row) => `<row>${row.map(cell).join("")}</row>`).join("")}</sheetData></worksheet>`],
  ]);
}

// Pictures side by side on one canvas, twice as fine as the screen, on white.
async function png(images, width, height) {
  const canvas = make("canvas", { width: width * 2, height: height * 2 });
  const pen = canvas.getContext("2d");
  pen.scale(2, 2);
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, width, height);
  for (const svg of images) {
    const image = new Image(width, height);
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(svg);
    await image.decode();
    pen.drawImage(image, 0, 0, width, height);
  }
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

function figurePng(plot) {
  const { width, height } = plot.getBoundingClientRect();
  const layers = [...plot.querySelectorAll("svg.main-svg")].map((svg) => {
    const copy = svg.cloneNode(true);
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    return new XMLSerializer().serializeToString(copy);
  });
  return png(layers, Math.ceil(width), Math.ceil(height));
}

function tablePng(table) {
  const { width, height } = table.getBoundingClientRect();
  const styles = [...document.querySelectorAll("style")].map((one) => one.textContent).filter((text) => text.includes(".rk "));
  const copy = table.cloneNode(true);
  const page = make("div", { class: "rk rkp", style: `width:${Math.ceil(width)}px;background:#fff` }, make("style", {}, ...new Set(styles)), copy);
  const inside = new XMLSerializer().serializeToString(page);
  return png([`<svg xmlns="http://www.w3.org/2000/svg" width="${Math.ceil(width)}" height="${Math.ceil(height)}"><foreignObject width="100%" height="100%">${inside}</foreignObject></svg>`], Math.ceil(width), Math.ceil(height));
}

// A number as it is written on a page; NaN for any other text.
const value = (text) => {
  const found = text.replace(/[\s,%]/g, "").replace("−", "-");
  return found && isFinite(found) ? Number(found) : NaN;
};

function order(a, b) {
  const [x, y] = [value(a), value(b)];
  if (!isNaN(x) && !isNaN(y)) return x - y;
  if (isNaN(x) !== isNaN(y)) return isNaN(x) ? 1 : -1; // what is no number stands behind the numbers
  return a.localeCompare(b, document.documentElement.lang || "zh-CN", { numeric: true });
}

// A table whose heads sort it, as those of panel_table.js do; one with merged cells stays as it is.
function sortable(table) {
  const [head, body] = [table.tHead?.rows[0], table.tBodies[0]];
  const cells = [...table.rows].flatMap((row) => [...row.cells]);
  const isPlain = table.tHead?.rows.length === 1 && table.tBodies.length === 1 && cells.every((cell) => cell.colSpan === 1 && cell.rowSpan === 1);
  if (!isPlain || body.rows.length < 2 || table.closest(".rkp-stacks")) return;
  [...head.cells].forEach((cell, at) => {
    const mark = make("span", { "aria-hidden": "true" }, " ↕");
    const button = make("button", { type: "button" }, make("span", {}, ...cell.childNodes), mark);
    cell.replaceChildren(button);
    button.addEventListener("click", () => {
      const isDown = cell.getAttribute("aria-sort") === "ascending";
      for (const other of head.cells) {
        other.removeAttribute("aria-sort");
        other.querySelector("button > span[aria-hidden]").textContent = " ↕";
      }
      cell.setAttribute("aria-sort", isDown ? "descending" : "ascending");
      mark.textContent = isDown ? " ▼" : " ▲";
      const rows = [...body.rows].map((row) => [plain(row.cells[at].textContent), row]);
      rows.sort((a, b) => (isDown ? -1 : 1) * order(a[0], b[0]));
      body.append(...rows.map(([, row]) => row));
    });
  });
}

function render({ model, el }) {
  const words = () => model.get("words");
  const finds = new Map();
  let root = null;

  function exports(title, table, toPng) {
    const name = () => plain(title() || document.title);
    const one = (kind, act) => press(kind, act, `${words().save_as} ${kind}${words().colon}${name()}`);
    const group = make("span", { class: "rkp-exports", role: "group", "aria-label": words().save_as });
    if (table) group.append(one("CSV", () => save(csv(grid(table())), name() + ".csv")), one("Excel", () => save(xlsx(grid(table())), name() + ".xlsx")));
    group.append(one("PNG", async () => save(await toPng(), name() + ".png")));
    return group;
  }

  function search(table) {
    const key = "find" + [...root.querySelectorAll("table.rkp-cases")].indexOf(table);
    const field = make("input", { type: "search", "aria-label": words().find, placeholder: words().find, autocomplete: "off" });
    const told = make("span", { class: "rkp-quiet", role: "status" });
    const look = () => {
      const wanted = field.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
      const rows = [...table.tBodies[0].rows];
      for (const row of rows) row.hidden = !wanted.every((part) => row.textContent.toLowerCase().includes(part));
      told.textContent = wanted.length ? words().found.replace("{n}", rows.filter((row) => !row.hidden).length).replace("{all}", rows.length) : "";
      finds.set(key, field.value);
      field.hidden = rows.length < SEARCH_FROM && !field.value;
    };
    field.addEventListener("input", () => { look(); write(); });
    field.value = asked()[key] || finds.get(key) || "";
    new MutationObserver(look).observe(table, { childList: true });
    look();
    return [field, told];
  }

  function decorate() {
    for (const box of root.querySelectorAll(".rkp-drawn")) {
      const plot = box.querySelector(".js-plotly-plot");
      if (!plot || box.querySelector(":scope > .rkp-tools")) continue;
      const table = box.querySelector("details table") ? () => box.querySelector("details table") : null;
      box.append(make("div", { class: "rkp-tools" }, exports(() => box.querySelector("h2, h3")?.textContent, table, () => figurePng(box.querySelector(".js-plotly-plot")))));
    }
    for (const table of root.querySelectorAll("table.rk-table, table.rkp-bars")) {
      if (table.dataset.tools || table.closest(".rkp-gauge, .rkp-drawn")) continue;
      table.dataset.tools = "1";
      const found = table.classList.contains("rkp-cases") ? search(table) : [];
      const tools = make("div", { class: "rkp-tools" }, ...found, exports(() => table.caption?.textContent, () => table, () => tablePng(table)));
      (table.closest(".rk-scroll") || table).before(tools);
    }
    for (const table of root.querySelectorAll("table.rk-table:not(.rkp-cases)")) {
      if (table.dataset.sorts) continue;
      table.dataset.sorts = "1";
      sortable(table);
    }
  }

  // The address: what is chosen stands behind #, so that a link shows the same and nothing is lost on loading again.
  const asked = () => Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  function write() {
    const found = [...finds].filter(([, text]) => text);
    const text = new URLSearchParams([...Object.entries(model.get("state")), ...found]).toString();
    if (text !== location.hash.slice(1)) history.replaceState(null, "", location.pathname + location.search + (text ? "#" + text : ""));
  }
  function read() {
    model.set("asked", { ...asked() });
    model.save_changes();
  }

  const shelf = "riskkit views " + location.pathname;
  const kept = () => { try { return JSON.parse(localStorage.getItem(shelf)) || {}; } catch { return {}; } };
  function views() {
    const id = "rkp-view-name";
    const name = make("input", { type: "text", id, maxlength: "60", autocomplete: "off" });
    const list = make("ul", { class: "rkp-list" });
    const show = (all) => {
      localStorage.setItem(shelf, JSON.stringify(all));
      list.replaceChildren(...Object.entries(all).map(([title, place]) => make("li", {}, make("a", { href: location.pathname + place }, title), " ",
        press("×", () => { const rest = { ...kept() }; delete rest[title]; show(rest); name.focus(); }, words().view_drop + words().colon + title))));
    };
    const keep = press(words().view_keep, () => {
      if (name.value.trim()) show({ ...kept(), [name.value.trim()]: location.search + location.hash });
      name.value = "";
    });
    list.addEventListener("click", (event) => { if (event.target.tagName === "A") setTimeout(() => location.reload()); });
    if (Object.keys(kept()).length) show(kept());
    return make("details", { class: "rkp-menu" }, make("summary", {}, words().views), make("p", {}, make("label", { for: id }, words().view_name), " ", name, " ", keep), list);
  }

  // Told apart from the menus: a new time neither closes one nor takes the focus away.
  const stamp = make("span", { class: "rkp-quiet" });
  function tell() {
    const at = model.get("as_of");
    const time = at ? new Date(at).toLocaleString(document.documentElement.lang || "zh-CN", { dateStyle: "medium", timeStyle: "short" }) : "";
    stamp.textContent = time ? words().as_of.replace("{at}", time) : "";
  }

  function head() {
    const lines = words().keys.map((line) => make("li", {}, line));
    tell();
    el.replaceChildren(stamp, views(),
      make("details", { class: "rkp-menu" }, make("summary", {}, words().keyboard), make("ul", { class: "rkp-list" }, ...lines)));
  }

  function begin() {
    root = el.closest(".rkp");
    if (!root) { requestAnimationFrame(begin); return; }
    decorate();
    new MutationObserver(decorate).observe(root, { childList: true, subtree: true });
    if (location.hash.length > 1) read();
  }

  el.classList.add("rkp-head");
  head();
  requestAnimationFrame(begin);
  model.on("change:state", write);
  model.on("change:words", head);
  model.on("change:as_of", tell);
  addEventListener("hashchange", read);
  return () => { model.off("change:state", write); model.off("change:words", head); model.off("change:as_of", tell); removeEventListener("hashchange", read); };
}

export default { render };
