// The registry's models, and what the pages change in it and in serving. Every change asks again for what it made stale; a refusal, such as a
// gate's, is the server's own text.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getJson, nameHolds, sendJson, segment } from "./client";
import type { Page } from "./pages";
import type { Deployment, Model } from "./types";

const MLFLOW = "/ajax-api/2.0/mlflow";

export async function searchModels(text: string, order: string, token: string, signal?: AbortSignal): Promise<Page<Model>> {
  const query = new URLSearchParams({ order_by: order });
  if (text) query.set("filter", nameHolds(text));
  if (token) query.set("page_token", token);
  const answer = await getJson<{ models: Model[]; next_page_token?: string }>(`/api/v1/models?${query}`, signal);
  return { items: answer.models, next: answer.next_page_token ?? null };
}

function useChange<Input, Output>(work: (input: Input) => Promise<Output>, stale: string[] = ["models"]) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: work,
    // Also after a refusal: a gate notes it in the history.
    onSettled: () => Promise.all(stale.map((key) => queries.invalidateQueries({ queryKey: [key] }))),
  });
}

// A model, or one of its versions.
export interface Owner {
  name: string;
  version?: number;
}

const groupOf = (owner: Owner) => (owner.version === undefined ? "registered-models" : "model-versions");
const bodyOf = ({ name, version }: Owner) => ({ name, ...(version !== undefined && { version: String(version) }) });

export const useDescribe = (owner: Owner) =>
  useChange((description: string) => sendJson("PATCH", `${MLFLOW}/${groupOf(owner)}/update`, { ...bodyOf(owner), description }));

export const useSetTag = (owner: Owner) =>
  useChange(({ key, value }: { key: string; value: string }) => sendJson("POST", `${MLFLOW}/${groupOf(owner)}/set-tag`, { ...bodyOf(owner), key, value }));

export const useDeleteTag = (owner: Owner) =>
  useChange((key: string) => sendJson("DELETE", `${MLFLOW}/${groupOf(owner)}/delete-tag`, { ...bodyOf(owner), key }));

export const useSetAlias = (name: string) =>
  useChange(({ alias, version, reason }: { alias: string; version: number; reason: string }) =>
    sendJson<unknown>("PUT", `/api/v1/models/${segment(name)}/aliases/${segment(alias)}`, { version, reason }));

export const useDeleteAlias = (name: string) =>
  useChange((alias: string) => sendJson("DELETE", `${MLFLOW}/registered-models/alias`, { name, alias }));

export const useSetStage = (name: string) =>
  useChange(({ version, stage, archive, reason }: { version: number; stage: string; archive: boolean; reason: string }) =>
    sendJson<unknown>("PUT", `/api/v1/models/${segment(name)}/versions/${version}/stage`, { stage, archive_others: archive, reason }));

export const useDeploy = () =>
  useChange(
    ({ deployment, model, version }: { deployment: string; model: string; version: number }) =>
      sendJson<Deployment>("PUT", `/api/v1/deployments/${segment(deployment)}`, { model, version, reason: "deployed on the page" }),
    ["deployments", "status", "models"],
  );
