// Where the boxes of a run's graph go: elk's layered layout, in a worker so that the page stays quick.
import ELK from "elkjs/lib/elk-api";
import workerUrl from "elkjs/lib/elk-worker.min.js?url";
import type { Task } from "../../api/types";

export const NODE = { width: 190, height: 52 };

export interface Place {
  x: number;
  y: number;
}

export async function layout(tasks: Task[]): Promise<Map<string, Place>> {
  const elk = new ELK({ workerUrl });
  const known = new Set(tasks.map((task) => task.name));
  const graph = {
    id: "run",
    layoutOptions: { "elk.algorithm": "layered", "elk.direction": "RIGHT", "elk.spacing.nodeNode": "18", "elk.layered.spacing.nodeNodeBetweenLayers": "44" },
    children: tasks.map((task) => ({ id: task.name, ...NODE })),
    edges: tasks.flatMap((task) => task.depends_on.filter((from) => known.has(from)).map((from) => ({ id: `${from}>${task.name}`, sources: [from], targets: [task.name] }))),
  };
  const placed = await elk.layout(graph);
  elk.terminateWorker();
  return new Map((placed.children ?? []).map((child) => [child.id, { x: child.x ?? 0, y: child.y ?? 0 }]));
}
