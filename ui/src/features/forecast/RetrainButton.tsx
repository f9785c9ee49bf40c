import { shortId } from "../../lib/format";
import { Button, Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { postJson, segment } from "../../api/client";
import { ErrorBox } from "../../components/State";

export function RetrainButton({ deployment }: { deployment: string }) {
  const [open, setOpen] = useState(false);
  const queries = useQueryClient();
  const retrain = useMutation({
    mutationFn: () => postJson<{ run_id: string }>(`/api/v1/triggers/${segment(`retrain-${deployment}`)}:fire`, { reason: "asked for on the page" }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["triggers"] }),
  });
  const close = () => {
    setOpen(false);
    retrain.reset();
  };
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>Retrain now</Button>
      <Modal opened={open} onClose={close} title={`Retrain ${deployment}`} centered>
        {retrain.isSuccess ? (
          <p role="status">Training started. <Link href={`/runs/${retrain.data.run_id}`}>Watch run {shortId(retrain.data.run_id)}</Link></p>
        ) : (
          <p>Trains on everything known so far. The new model replaces the present one only if it does better on a backtest; no request is dropped.</p>
        )}
        {retrain.isError && <ErrorBox error={retrain.error} />}
        <div className="legend" style={{ justifyContent: "flex-end", marginTop: 12 }}>
          <Button variant="default" size="sm" onClick={close}>{retrain.isSuccess ? "Close" : "Cancel"}</Button>
          {!retrain.isSuccess && <Button size="sm" loading={retrain.isPending} onClick={() => retrain.mutate()}>Start training</Button>}
        </div>
      </Modal>
    </>
  );
}
