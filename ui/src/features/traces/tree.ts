// Spans in the order of a tree: each under its parent, children by their start.
import type { Span } from "../../api/traces";

export interface Branch {
  span: Span;
  depth: number;
  children: number;
}

// The parent of each span. One that is not in the trace makes its child a root; so does the place where a ring of parents, which
// only broken clients send, comes back to its start.
function parentsOf(spans: Span[]): Map<string, string | null> {
  const parents = new Map(spans.map(({ id, parent }) => [id, parent]));
  const settled = new Set<string>();
  for (const { id } of spans) {
    const path = new Set<string>();
    for (let at = id; !settled.has(at); ) {
      path.add(at);
      const parent = parents.get(at) ?? null;
      if (parent === null || !parents.has(parent) || path.has(parent)) {
        parents.set(at, null);
        break;
      }
      at = parent;
    }
    for (const step of path) settled.add(step);
  }
  return parents;
}

export function branches(spans: Span[], closed: Set<string>): Branch[] {
  const parents = parentsOf(spans);
  const under = new Map<string | null, Span[]>();
  for (const span of spans) {
    const parent = parents.get(span.id) ?? null;
    const siblings = under.get(parent);
    if (siblings) siblings.push(span);
    else under.set(parent, [span]);
  }
  for (const siblings of under.values()) siblings.sort((a, b) => b.startMs - a.startMs);
  const found: Branch[] = [];
  const waiting = (under.get(null) ?? []).map((span) => ({ span, depth: 0 }));
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const children = under.get(next.span.id) ?? [];
    found.push({ ...next, children: children.length });
    if (!closed.has(next.span.id)) waiting.push(...children.map((span) => ({ span, depth: next!.depth + 1 })));
  }
  return found;
}
