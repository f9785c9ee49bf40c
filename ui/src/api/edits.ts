// What the pages change in experiments and runs: name, note, tags, deletion. A note is a tag, as MLflow has it.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getJson, postJson, segment } from "./client";

const MLFLOW = "/ajax-api/2.0/mlflow";
export const NOTE = "mlflow.note.content";
export const LONGEST_NAME = 500; // of an experiment or a run

export interface Subject {
  kind: "experiment" | "run";
  id: string;
}

export interface Tag {
  key: string;
  value: string;
}

const STALE = { experiment: ["experiments"], run: ["runs", "run-pages"] };
const TAG_PATHS = {
  experiment: { set: "experiments/set-experiment-tag", remove: "experiments/delete-experiment-tag" },
  run: { set: "runs/set-tag", remove: "runs/delete-tag" },
};

const idOf = ({ kind, id }: Subject) => ({ [`${kind}_id`]: id });

function useChange<Input>(subject: Subject, work: (input: Input) => Promise<unknown>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: work,
    onSettled: () => Promise.all(STALE[subject.kind].map((key) => queries.invalidateQueries({ queryKey: [key] }))),
  });
}

export const useRename = (subject: Subject) =>
  useChange(subject, (name: string) => postJson(`${MLFLOW}/${subject.kind}s/update`, { ...idOf(subject), [subject.kind === "run" ? "run_name" : "new_name"]: name }));

export const useSetTag = (subject: Subject) =>
  useChange(subject, (tag: Tag) => postJson(`${MLFLOW}/${TAG_PATHS[subject.kind].set}`, { ...idOf(subject), ...tag }));

export const useDeleteTag = (subject: Subject) =>
  useChange(subject, (key: string) => postJson(`${MLFLOW}/${TAG_PATHS[subject.kind].remove}`, { ...idOf(subject), key }));

export const useSetNote = (subject: Subject) =>
  useChange(subject, (text: string) => postJson(`${MLFLOW}/${TAG_PATHS[subject.kind].set}`, { ...idOf(subject), key: NOTE, value: text }));

// What the server has now, which may not be what the page shows.
export async function noteOf(subject: Subject): Promise<string> {
  const query = `${subject.kind}_id=${segment(subject.id)}`;
  if (subject.kind === "run") {
    const { run } = await getJson<{ run: { data: { tags?: Tag[] } } }>(`${MLFLOW}/runs/get?${query}`);
    return run.data.tags?.find(({ key }) => key === NOTE)?.value ?? "";
  }
  const { experiment } = await getJson<{ experiment: { tags?: Tag[] } }>(`${MLFLOW}/experiments/get?${query}`);
  return experiment.tags?.find(({ key }) => key === NOTE)?.value ?? "";
}

export const useRemoval = (subject: Subject, deleted: boolean) =>
  useChange(subject, () => postJson(`${MLFLOW}/${subject.kind}s/${deleted ? "restore" : "delete"}`, idOf(subject)));
