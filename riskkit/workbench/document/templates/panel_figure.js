// A figure as the kernel sends it, drawn by plotly.js. A page loads that once, when it has nothing else to do.
const settings = { displayModeBar: false, responsive: true };
const idle = () => new Promise((done) => (window.requestIdleCallback ?? setTimeout)(done, { timeout: 2000 }));

function library(model) {
  window.riskkitPlotly ??= new Promise((done) => {
    const load = (address, otherwise) => {
      const script = document.createElement("script");
      script.onload = () => done(window.Plotly);
      script.onerror = otherwise;
      script.src = address;
      document.head.append(script);
    };
    const ask = () => {
      const take = (_, [bytes]) => {
        model.off("msg:custom", take);
        load(URL.createObjectURL(new Blob([bytes], { type: "text/javascript" })));
      };
      model.on("msg:custom", take);
      model.send({});
    };
    const base = document.body.dataset.baseUrl;
    if (base) load(new URL(model.get("library"), new URL(base, location.href)), ask);
    else ask();
  });
  return window.riskkitPlotly;
}

function render({ model, el }) {
  const place = document.createElement("div");
  let [plotly, isGone] = [null, false];
  const draw = () => {
    const { data, layout } = model.get("figure");
    place.style.minHeight = `${layout.height}px`;
    // Where somebody has moved an axis it stays so until it begins or ends elsewhere.
    const uirevision = JSON.stringify([layout.xaxis?.range, layout.yaxis?.range]);
    plotly?.react(place, data, { ...layout, uirevision }, settings);
  };
  const begin = async () => {
    await idle();
    const loaded = await library(model);
    await idle();
    if (isGone) return;
    plotly = loaded;
    draw();
    place.on("plotly_click", ({ points: [point] }) => {
      if (point.customdata !== undefined) model.send({ picked: point.customdata });
    });
  };
  el.append(place);
  draw();
  begin();
  model.on("change:figure", draw);
  return () => {
    isGone = true;
    model.off("change:figure", draw);
    plotly?.purge(place);
  };
}

export default { render };
