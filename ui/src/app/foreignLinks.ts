// Clients print links in the form of the servers they know: MLflow's "/#/experiments/1/runs/ID", KFP's "/#/runs/details/ID".
// Each leads to our page of the same thing.
const FORMS: [RegExp, (id: string) => string][] = [
  [/^#\/experiments\/[^/]+\/runs\/([^/?]+)/, (id) => `/runs/${id}`],
  [/^#\/runs\/details\/([^/?]+)/, (id) => `/runs/${id}`],
  [/^#\/models\/([^/?]+)/, (id) => `/models/${id}`],
  [/^#\/experiments\/([^/?]+)/, (id) => `/experiments/${id}`],
  [/^#\/experiments(?:\/|$)/, () => "/experiments"],
  [/^#\/pipelines(?:\/|$)/, () => "/runs"],
];

export function pathOfForeignLink(hash: string): string | null {
  for (const [form, path] of FORMS) {
    const match = form.exec(hash);
    if (match) return path(match[1] ?? "");
  }
  return null;
}
