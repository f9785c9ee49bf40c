import { Handle, Position, ReactFlow, type Edge, type Node, type NodeProps } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { useEffect, useMemo, useState } from "react";
import type { Task } from "../../api/types";
import { Loading, toneOf } from "../../components/State";
import { duration } from "../../lib/format";
import { layout, NODE, type Layout } from "./layout";

const NARROW = 620;

type StepNode = Node<{ task: Task; selected: boolean; down: boolean; onSelect: (name: string) => void }, "step">;

const took = (task: Task) => (task.started_ms && task.finished_ms ? `, ${duration(task.finished_ms - task.started_ms)}` : "");

function Step({ data }: NodeProps<StepNode>) {
  const { task } = data;
  return (
    <button type="button" className={`node ${toneOf(task.state)} ${data.selected ? "selected" : ""}`} onClick={() => data.onSelect(task.name)}>
      <Handle type="target" position={data.down ? Position.Top : Position.Left} />
      <b>{task.display_name ?? task.name}</b>
      <span>{task.state.toLowerCase()}{took(task)}</span>
      <Handle type="source" position={data.down ? Position.Bottom : Position.Right} />
    </button>
  );
}

const NODE_TYPES = { step: Step };

// A group of steps (a condition, a loop) is drawn as an edge into its members, not as a box of its own.
function flatten(tasks: Task[]): Task[] {
  const groups = new Set(tasks.map((task) => task.parent).filter(Boolean));
  const byName = new Map(tasks.map((task) => [task.name, task]));
  return tasks
    .filter((task) => !groups.has(task.name))
    .map((task) => {
      const parent = task.parent ? byName.get(task.parent) : undefined;
      const inherited = parent && task.depends_on.length === 0 ? parent.depends_on : [];
      return { ...task, depends_on: [...task.depends_on, ...inherited] };
    });
}

// The width of an element, known once it is laid out; it changes only with the window.
function useWidth(): [(element: HTMLDivElement | null) => void, number] {
  const [element, setElement] = useState<HTMLDivElement | null>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, [element]);
  return [setElement, width];
}

export default function RunGraph({ tasks, selected, onSelect }: { tasks: Task[]; selected: string | null; onSelect: (name: string) => void }) {
  const steps = useMemo(() => flatten(tasks), [tasks]);
  const shape = steps.map((task) => `${task.name}<${task.depends_on.join()}`).join("|");
  const [room, width] = useWidth();
  const down = width < NARROW;
  const [placed, setPlaced] = useState<Layout | null>(null);
  useEffect(() => {
    let current = true;
    if (width === 0) return undefined;
    void layout(steps, width, down).then((found) => current && setPlaced(found));
    return () => {
      current = false;
    };
    // Only the shape moves boxes; states only recolour them.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [shape, width, down]);
  if (!placed) return <div ref={room}><Loading height={300} /></div>;
  const { places } = placed;
  const nodes: StepNode[] = steps.flatMap((task) => {
    const place = places.get(task.name);
    return place ? [{ id: task.name, type: "step" as const, position: place, ...NODE, data: { task, selected: task.name === selected, down, onSelect } }] : [];
  });
  const edges: Edge[] = steps.flatMap((task) =>
    task.depends_on.filter((from) => places.has(from)).map((from) => ({ id: `${from}>${task.name}`, source: from, target: task.name, animated: task.state === "RUNNING", style: { stroke: "var(--t-ink-3)" } })),
  );
  return (
    <div ref={room} style={{ height: Math.min(1100, placed.height * Math.min(1, width / placed.width) + 50), marginBottom: 14 }}>
      <ReactFlow key={`${shape} ${placed.width}`} nodes={nodes} edges={edges} nodeTypes={NODE_TYPES} fitView fitViewOptions={{ padding: 0.04, maxZoom: 1 }} minZoom={0.2}
        nodesDraggable={false} nodesConnectable={false} elementsSelectable={false} nodesFocusable={false} edgesFocusable={false} preventScrolling={false} zoomOnScroll={false} />
    </div>
  );
}
