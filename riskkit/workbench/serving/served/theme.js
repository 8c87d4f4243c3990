// Light or dark: as the system says until somebody chooses; the choice stays in this browser.
(() => {
  const [shelf, dark, root] = ["riskkit theme", matchMedia("(prefers-color-scheme: dark)"), document.documentElement];
  const show = () => {
    root.dataset.theme = localStorage.getItem(shelf) || (dark.matches ? "dark" : "light");
    for (const one of document.querySelectorAll("[data-theme-switch]")) one.setAttribute("aria-pressed", root.dataset.theme === "dark");
  };
  addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-switch]")) return;
    localStorage.setItem(shelf, root.dataset.theme === "dark" ? "light" : "dark");
    show();
  });
  dark.addEventListener("change", show);
  addEventListener("DOMContentLoaded", show);
  show();
})();
