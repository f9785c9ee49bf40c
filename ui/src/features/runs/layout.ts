// Where the boxes of a run's graph go: elk's layered layout, in a worker so that the page stays quick.
import ELK from "elkjs/lib/elk-api";
import workerUrl from "elkjs/lib/elk-worker.min.js?url";
import type { Task } from "../../api/types";

export const NODE = { width: 190, height: 52 };

export interface Place {
  x: number;
  y: number;
}

const ROW_HEIGHT = 320;
const DOWN = { "elk.direction": "DOWN", "elk.layered.spacing.nodeNodeBetweenLayers": "26" };
const ACROSS = { "elk.direction": "RIGHT", "elk.layered.wrapping.strategy": "MULTI_EDGE", "elk.layered.spacing.nodeNodeBetweenLayers": "44" };

export interface Layout {
  places: Map<string, Place>;
  width: number;
  height: number;
}

// Across, a long chain is broken into rows that fill a room of that width; down, in a narrow room.
export async function layout(tasks: Task[], room: number, down: boolean): Promise<Layout> {
  const elk = new ELK({ workerUrl });
  const known = new Set(tasks.map((task) => task.name));
  const graph = {
    id: "run",
    layoutOptions: { "elk.algorithm": "layered", "elk.spacing.nodeNode": "18", ...(down ? DOWN : { ...ACROSS, "elk.aspectRatio": String(room / ROW_HEIGHT) }) },
    children: tasks.map((task) => ({ id: task.name, ...NODE })),
    edges: tasks.flatMap((task) => task.depends_on.filter((from) => known.has(from)).map((from) => ({ id: `${from}>${task.name}`, sources: [from], targets: [task.name] }))),
  };
  const placed = await elk.layout(graph);
  elk.terminateWorker();
  const places = new Map((placed.children ?? []).map((child) => [child.id, { x: child.x ?? 0, y: child.y ?? 0 }]));
  const far = [...places.values()];
  return { places, width: Math.max(1, ...far.map(({ x }) => x + NODE.width)), height: Math.max(1, ...far.map(({ y }) => y + NODE.height)) };
}
