// One event stream for the whole page. An event refreshes the answers it makes stale; bursts are gathered.
import type { QueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { getJson } from "../api/client";
import type { TreadleEvent } from "../api/types";

// What an event's type makes stale, by the first part of the query key.
const STALE: Record<string, string[]> = {
  run: ["runs"],
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

export function useLive(queries: QueryClient): boolean {
  const [connected, setConnected] = useState(true);
  useEffect(() => {
    const stale = new Set<string>();
    let timer: number | undefined;
    let source: EventSource | undefined;
    let stopped = false;
    const flush = () => {
      timer = undefined;
      for (const key of stale) void queries.invalidateQueries({ queryKey: [key] });
      stale.clear();
    };
    const onMessage = (message: MessageEvent<string>) => {
      const event = JSON.parse(message.data) as TreadleEvent;
      for (const key of STALE[event.type.split(".")[0]] ?? []) stale.add(key);
      timer ??= window.setTimeout(flush, GATHER_MS);
    };
    const open = async () => {
      const status = await getJson<{ last_event?: number }>("/api/v1/status").catch(() => ({ last_event: 0 }));
      if (stopped) return;
      source = new EventSource(`/api/v1/events/stream?after=${status.last_event ?? 0}`);
      source.onmessage = onMessage;
      source.onopen = () => {
        setConnected(true);
        void queries.invalidateQueries();
      };
      // The browser connects again by itself and says from which event on.
      source.onerror = () => setConnected(false);
    };
    void open();
    return () => {
      stopped = true;
      source?.close();
      window.clearTimeout(timer);
    };
  }, [queries]);
  return connected;
}
