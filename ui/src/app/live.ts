// One event stream for the whole page. An event refreshes the answers it makes stale; bursts are gathered.
import type { QueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { getJson } from "../api/client";
import type { TreadleEvent } from "../api/types";

// What an event's type makes stale, by the first part of the query key. Of a run it is only what belongs to that run.
const STALE: Record<string, string[]> = {
  run: ["runs", "run-pages"],
  pipeline_run: ["pipeline-runs", "pipeline-run", "status", "triggers", "runs"],
  task: ["pipeline-run"],
  model_version: ["models"],
  model_alias: ["models"],
  deployment: ["deployments", "status"],
  predictions: ["predictions", "deployments"],
  truths: ["predictions"],
  report: ["reports"],
  performance: ["performance"],
  alert: ["alerts", "status"],
  trigger: ["triggers"],
};

const GATHER_MS = 400;
// A page of a thousand runs is much to ask for again while a training logs.
const GATHER_PAGES_MS = 4000;

// The part of the key after the first, when an event speaks of one thing only.
const keyOf = (name: string, event: TreadleEvent) => (name === "runs" && event.payload.run_id ? `runs/${String(event.payload.run_id)}` : name);

export function useLive(queries: QueryClient): boolean {
  const [connected, setConnected] = useState(true);
  useEffect(() => {
    const stale = new Set<string>();
    let timer: number | undefined;
    let pagesTimer: number | undefined;
    let source: EventSource | undefined;
    let stopped = false;
    const flush = () => {
      timer = undefined;
      for (const key of stale) void queries.invalidateQueries({ queryKey: key.split("/") });
      stale.clear();
    };
    const flushPages = () => {
      pagesTimer = undefined;
      void queries.invalidateQueries({ queryKey: ["run-pages"] });
    };
    const onMessage = (message: MessageEvent<string>) => {
      const event = JSON.parse(message.data) as TreadleEvent;
      for (const name of STALE[event.type.split(".")[0]] ?? []) {
        if (name === "run-pages") pagesTimer ??= window.setTimeout(flushPages, GATHER_PAGES_MS);
        else stale.add(keyOf(name, event));
      }
      timer ??= window.setTimeout(flush, GATHER_MS);
    };
    const open = async () => {
      const status = await getJson<{ last_event?: number }>("/api/v1/status").catch(() => ({ last_event: 0 }));
      if (stopped) return;
      // What was answered before the place in the log from which we listen may have missed an event.
      let before = Date.now();
      source = new EventSource(`/api/v1/events/stream?after=${status.last_event ?? 0}`);
      source.onmessage = onMessage;
      source.onopen = () => {
        setConnected(true);
        void queries.invalidateQueries({ predicate: ({ state }) => state.fetchStatus === "idle" && state.dataUpdatedAt < before });
        before = Infinity;
      };
      // The browser connects again by itself and says from which event on.
      source.onerror = () => setConnected(false);
    };
    void open();
    return () => {
      stopped = true;
      source?.close();
      window.clearTimeout(timer);
      window.clearTimeout(pagesTimer);
    };
  }, [queries]);
  return connected;
}
