import { useState } from "react";
import type { Assessment } from "../../api/traces";
import { ago } from "../../lib/format";
import { AssessmentForm } from "./AssessmentForm";
import { valueOf } from "./value";

export const shortAssessment = (one: Assessment) => `${one.assessment_name}: ${textOf(one)}`;

const textOf = (one: Assessment) => {
  const value = valueOf(one);
  return value === true ? "yes" : value === false ? "no" : typeof value === "string" ? value : JSON.stringify(value);
};

// What people, code and judges said of the trace; replaced ones are left out.
export function Assessments({ trace, list, spanName }: { trace: string; list: Assessment[]; spanName: (id: string) => string | undefined }) {
  const valid = list.filter((one) => one.valid !== false);
  const [open, setOpen] = useState<{ one: Assessment | null } | null>(null);
  return (
    <section className="card" aria-label="Assessments">
      <div className="bar" style={{ marginTop: 0 }}><h2 style={{ margin: 0 }}>Assessments</h2><button type="button" className="link" onClick={() => setOpen({ one: null })}>Add feedback</button></div>
      {valid.length === 0 ? <span className="sub">Nobody has said anything of this trace yet.</span> : <div className="scroll">
        <table className="plain">
          <thead><tr><th>Name</th><th>Value</th><th>Kind</th><th>By</th><th>Why</th><th className="num">When</th><th /></tr></thead>
          <tbody>
            {valid.map((one) => (
              <tr key={one.assessment_id}>
                <td>{one.assessment_name}{one.span_id && <span className="sub"> on {spanName(one.span_id) ?? "a span"}</span>}</td><td className="mono value">{textOf(one)}</td><td>{one.expectation ? "expectation" : "feedback"}</td>
                <td>{one.source.source_id || "–"} <span className="sub">{one.source.source_type.toLowerCase()}</span></td><td className="value">{one.rationale ?? ""}</td><td className="num sub">{ago(Date.parse(one.create_time))}</td>
                <td className="acts">{one.feedback && <button type="button" className="link" aria-label={`Change ${one.assessment_name}`} onClick={() => setOpen({ one })}>Edit</button>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>}
      {open && <AssessmentForm trace={trace} one={open.one} onClose={() => setOpen(null)} />}
    </section>
  );
}
