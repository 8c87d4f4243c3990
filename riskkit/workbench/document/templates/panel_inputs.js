// Native controls for the inputs of a case. Every text goes in as textContent: nothing of a case is read as markup.
// The model's `positions` says where each input stands: a place in the field's stops, -1 for not known.
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

function render({ model, el }) {
  const prefix = "rkp" + ++views + "-";
  let shown = new Map();
  let [isWaiting, isMoved] = [false, false];

  const at = (field) => {
    const positions = model.get("positions");
    return field.name in positions ? positions[field.name] : field.at;
  };

  // The first move is sent at once, those after it every 40 ms.
  function send() {
    [isWaiting, isMoved] = [true, false];
    model.save_changes();
    setTimeout(() => { isWaiting = false; if (isMoved) send(); }, 40);
  }

  function set(field, position) {
    const positions = { ...model.get("positions") };
    if (position === field.at) delete positions[field.name];
    else positions[field.name] = position;
    model.set("positions", positions);
    shown.get(field.name).follow();
    if (isWaiting) isMoved = true;
    else send();
  }

  function slider(field, words) {
    const id = prefix + field.name;
    const input = make("input", { type: "range", id, min: 0, max: field.stops.length - 1, step: 1, "aria-describedby": id + "-note" });
    const output = make("output", { for: id });
    const open = field.may_be_unknown ? make("input", { type: "checkbox", id: id + "-open" }) : null;
    input.addEventListener("input", () => set(field, Number(input.value)));
    if (open) open.addEventListener("change", () => set(field, open.checked ? -1 : Number(input.value)));
    const follow = () => {
      const position = at(field);
      const known = position >= 0;
      if (known) input.value = position;
      else if (Number(input.value) !== field.start && !input.dataset.used) input.value = field.start;
      input.dataset.used = "1";
      input.disabled = !known;
      const said = known ? field.stops[position] : words.not_known;
      output.textContent = said;
      input.setAttribute("aria-valuetext", said);
      if (open) open.checked = !known;
    };
    const head = make("div", { class: "rkp-field-head" }, make("label", { for: id }, field.label), output);
    const body = make("div", { class: "rkp-field-body" }, input);
    if (open) {
      const text = make("span", { "aria-hidden": "true" }, words.not_known);
      const full = make("span", { class: "rkp-sr" }, field.label + words.colon + words.not_known);
      body.append(make("label", { class: "rkp-open" }, open, text, full));
    }
    return { nodes: [head, body], follow };
  }

  function choice(field, words) {
    const id = prefix + field.name;
    const choices = field.stops.map((said, position) => [position, said]);
    if (field.may_be_unknown) choices.push([-1, words.not_known]);
    const radios = choices.map(([position, said]) => {
      const input = make("input", { type: "radio", name: id, id: id + "_" + position });
      input.addEventListener("change", () => input.checked && set(field, position));
      return { position, input, label: make("label", { class: "rkp-choice" }, input, make("span", {}, said)) };
    });
    const group = make("div", { class: "rkp-choices" }, ...radios.map((radio) => radio.label));
    const follow = () => radios.forEach((radio) => { radio.input.checked = radio.position === at(field); });
    return { nodes: [make("legend", {}, field.label), group], follow };
  }

  function drawn(field, words) {
    const id = prefix + field.name;
    const control = (field.kind === "choice" ? choice : slider)(field, words);
    const row = make(field.kind === "choice" ? "fieldset" : "div", { class: "rkp-field" }, ...control.nodes);
    const back = make("button", { type: "button", class: "rkp-back" }, words.back);
    back.setAttribute("aria-label", words.back + words.colon + field.label);
    back.addEventListener("click", () => {
      set(field, field.at);
      row.querySelector("input:not(:disabled)")?.focus();
    });
    row.append(make("p", { class: "rkp-note", id: id + "-note" }, field.note), back);
    const follow = () => {
      control.follow();
      const moved = at(field) !== field.at;
      row.classList.toggle("rkp-moved", moved);
      back.hidden = !moved;
    };
    follow();
    shown.set(field.name, { follow });
    return row;
  }

  function build() {
    const words = model.get("words");
    shown = new Map();
    const groups = new Map();
    for (const field of model.get("fields")) {
      if (!groups.has(field.group)) {
        const box = make("details", { class: "rkp-group" }, make("summary", {}, field.group));
        box.open = groups.size === 0 || (field.opens && matchMedia("(min-width: 62rem)").matches);
        groups.set(field.group, box);
      }
      groups.get(field.group).append(drawn(field, words));
    }
    el.replaceChildren(...groups.values());
  }

  const follow = () => shown.forEach((one) => one.follow());
  el.classList.add("rkp-inputs");
  build();
  model.on("change:fields", build);
  model.on("change:positions", follow);
  return () => {
    model.off("change:fields", build);
    model.off("change:positions", follow);
  };
}

export default { render };
