// Feedback of a person on a trace, new or changed. A value that reads as JSON (true, 0.8, "text") is kept as that.
import { useState } from "react";
import { useAssess, useDropAssessment, type Assessment } from "../../api/traces";
import { Dialog } from "../../components/Dialog";
import { ErrorBox } from "../../components/State";
import { asWritten, readValue, valueOf } from "./value";

export function AssessmentForm({ trace, one, onClose }: { trace: string; one: Assessment | null; onClose: () => void }) {
  const assess = useAssess(trace);
  const drop = useDropAssessment(trace);
  const [name, setName] = useState(one?.assessment_name ?? "correct");
  const [value, setValue] = useState(one ? asWritten(valueOf(one)) : "true");
  const [rationale, setRationale] = useState(one?.rationale ?? "");
  const error = assess.error ?? drop.error;
  return (
    <Dialog title={one ? `Change ${one.assessment_name}` : "Add feedback"} onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); assess.mutate({ one, name: name.trim(), value: readValue(value), rationale: rationale.trim() }, { onSuccess: onClose }); }}>
        <label className="inline">Name<input className="field" autoFocus={one === null} maxLength={250} value={name} onChange={(event) => setName(event.target.value)} /></label>
        <label className="inline" style={{ marginTop: 10 }}>Value<input className="field" autoFocus={one !== null} list="usual-values" maxLength={8000} value={value} onChange={(event) => setValue(event.target.value)} /></label>
        <datalist id="usual-values"><option value="true" /><option value="false" /></datalist>
        <label style={{ display: "block", marginTop: 10 }}>Why<textarea className="field" style={{ width: "100%" }} rows={3} maxLength={8000} value={rationale} onChange={(event) => setRationale(event.target.value)} /></label>
        {error ? <ErrorBox error={error} /> : null}
        <div className="buttons">
          {one && <button type="button" className="field" disabled={drop.isPending} onClick={() => drop.mutate(one.assessment_id, { onSuccess: onClose })}>Delete</button>}
          <button type="button" className="field" onClick={onClose}>Cancel</button>
          <button type="submit" className="field primary" disabled={!name.trim() || !value.trim() || assess.isPending}>Save</button>
        </div>
      </form>
    </Dialog>
  );
}
