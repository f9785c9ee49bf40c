// How charts are drawn is kept in the address: x, smoothing, log scales and the zoom, which all charts share.
import { useCallback, useMemo } from "react";
import type { Window } from "../../components/Chart";
import { useUrlState } from "../../lib/urlState";
import type { Look, XAxis } from "./lines";

const MOST_SMOOTH = 0.99;

export function useLook() {
  const [query, change] = useUrlState();
  const x = query.get("x");
  const smooth = Math.min(MOST_SMOOTH, Math.max(0, Number(query.get("smooth")) || 0));
  const logX = query.get("logx") === "1";
  const logY = query.get("logy") === "1";
  const look: Look = useMemo(() => ({ x: x === "time" || x === "relative" ? x : "step", smooth, logX, logY }), [x, smooth, logX, logY]);
  const from = query.get("from");
  const to = query.get("to");
  const zoom = useMemo<Window>(() => (from !== null && to !== null && Number(to) > Number(from) ? [Number(from), Number(to)] : null), [from, to]);
  const setZoom = useCallback((next: Window) => change({ from: next && String(next[0]), to: next && String(next[1]) }), [change]);
  const setX = (axis: XAxis) => change({ x: axis === "step" ? null : axis, from: null, to: null });
  const setSmooth = (weight: number) => change({ smooth: weight > 0 ? String(weight) : null });
  const setLog = (axis: "logx" | "logy", on: boolean) => change({ [axis]: on ? "1" : null });
  return { look, zoom, setZoom, setX, setSmooth, setLog };
}
