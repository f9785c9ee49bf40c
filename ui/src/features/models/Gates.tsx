// The gates of a model: what must hold before a version may have an alias, be in a stage or be deployed.
import { useState } from "react";
import { useDeleteGate, useGates, useSetGate, type Gate } from "../../api/gates";
import { Confirm } from "../../components/Confirm";
import { Dialog } from "../../components/Dialog";
import { Ask, Empty, ErrorBox } from "../../components/State";
import { ago } from "../../lib/format";

const EXAMPLES = "metric mae <= 0.2\nmetric mae within 5% of current lower\ntag reviewed = yes\nevaluation\napproval by admin";

const linesOf = (text: string) => text.split("\n").map((line) => line.trim()).filter(Boolean);

function GateDialog({ model, gate, onClose }: { model: string; gate: Gate | null; onClose: () => void }) {
  const set = useSetGate(model);
  const [target, setTarget] = useState(gate?.target ?? "champion");
  const [text, setText] = useState(gate?.checks.map((check) => check.text).join("\n") ?? "");
  const [description, setDescription] = useState(gate?.description ?? "");
  const checks = linesOf(text);
  return (
    <Dialog title={gate ? `Gate of ${gate.target}` : "A new gate"} onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); set.mutate({ target: target.trim(), checks, description }, { onSuccess: onClose }); }}>
        {!gate && (
          <label className="inline">Alias, stage or deployment
            <input className="field" autoFocus list="gate-targets" maxLength={255} value={target} onChange={(event) => setTarget(event.target.value)} />
          </label>
        )}
        <datalist id="gate-targets">{["champion", "stage:Staging", "stage:Production", "deployment:*"].map((name) => <option key={name} value={name} />)}</datalist>
        <label style={{ display: "block", marginTop: 10 }}>Checks, one per line
          <textarea className="field mono" style={{ width: "100%" }} rows={6} placeholder={EXAMPLES} aria-invalid={set.error ? true : undefined} autoFocus={gate !== null} value={text} onChange={(event) => setText(event.target.value)} />
        </label>
        <label style={{ display: "block" }}>What it is for
          <input className="field" style={{ width: "100%" }} maxLength={1000} value={description} onChange={(event) => setDescription(event.target.value)} />
        </label>
        {set.error ? <ErrorBox error={set.error} /> : null}
        <div className="buttons">
          <button type="button" className="field" onClick={onClose}>Cancel</button>
          <button type="submit" className="field primary" disabled={!target.trim() || checks.length === 0 || set.isPending}>Save gate</button>
        </div>
      </form>
    </Dialog>
  );
}

type Open = { edit: Gate | null } | { remove: Gate } | null;

export function Gates({ model }: { model: string }) {
  const gates = useGates(model);
  const remove = useDeleteGate(model);
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  return (
    <section className="card" aria-label="Gates">
      <div className="bar" style={{ marginTop: 0 }}><h2 style={{ margin: 0 }}>Gates</h2><button type="button" className="link" onClick={() => setOpen({ edit: null })}>Add a gate</button></div>
      <Ask answer={gates} height={60} isEmpty={(list) => list.length === 0} empty={<Empty>Nothing is asked of a version before it is promoted.</Empty>}>
        {(list) => (
          <div className="scroll">
            <table className="plain">
              <thead><tr><th>For</th><th>What must hold</th><th>Set by</th><th /></tr></thead>
              <tbody>
                {list.map((gate) => (
                  <tr key={gate.target}>
                    <th scope="row" className="key" style={{ verticalAlign: "top" }}>{gate.target}{gate.description && <div className="sub">{gate.description}</div>}</th>
                    <td>{gate.checks.map(({ text }) => <div key={text}><code>{text}</code></div>)}</td>
                    <td className="sub">{gate.user || "nobody known"}, {ago(gate.updated_ms)}</td>
                    <td className="acts">
                      <button type="button" className="link" aria-label={`Edit the gate of ${gate.target}`} onClick={() => setOpen({ edit: gate })}>Edit</button>
                      <button type="button" className="link" aria-label={`Remove the gate of ${gate.target}`} onClick={() => setOpen({ remove: gate })}>×</button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Ask>
      {open && "edit" in open && <GateDialog model={model} gate={open.edit} onClose={close} />}
      {open && "remove" in open && (
        <Confirm title={`Remove the gate of ${open.remove.target}?`} verb="Remove" busy={remove.isPending} error={remove.error} onClose={close} onYes={() => remove.mutate(open.remove.target, { onSuccess: close })}>
          <p className="sub">Any version may be promoted to it then.</p>
        </Confirm>
      )}
    </section>
  );
}
