import { describe, expect, it } from "vitest";
import type { Span } from "../../api/traces";
import { branches } from "./tree";

const span = (id: string, parent: string | null, startMs: number): Span =>
  ({ id, parent, name: id, type: "", startMs, durationMs: 1, error: null, inputs: null, outputs: null, attributes: {}, events: [] });

const drawn = (spans: Span[], closed: string[] = []) => branches(spans, new Set(closed)).map(({ span: { id }, depth }) => "  ".repeat(depth) + id);

describe("the tree of spans", () => {
  it("puts each under its parent, in the order of their start", () => {
    expect(drawn([span("late", "root", 5), span("leaf", "early", 3), span("root", null, 0), span("early", "root", 1)])).toEqual(["root", "  early", "    leaf", "  late"]);
  });

  it("hides what is inside a closed span and still says how many that are", () => {
    const spans = [span("root", null, 0), span("a", "root", 1), span("b", "root", 2)];
    expect(branches(spans, new Set(["root"]))).toMatchObject([{ span: { id: "root" }, children: 2 }]);
  });

  it("makes a root of a span whose parent is not there or is itself", () => {
    expect(drawn([span("orphan", "gone", 1), span("own", "own", 2)])).toEqual(["orphan", "own"]);
  });

  it("shows every span of a ring of parents, once", () => {
    expect(drawn([span("a", "b", 0), span("b", "a", 1), span("root", null, 2)]).map((line) => line.trim()).sort()).toEqual(["a", "b", "root"]);
  });

  it("is as deep as it must be without recursion", () => {
    const spans = Array.from({ length: 20_000 }, (_, i) => span(String(i), i === 0 ? null : String(i - 1), i));
    expect(branches(spans, new Set()).at(-1)!.depth).toBe(19_999);
  });
});
