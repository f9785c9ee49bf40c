// uPlot in React: made once, fed new data, told its size, zoomed by dragging. Charts on one page share their time window.
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useColors } from "../lib/colors";
import { timeLabels } from "../lib/timeAxis";

export interface Line {
  label: string;
  color: string; // name of a token, without --t-
  width?: number;
  dash?: number[];
  points?: boolean;
  faint?: boolean; // stands behind another line
}

export interface Mark {
  x: number; // seconds
  color: string;
  label: string;
  head?: "flag" | "dot"; // what stands on its line: at the top, or at the foot
}

export type Window = [from: number, to: number] | null;

interface Props {
  data: uPlot.AlignedData;
  lines: Line[];
  height: number;
  label: string;
  time?: boolean;
  logX?: boolean;
  logY?: boolean;
  marks?: Mark[];
  level?: { y: number; color: string };
  xLabel?: string;
  yLabel?: string;
  zoom?: Window;
  onZoom?: (zoom: Window) => void;
  onPick?: (index: number) => void;
  digits?: number;
}

function drawHead(ctx: CanvasRenderingContext2D, head: Mark["head"], x: number, top: number, bottom: number) {
  const size = 5 * devicePixelRatio;
  ctx.beginPath();
  if (head === "flag") {
    ctx.moveTo(x - size, top);
    ctx.lineTo(x + size, top);
    ctx.lineTo(x, top + 1.6 * size);
  } else {
    ctx.arc(x, bottom, 0.8 * size, 0, 2 * Math.PI);
  }
  ctx.fill();
}

function drawMarks(plot: uPlot, marks: Mark[], color: (token: string) => string) {
  const { ctx, bbox } = plot;
  const bottom = bbox.top + bbox.height;
  ctx.save();
  ctx.lineWidth = 1.25 * devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
  for (const mark of marks) {
    const x = plot.valToPos(mark.x, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = ctx.fillStyle = color(mark.color);
    if (mark.head !== "dot") {
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bottom);
      ctx.stroke();
    }
    if (mark.head) drawHead(ctx, mark.head, x, bbox.top, bottom);
  }
  ctx.restore();
}

function drawLevel(plot: uPlot, y: number, color: string) {
  const { ctx, bbox } = plot;
  const at = plot.valToPos(y, "y", true);
  if (at < bbox.top || at > bbox.top + bbox.height) return;
  ctx.save();
  ctx.strokeStyle = color;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([2 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, at);
  ctx.lineTo(bbox.left + bbox.width, at);
  ctx.stroke();
  ctx.restore();
}

export function Chart(props: Props) {
  const host = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const color = useColors();
  const { data, height, lines, time = false, logX = false, logY = false } = props;
  const shape = [props.xLabel, props.yLabel, logX, logY, ...lines.map((line) => line.label + line.color + line.faint)].join("|");

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const axis = { stroke: color("ink-2"), grid: { stroke: color("grid"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
    const options: uPlot.Options = {
      width: element.clientWidth || 600,
      height,
      legend: { show: false },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
      scales: { x: { time, distr: logX ? 3 : 1 }, y: { distr: logY ? 3 : 1 } },
      axes: [
        { ...axis, size: time ? 40 : 26, label: latest.current.xLabel, labelSize: 18, labelFont: axis.font, values: time ? (_, splits, __, ___, step) => timeLabels(splits, step) : undefined },
        { ...axis, size: 46, label: latest.current.yLabel, labelSize: 18, labelFont: axis.font },
      ],
      cursor: { drag: { x: true, y: false }, points: { size: 6 } },
      series: [
        {},
        ...lines.map((line) => ({
          label: line.label,
          alpha: line.faint ? 0.3 : 1,
          stroke: color(line.color),
          width: line.width ?? 1.75,
          dash: line.dash,
          points: { show: line.points ?? false, size: 5, fill: color(line.color) },
          spanGaps: false,
        })),
      ],
      hooks: {
        draw: [
          (self) => {
            drawMarks(self, latest.current.marks ?? [], color);
            if (latest.current.level) drawLevel(self, latest.current.level.y, color(latest.current.level.color));
          },
        ],
        setSelect: [
          (self) => {
            if (self.select.width < 4) return;
            const from = self.posToVal(self.select.left, "x");
            const to = self.posToVal(self.select.left + self.select.width, "x");
            self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            latest.current.onZoom?.([from, to]);
          },
        ],
        setCursor: [(self) => showTip(self, tip.current, latest.current)],
      },
    };
    const made = new uPlot(options, latest.current.data, element);
    plot.current = made;
    const onClick = () => {
      if (typeof made.cursor.idx === "number") latest.current.onPick?.(made.cursor.idx);
    };
    made.over.addEventListener("click", onClick);
    made.over.addEventListener("dblclick", () => latest.current.onZoom?.(null));
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
    // The plot is rebuilt only when its shape or the colours change; data and zoom are set below.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [shape, height, time, color]);

  const [from, to] = props.zoom ?? [null, null];
  useEffect(() => {
    const made = plot.current;
    if (!made) return;
    made.setData(data, false);
    const xs = data[0];
    const low = from ?? xs[0];
    const high = to ?? xs[xs.length - 1];
    if (low !== undefined && high !== undefined) made.setScale("x", { min: low, max: high > low ? high : low + 1 });
  }, [data, from, to, shape, color]);

  return (
    <div style={{ position: "relative" }}>
      <div ref={host} role="img" aria-label={props.label} style={{ minHeight: height }} />
      <div ref={tip} className="tip" style={{ display: "none" }} />
    </div>
  );
}

function showTip(plot: uPlot, element: HTMLDivElement | null, props: Props) {
  if (!element) return;
  const { left, idx } = plot.cursor;
  if (left === undefined || left < 0 || idx === null || idx === undefined) {
    element.style.display = "none";
    return;
  }
  const x = plot.data[0][idx];
  const head = props.time ? new Date(x * 1000).toISOString().slice(0, 16).replace("T", " ") : String(x);
  const marks = (props.marks ?? []).filter((mark) => Math.abs(plot.valToPos(mark.x, "x") - left) < 5).map((mark) => mark.label);
  const rows = props.lines.flatMap((line, i) => {
    const value = plot.data[i + 1][idx];
    // In a chart of many lines only those that have a point here are told.
    if (line.faint || (props.lines.length > 4 && (value === null || value === undefined))) return [];
    return `${line.label} ${value === null || value === undefined ? "–" : value.toFixed(props.digits ?? 3)}`;
  });
  element.textContent = "";
  for (const text of [head, ...rows, ...marks]) {
    const row = document.createElement("div");
    row.textContent = text;
    element.append(row);
  }
  element.style.display = "block";
  const inside = left + 52 + element.offsetWidth + 20 < plot.width;
  element.style.left = `${inside ? left + 64 : left + 40 - element.offsetWidth}px`;
  element.style.top = "14px";
}
