// Who approved a version for what, and the way to take an approval back.
import { useState } from "react";
import { useApprovals, useWithdraw, type Approval } from "../../api/gates";
import { Confirm } from "../../components/Confirm";
import { ErrorBox } from "../../components/State";
import { ago } from "../../lib/format";

export function Approvals({ model, version }: { model: string; version: number }) {
  const approvals = useApprovals(model, version);
  const withdraw = useWithdraw(model, version);
  const [open, setOpen] = useState<Approval | null>(null);
  const [reason, setReason] = useState("");
  const close = () => { setOpen(null); setReason(""); };
  if (approvals.error) return <ErrorBox error={approvals.error} />;
  if (!approvals.data?.length) return null;
  return (
    <>
      <ul className="findings" aria-label="Approvals">
        {approvals.data.map((one) => (
          <li key={`${one.target} ${one.user}`}>
            <span className="pill good">Approved</span> for <code>{one.target}</code> by {one.user}, {ago(one.time_ms)}: {one.reason}{" "}
            <button type="button" className="link" aria-label={`Withdraw the approval of ${one.user} for ${one.target}`} onClick={() => setOpen(one)}>Withdraw</button>
          </li>
        ))}
      </ul>
      {open && (
        <Confirm title={`Withdraw the approval for ${open.target}?`} verb="Withdraw" busy={withdraw.isPending} error={withdraw.error} onClose={close}
          onYes={() => withdraw.mutate({ target: open.target, user: open.user, reason: reason.trim() }, { onSuccess: close })}>
          <p className="sub">{open.user} approved version {version}: {open.reason}. What has been promoted stays where it is.</p>
          <label className="inline">Why<input className="field" maxLength={1000} placeholder="for its history" value={reason} onChange={(event) => setReason(event.target.value)} /></label>
        </Confirm>
      )}
    </>
  );
}
