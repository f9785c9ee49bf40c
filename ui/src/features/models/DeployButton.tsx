import { useState } from "react";
import { useDeployments } from "../../api/queries";
import { useDeploy } from "../../api/registry";
import { Dialog } from "../../components/Dialog";
import { ErrorBox } from "../../components/State";
import { GateState } from "./GateState";

// What a deployment may be called, made of a name that may hold more.
const nameFor = (model: string) => model.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "").slice(0, 128);

function DeployDialog({ model, version, onClose }: { model: string; version: number; onClose: () => void }) {
  const deployments = useDeployments();
  const deploy = useDeploy();
  const serving = deployments.data?.find((one) => one.model === model)?.name;
  const [typed, setTyped] = useState<string | null>(null);
  const name = typed ?? serving ?? nameFor(model);
  const now = deployments.data?.find((one) => one.name === name.trim());
  return (
    <Dialog title={`Deploy version ${version}`} onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); deploy.mutate({ deployment: name.trim(), model, version }); }}>
        <label className="inline">Deployment
          <input className="field" list="known-deployments" autoFocus value={name} onChange={(event) => setTyped(event.target.value)} />
        </label>
        <datalist id="known-deployments">{deployments.data?.map((one) => <option key={one.name} value={one.name} />)}</datalist>
        <p className="sub">{now ? `It serves ${now.model} version ${now.version} now; requests move over without a gap.` : "A new deployment of this name is made."}</p>
        <GateState model={model} version={version} target={name.trim() && `deployment:${name.trim()}`} />
        {deploy.error ? <ErrorBox error={deploy.error} /> : null}
        {deploy.data && <p role="status">Accepted: {deploy.data.name} is {deploy.data.state.toLowerCase()}.</p>}
        <div className="buttons">
          <button type="button" className="field" onClick={onClose}>{deploy.data ? "Close" : "Cancel"}</button>
          {!deploy.data && <button type="submit" className="field primary" disabled={!name.trim() || deploy.isPending}>Deploy</button>}
        </div>
      </form>
    </Dialog>
  );
}

export function DeployButton({ model, version }: { model: string; version: number }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="field primary" onClick={() => setOpen(true)}>Deploy</button>
      {open && <DeployDialog model={model} version={version} onClose={() => setOpen(false)} />}
    </>
  );
}
