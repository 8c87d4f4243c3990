"use strict";
(function () {
  const canvases = Array.from(document.querySelectorAll(".plot-canvas"));
  const options = { responsive: true, displayModeBar: false, scrollZoom: false, showTips: false };

  function draw(canvas) {
    const figure = JSON.parse(document.getElementById(canvas.dataset.figure).textContent);
    const layout = Object.assign({ paper_bgcolor: "#fff", plot_bgcolor: "#fff" }, figure.layout);
    layout.margin = Object.assign({ t: 24, r: 16, b: 52 }, figure.layout.margin);
    layout.autosize = true;
    layout.dragmode = false;
    layout.font = Object.assign({ color: "#16202c" }, layout.font, {
      family: getComputedStyle(document.body).fontFamily,
    });
    const message = canvas.firstElementChild;
    canvas.textContent = "";
    return window.Plotly.newPlot(canvas, figure.data, layout, options).catch(function (error) {
      canvas.replaceChildren(message);
      console.error(error);
    });
  }

  if (window.Plotly) {
    Promise.all(canvases.map(draw)).then(function () {
      document.documentElement.dataset.drawn = String(canvases.length);
    });
  }

  const toc = document.querySelector("details.toc");
  if (toc && window.matchMedia("(max-width: 70rem)").matches) toc.open = false;

  let opened = [];
  window.addEventListener("beforeprint", function () {
    opened = Array.from(document.querySelectorAll("main details:not([open])"));
    opened.forEach(function (each) { if (!each.closest("figure")) each.open = true; });
    if (window.Plotly) canvases.forEach(function (each) {
      if (each.layout) window.Plotly.relayout(each, { width: 640, autosize: false });
    });
  });
  window.addEventListener("afterprint", function () {
    opened.forEach(function (each) { each.open = false; });
    if (window.Plotly) canvases.forEach(function (each) {
      if (each.layout) window.Plotly.relayout(each, { width: null, autosize: true });
    });
  });
})();
