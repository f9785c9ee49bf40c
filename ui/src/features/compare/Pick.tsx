import type { Dimension } from "./dimensions";

export function Pick({ label, dimensions, value, onChange }: { label: string; dimensions: Dimension[]; value: string; onChange: (id: string) => void }) {
  return (
    <label className="inline">{label}
      <select className="field" style={{ maxWidth: 220 }} value={value} onChange={(event) => onChange(event.target.value)}>
        {dimensions.map(({ id }) => <option key={id} value={id}>{id}</option>)}
      </select>
    </label>
  );
}

export const pickOf = (dimensions: Dimension[], asked: string | null, otherwise: number): Dimension | undefined =>
  dimensions.find(({ id }) => id === asked) ?? dimensions[Math.min(otherwise, dimensions.length - 1)];
