// What the gate of an alias or a stage says of a version, before anybody asks for it; and the approval it may want.
import { useState } from "react";
import { useApprove, useDecision, type Finding, type Gate } from "../../api/gates";
import { ErrorBox } from "../../components/State";

export function Findings({ checks }: { checks: Finding[] }) {
  return (
    <ul className="findings">
      {checks.map(({ check, holds, message }) => (
        <li key={check}>
          <span className={`pill ${holds ? "good" : "bad"}`}>{holds ? "Holds" : "Fails"}</span> <code>{check}</code> <span className="sub">{message}</span>
        </li>
      ))}
    </ul>
  );
}

const wantsApproval = ({ checks, decision }: Gate) =>
  checks.some(({ text, kind }) => kind === "approval" && decision?.checks.some((finding) => finding.check === text && !finding.holds));

function Approve({ model, version, target }: { model: string; version: number; target: string }) {
  const approve = useApprove(model, version);
  const [reason, setReason] = useState("");
  // Not a form of its own: it stands inside the form of the promotion.
  return (
    <div className="buttons">
      <input className="field" aria-label="Why it is approved" placeholder="Why it is approved" maxLength={1000} value={reason} onChange={(event) => setReason(event.target.value)} />
      <button type="button" className="field" disabled={!reason.trim() || approve.isPending} onClick={() => approve.mutate({ target, reason: reason.trim() })}>Approve</button>
      {approve.error ? <ErrorBox error={approve.error} /> : null}
    </div>
  );
}

export function GateState({ model, version, target }: { model: string; version: number; target: string }) {
  const gate = useDecision(model, target, version);
  if (gate.error) return <ErrorBox error={gate.error} />;
  if (!gate.data?.decision) return null;
  return (
    <div role="group" aria-label={`Gate of ${target}`}>
      <p className="sub">{gate.data.decision.accepted ? "Its gate would let it through." : "Its gate would refuse it."} {gate.data.description}</p>
      <Findings checks={gate.data.decision.checks} />
      {wantsApproval(gate.data) && <Approve model={model} version={version} target={target} />}
    </div>
  );
}
