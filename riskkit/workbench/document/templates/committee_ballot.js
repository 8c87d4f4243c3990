// One expert's ballot, question by question. Every text goes in as textContent: nothing is read as markup.
// `sent` goes to the kernel once, when the expert hands the ballot in; `told` comes back.
let views = 0;

function make(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

// As riskkit.words.numbers.read_probability reads it and probability writes it.
function number(text) {
  const said = text.normalize("NFKC").toLowerCase().trim().replace(/\s+/g, " ");
  const ratio = said.match(/^(\d+(?:\.\d+)?) ?(?:\/|in) ?(\d{1,3}(?:[, ]\d{3})+|\d+(?:\.\d+)?(?:e\+?\d+)?)$/);
  if (ratio) return Number(ratio[1]) / Number(ratio[2].replace(/[, ]/g, ""));
  const share = said.match(/^(\d+(?:[.,]\d+)?(?:e[+-]?\d+)?) ?([%\u2030]?)$/);
  return share ? Number(share[1].replace(",", ".")) / { "": 1, "%": 100, "\u2030": 1000 }[share[2]] : NaN;
}

function written(value, words) {
  if (!(value > 0) || value > 0.05 * (1 + 1e-6)) return words.in_percent.replace("{n}", value >= 0.9995 && value < 1 ? ">99.9" : Number((100 * value).toPrecision(3)));
  return words.one_in.replace("{n}", Number((1 / value).toPrecision(3)).toLocaleString("en", { maximumFractionDigits: 0 }));
}

const SVG = "http://www.w3.org/2000/svg";

function drawn_mark(tag, attributes, text) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text) node.textContent = text;
  return node;
}

// What each expert judged in the last round, and the pool: a dot and a line each, on a logarithmic scale.
function forest(marks, words) {
  const first = Math.floor(Math.log10(Math.min(...marks.map((mark) => mark[1]))));
  const left = 64, right = 330, row = 20, height = marks.length * row + 24;
  const x = (value) => left + (right - left) * (Math.log10(value) - first) / -first;
  const svg = drawn_mark("svg", { viewBox: `0 0 340 ${height}`, role: "img", "aria-label": words.picture });
  const step = Math.ceil(-first / 4);
  for (let power = first; power <= 0; power += step) {
    svg.append(drawn_mark("line", { x1: x(10 ** power), x2: x(10 ** power), y1: 2, y2: height - 18, class: "rkb-tick" }));
    svg.append(drawn_mark("text", { x: x(10 ** power), y: height - 5, "text-anchor": "middle" }, power === 0 ? "1" : "1/" + (10 ** -power).toLocaleString("en")));
  }
  marks.forEach(([label, low, mid, high], place) => {
    const y = 12 + place * row, kind = place === marks.length - 1 ? "rkb-pool" : "rkb-one";
    svg.append(drawn_mark("text", { x: 0, y: y + 4 }, label.length > 9 ? label.slice(0, 8) + "…" : label));
    svg.append(drawn_mark("line", { x1: x(low), x2: x(high), y1: y, y2: y, class: kind }));
    svg.append(drawn_mark(place === marks.length - 1 ? "rect" : "circle", place === marks.length - 1
      ? { x: x(mid) - 4, y: y - 4, width: 8, height: 8, class: kind } : { cx: x(mid), cy: y, r: 4, class: kind }));
  });
  return svg;
}

function earlier(question, words) {
  const back = question.earlier || {};
  if (!back.line) return [];
  const lines = back.said.map(([label, answer, reason]) => make("li", {}, label + ": " + answer + (reason ? " — " + reason : "")));
  const said = make("details", {}, make("summary", {}, words.said), make("ul", {}, ...lines));
  return [make("div", { class: "rkb-earlier" }, make("p", {}, back.line), ...(back.marks.length ? [forest(back.marks, words)] : []), said)];
}

// What the case names as evidence for a step, beside the question.
function evidence(question, words) {
  if (!question.evidence.length) return [];
  const lines = question.evidence.map((line) => make("li", {}, line));
  return [make("details", { class: "rkb-evidence", open: true }, make("summary", {}, words.evidence), make("ul", {}, ...lines))];
}

function render({ model, el }) {
  const prefix = "rkb" + ++views + "-";
  const words = model.get("words");
  const questions = model.get("questions");
  const cards = [];
  let at = 0;

  function own(question) { return (question.earlier || {}).own || {}; }

  function quantiles(card, question) {
    const fields = ["low", "mid", "high"].map((name) => {
      const id = prefix + question.id + "-" + name;
      const input = make("input", { type: "text", inputmode: "decimal", id, autocomplete: "off", placeholder: words["eg_" + name] });
      const said = make("output", { for: id });
      const tell = () => {
        const value = number(input.value);
        said.textContent = value > 0 && value < 1 ? "= " + written(value, words) : "";
      };
      input.addEventListener("input", tell);
      if (own(question)[name] !== undefined) { input.value = String(own(question)[name]); tell(); }
      card.append(make("p", { class: "rkb-line" }, make("label", { for: id }, words[name]), input, said));
      return [name, input];
    });
    card.append(make("p", { class: "rkp-note" }, words.quantile_help + (question.unit ? " " + question.unit : "")));
    const read = () => Object.fromEntries(fields.map(([name, input]) => [name, number(input.value)]));
    return { read, told: () => Object.values(read()).map((value) => written(value, words)).join(" \u00b7 ") };
  }

  function choices(card, question) {
    const kind = question.kind === "choices" ? "checkbox" : "radio";
    const inputs = question.choices.map(([code, said, meaning]) => {
      const input = make("input", { type: kind, name: prefix + question.id, value: code });
      input.checked = own(question).level === code || (own(question).codes || []).includes(code);
      card.append(make("label", { class: "rkb-choice" }, input, make("span", {}, said, ...(meaning ? [make("small", { class: "rkb-meaning" }, meaning)] : []))));
      return input;
    });
    const chosen = () => inputs.filter((input) => input.checked).map((input) => input.value);
    const read = () => kind === "checkbox" ? { codes: chosen() } : { level: chosen()[0] ?? null };
    return { read, told: () => question.choices.filter(([code]) => chosen().includes(code)).map(([, said]) => said).join("; ") || "\u2014" };
  }

  function problem(question, answer) {
    if (answer.abstain) return answer.reason ? "" : words.need_reason;
    if (question.kind === "probability") {
      const all = [answer.low, answer.mid, answer.high];
      if (all.some((value) => !(value > 0 && value < 1))) return words.need_numbers;
      return all[0] < all[1] && all[1] < all[2] ? "" : words.need_rising;
    }
    return question.kind === "level" && answer.level === null ? words.need_choice : "";
  }

  function drawn(question, place) {
    const card = make("fieldset", { class: "rkb-card" });
    card.append(make("legend", { tabindex: "-1" }, words.place.replace("{i}", place + 1).replace("{n}", questions.length) + " " + question.asked), ...evidence(question, words), ...earlier(question, words));
    const { read, told } = question.kind === "probability" ? quantiles(card, question) : choices(card, question);
    const rest = make("input", { type: "checkbox" });
    rest.checked = own(question).abstain === true;
    card.append(make("label", { class: "rkb-choice rkb-abstain" }, rest, make("span", {}, words.abstain)));
    const id = prefix + question.id + "-reason";
    const reason = make("textarea", { id, rows: "2", maxlength: "2000" });
    reason.value = own(question).reason || "";
    card.append(make("p", { class: "rkb-reason" }, make("label", { for: id }, words.reason), reason));
    const wrong = make("p", { class: "rkb-wrong", role: "alert" });
    card.append(wrong);
    const answer = () => {
      const said = rest.checked ? { abstain: true } : read();
      const why = reason.value.trim();
      return why ? { ...said, reason: why } : said;
    };
    const check = () => {
      wrong.textContent = problem(question, answer());
      return wrong.textContent === "";
    };
    const summary = () => (rest.checked ? words.abstain : told()) + (reason.value.trim() ? " \u2014 " + reason.value.trim() : "");
    return { card, answer, check, question, summary };
  }

  const back = make("button", { type: "button", class: "rkb-button" }, words.back);
  const next = make("button", { type: "button", class: "rkb-button rkb-main" }, words.next);
  const told = make("p", { class: "rkb-told", role: "status" });
  const review = make("section", { class: "rkb-card", "aria-label": words.review });
  const bar = make("progress", { max: String(questions.length), value: "0", "aria-label": words.progress });

  function show(place) {
    at = place;
    cards.forEach((one, i) => { one.card.hidden = i !== at; });
    const isReview = at === cards.length;
    review.hidden = !isReview;
    if (isReview) reviewed();
    back.disabled = at === 0;
    next.textContent = isReview ? words.hand_in : at === cards.length - 1 ? words.review : words.next;
    bar.value = at;
    if (el.contains(document.activeElement)) (isReview ? review : cards[at].card).querySelector("legend, h3").focus();
  }

  // Everything that was answered, with a way back to each, before it is sent for good.
  function reviewed() {
    const rows = cards.map((one, i) => {
      const change = make("button", { type: "button", class: "rkb-change" }, words.change);
      change.setAttribute("aria-label", words.change + " " + one.question.asked);
      change.addEventListener("click", () => show(i));
      return make("div", {}, make("dt", {}, one.question.asked), make("dd", {}, one.summary(), " ", change));
    });
    review.replaceChildren(make("h3", { tabindex: "-1" }, words.review), make("p", {}, words.review_note), make("dl", { class: "rkb-review" }, ...rows));
  }

  // A draft stays in this browser until the ballot is handed in: what stands in each field, in the order of the fields.
  const shelf = "riskkit draft " + words.draft;
  const controls = () => cards.flatMap((one) => [...one.card.querySelectorAll("input, textarea")]);
  function keep() {
    try {
      localStorage.setItem(shelf, JSON.stringify(controls().map((one) => one.type === "checkbox" || one.type === "radio" ? one.checked : one.value)));
    } catch { /* a browser that keeps nothing: the ballot works all the same */ }
  }
  function restore() {
    let draft = null;
    try { draft = JSON.parse(localStorage.getItem(shelf)); } catch { /* none, or none that can be read */ }
    if (!Array.isArray(draft) || draft.length !== controls().length) return;
    controls().forEach((one, i) => {
      if (typeof draft[i] === "boolean") one.checked = draft[i];
      else one.value = String(draft[i]);
      if (one.type === "text") one.dispatchEvent(new Event("input"));
    });
    told.textContent = words.restored;
  }

  function forward() {
    if (at < cards.length) {
      if (cards[at].check()) show(at + 1);
      return;
    }
    const wrong = cards.findIndex((one) => !one.check());
    if (wrong >= 0) { show(wrong); return; }
    next.disabled = true;
    told.textContent = words.sending;
    model.set("sent", { n: (model.get("sent").n || 0) + 1, answers: Object.fromEntries(cards.map((one) => [one.question.id, one.answer()])) });
    model.save_changes();
  }

  function answered() {
    const said = model.get("told");
    if (!said.text) return;
    told.textContent = said.text;
    told.classList.toggle("rkb-bad", !said.ok);
    if (said.ok) {
      localStorage.removeItem(shelf);
      el.replaceChildren(told);
      return;
    }
    next.disabled = false;
  }

  questions.forEach((question, place) => cards.push(drawn(question, place)));
  back.addEventListener("click", () => show(Math.max(0, at - 1)));
  next.addEventListener("click", forward);
  el.classList.add("rkb");
  el.replaceChildren(bar, ...cards.map((one) => one.card), review, make("p", { class: "rkb-row" }, back, next), told);
  el.addEventListener("input", keep);
  el.addEventListener("change", keep);
  restore();
  show(0);
  answered();
  model.on("change:told", answered);
  return () => model.off("change:told", answered);
}

export default { render };
