"use strict";
(function () {
  const form = document.getElementById("filter");
  const cards = Array.from(document.querySelectorAll("#cards > li"));
  const shown = document.getElementById("shown");
  const none = document.getElementById("none");
  const names = ["level", "hazard", "channel"];

  function fits(card) {
    return names.every(function (name) {
      const wanted = form.elements[name].value;
      return !wanted || card.dataset[name].split(" ").includes(wanted);
    });
  }

  function filter() {
    let count = 0;
    cards.forEach(function (card) {
      card.hidden = !fits(card);
      if (!card.hidden) count += 1;
    });
    shown.textContent = shown.dataset.template.replace("{shown}", count).replace("{total}", cards.length);
    none.hidden = count > 0;
  }

  form.hidden = false;
  form.addEventListener("change", filter);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  document.getElementById("clear").addEventListener("click", function () { form.reset(); filter(); });
  filter();
})();
