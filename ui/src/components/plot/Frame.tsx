// The frame of a plot with two axes: grid, labels, and room for what is drawn inside.
import { useElementSize } from "@mantine/hooks";
import type { ReactNode } from "react";
import type { Scale } from "./scale";

export interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export function usePlotBox(height: number): { ref: (element: HTMLDivElement | null) => void; width: number; box: Box } {
  const { ref, width } = useElementSize<HTMLDivElement>();
  return { ref, width, box: { left: 64, right: Math.max(120, width - 14), top: 12, bottom: height - 44 } };
}

const short = (label: string) => (label.length > 14 ? `${label.slice(0, 13)}…` : label);

export function Frame({ label, width, height, box, x, y, xLabel, yLabel, children }: { label: string; width: number; height: number; box: Box; x: Scale; y: Scale; xLabel: string; yLabel: string; children: ReactNode }) {
  const every = Math.ceil((x.ticks.length * 74) / (box.right - box.left));
  return (
    <svg className="plot" width={width} height={height} role="group" aria-label={label} style={{ position: "relative", display: "block" }}>
      {y.ticks.map(({ at, label: text }) => (
        <g key={at}><line className="rule" x1={box.left} x2={box.right} y1={at} y2={at} /><text x={box.left - 6} y={at + 4} textAnchor="end">{short(text)}</text></g>
      ))}
      {x.ticks.filter((_, i) => i % every === 0).map(({ at, label: text }) => (
        <g key={at}><line className="rule" x1={at} x2={at} y1={box.top} y2={box.bottom} /><text x={at} y={box.bottom + 16} textAnchor="middle">{short(text)}</text></g>
      ))}
      <text x={(box.left + box.right) / 2} y={height - 8} textAnchor="middle">{xLabel}</text>
      <text x={12} y={(box.top + box.bottom) / 2} textAnchor="middle" transform={`rotate(-90 12 ${(box.top + box.bottom) / 2})`}>{yLabel}</text>
      {children}
    </svg>
  );
}
