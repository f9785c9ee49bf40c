// Gates of a model, what they would say of a version, approvals, and the model's history.
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getJson, sendJson, segment } from "./client";
import type { Approval, Gate, HistoryEntry } from "./types";

const HISTORY_PAGE = 30;

export type { Approval, Finding, Gate, HistoryEntry } from "./types";

const pathOf = (model: string) => `/api/v1/models/${segment(model)}`;
const gatePath = (model: string, target: string) => `${pathOf(model)}/gates/${segment(target)}`;

export const useGates = (model: string) =>
  useQuery({
    queryKey: ["models", model, "gates"],
    queryFn: ({ signal }) => getJson<{ gates: Gate[] }>(`${pathOf(model)}/gates`, signal),
    select: ({ gates }) => gates,
  });

// What the gate of an alias, a stage or a deployment says of a version now. Nothing is asked where there is no gate.
export function useDecision(model: string, target: string, version: number) {
  const anyDeployment = target.startsWith("deployment:") ? "deployment:*" : target;
  const gated = useGates(model).data?.some((gate) => gate.target === target || gate.target === anyDeployment) ?? false;
  return useQuery({
    queryKey: ["models", model, "gates", target, version],
    enabled: gated,
    queryFn: ({ signal }) => getJson<Gate>(`${gatePath(model, target)}?version=${version}`, signal),
  });
}

// Newest first, a page at a time.
export const useModelHistory = (model: string, version: number | null) =>
  useInfiniteQuery({
    queryKey: ["models", model, "history", version],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) => {
      const token = pageParam && `&page_token=${segment(pageParam)}`;
      const of = version === null ? "" : `/versions/${version}`;
      return getJson<{ history: HistoryEntry[]; next_page_token?: string }>(`${pathOf(model)}${of}/history?limit=${HISTORY_PAGE}${token}`, signal);
    },
    getNextPageParam: (page) => page.next_page_token,
  });

function useChange<Input>(model: string, work: (input: Input) => Promise<unknown>) {
  const queries = useQueryClient();
  return useMutation({ mutationFn: work, onSuccess: () => queries.invalidateQueries({ queryKey: ["models", model] }) });
}

export interface GateDraft {
  target: string;
  checks: string[];
  description: string;
}

export const useSetGate = (model: string) =>
  useChange(model, ({ target, ...body }: GateDraft) => sendJson("PUT", gatePath(model, target), body));

export const useDeleteGate = (model: string) => useChange(model, (target: string) => sendJson("DELETE", gatePath(model, target), {}));

export const useApprove = (model: string, version: number) =>
  useChange(model, (body: { target: string; reason: string }) => sendJson("POST", `${pathOf(model)}/versions/${version}/approvals`, body));

export const useApprovals = (model: string, version: number) =>
  useQuery({
    queryKey: ["models", model, "approvals", version],
    queryFn: ({ signal }) => getJson<{ approvals: Approval[] }>(`${pathOf(model)}/versions/${version}/approvals`, signal),
    select: ({ approvals }) => approvals,
  });

export const useWithdraw = (model: string, version: number) =>
  useChange(model, ({ target, user, reason }: { target: string; user: string; reason: string }) =>
    sendJson("DELETE", `${pathOf(model)}/versions/${version}/approvals/${segment(target)}?${new URLSearchParams({ user, reason })}`, {}));
