import type { Assessment } from "../../api/traces";
import { ago } from "../../lib/format";

const valueOf = ({ feedback, expectation }: Assessment) => feedback?.value ?? expectation?.value ?? expectation?.serialized_value?.value ?? feedback?.error?.error_message;

export const shortAssessment = (one: Assessment) => `${one.assessment_name}: ${textOf(one)}`;

const textOf = (one: Assessment) => {
  const value = valueOf(one);
  return value === true ? "yes" : value === false ? "no" : typeof value === "string" ? value : JSON.stringify(value);
};

// What people, code and judges said of the trace; replaced ones are left out.
export function Assessments({ list, spanName }: { list: Assessment[]; spanName: (id: string) => string | undefined }) {
  const valid = list.filter((one) => one.valid !== false);
  if (valid.length === 0) return null;
  return (
    <section className="card" aria-label="Assessments">
      <h2>Assessments</h2>
      <div className="scroll">
        <table className="plain">
          <thead><tr><th>Name</th><th>Value</th><th>Kind</th><th>By</th><th>Why</th><th className="num">When</th></tr></thead>
          <tbody>
            {valid.map((one) => (
              <tr key={one.assessment_id}>
                <td>{one.assessment_name}{one.span_id && <span className="sub"> on {spanName(one.span_id) ?? "a span"}</span>}</td><td className="mono value">{textOf(one)}</td><td>{one.expectation ? "expectation" : "feedback"}</td>
                <td>{one.source.source_id || "–"} <span className="sub">{one.source.source_type.toLowerCase()}</span></td><td className="value">{one.rationale ?? ""}</td><td className="num sub">{ago(Date.parse(one.create_time))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
