// Draws the lines over time of a report. The data stand in the page; nothing is loaded.
(function () {
  "use strict";
  var colours = function () {
    var style = getComputedStyle(document.documentElement);
    var of = function (name) { return style.getPropertyValue(name).trim(); };
    return { ink: of("--ink"), muted: of("--muted"), line: of("--line"), soft: of("--soft"), bad: of("--bad") };
  };
  var clock = function (seconds) {
    if (seconds >= 7200) { return +(seconds / 3600).toPrecision(4) + " h"; }
    if (seconds >= 120) { return +(seconds / 60).toPrecision(4) + " min"; }
    return +seconds.toPrecision(4) + " s";
  };
  var shade = function (plot, from, to, colour) {
    var left = plot.valToPos(Math.max(from, plot.scales.x.min), "x", true);
    var right = plot.valToPos(Math.min(to, plot.scales.x.max), "x", true);
    if (right > left) {
      plot.ctx.fillStyle = colour;
      plot.ctx.fillRect(left, plot.bbox.top, right - left, plot.bbox.height);
    }
  };
  var behind = function (data, tone) {
    return function (plot) {
      plot.ctx.save();
      if (data.warmup > 0) { shade(plot, 0, data.warmup, tone.line); }
      plot.ctx.globalAlpha = 0.18;
      data.bands.forEach(function (band) { shade(plot, band[0], band[1], tone.bad); });
      plot.ctx.restore();
    };
  };
  var limit = function (data, tone) {
    return function (plot) {
      if (!data.limit) { return; }
      var y = plot.valToPos(data.limit[0], "y", true);
      if (y < plot.bbox.top || y > plot.bbox.top + plot.bbox.height) { return; }
      plot.ctx.save();
      plot.ctx.strokeStyle = tone.bad;
      plot.ctx.fillStyle = tone.bad;
      plot.ctx.setLineDash([6, 4]);
      plot.ctx.beginPath();
      plot.ctx.moveTo(plot.bbox.left, y);
      plot.ctx.lineTo(plot.bbox.left + plot.bbox.width, y);
      plot.ctx.stroke();
      plot.ctx.fillText(data.limit[1], plot.bbox.left + 6, y - 5);
      plot.ctx.restore();
    };
  };
  var drawn = [];
  var draw = function (figure) {
    var data = JSON.parse(figure.querySelector("script").textContent);
    var place = figure.querySelector(".plot");
    var tone = colours();
    place.textContent = "";
    var axis = { stroke: tone.muted, grid: { stroke: tone.line }, ticks: { stroke: tone.line } };
    var series = [{ label: "time", value: function (plot, v) { return v == null ? "–" : clock(v); } }];
    data.lines.forEach(function (line) {
      series.push({
        label: line.name, stroke: line.colour === "#000000" ? tone.ink : line.colour, width: 2,
        value: function (plot, v) { return v == null ? "–" : String(+v.toPrecision(4)); }
      });
    });
    var plot = new uPlot({
      width: place.clientWidth || 320, height: 260, series: series,
      scales: { x: { time: false }, y: data.logarithmic ? { distr: 3 } : { range: function (u, low, high) { return [Math.min(0, low), (high || 1) * 1.05]; } } },
      axes: [Object.assign({ values: function (u, ticks) { return ticks.map(clock); } }, axis), Object.assign({ size: 64 }, axis)],
      cursor: { sync: { key: "course" } }, hooks: { drawClear: [behind(data, tone)], draw: [limit(data, tone)] }
    }, [data.times].concat(data.lines.map(function (line) { return line.values; })), place);
    drawn.push({ place: place, plot: plot });
  };
  var all = function () {
    drawn.forEach(function (one) { one.plot.destroy(); });
    drawn = [];
    document.querySelectorAll("figure.course").forEach(draw);
  };
  all();
  addEventListener("resize", function () {
    drawn.forEach(function (one) { one.plot.setSize({ width: one.place.clientWidth, height: 260 }); });
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
})();
