// One row per feature, one cell per day: the darker, the further past its threshold. Hover or read for the numbers.
import { useMemo } from "react";
import type { DriftDay } from "../../api/types";
import type { Window } from "../../components/Chart";
import { day, number } from "../../lib/format";

const strength = (score: number, threshold: number, method: string) => {
  // For p-values small means drift; for distances large does.
  const ratio = /ks|p_value|chi|^z$|t_test/.test(method) ? threshold / Math.max(score, 1e-6) : score / threshold;
  return Math.max(0, Math.min(1, ratio / 3));
};

export function DriftStrip({ series, zoom }: { series: DriftDay[]; zoom: Window }) {
  const days = useMemo(
    () => series.filter((item) => !zoom || (item.day_ms / 1000 >= zoom[0] - 86_400 && item.day_ms / 1000 <= zoom[1])),
    [series, zoom],
  );
  const names = useMemo(() => {
    const drifted = new Map<string, number>();
    for (const item of days) {
      for (const [name, feature] of Object.entries(item.features)) drifted.set(name, (drifted.get(name) ?? 0) + (feature.drifted ? 1 : 0));
    }
    return [...drifted.entries()].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
  }, [days]);
  return (
    <div className="drift">
      {names.map(([name, drifted]) => (
        <div className="row" key={name}>
          <div className="name" title={name}>{name}</div>
          <div className="cells" role="img" aria-label={`${name}: drifted on ${drifted} of ${days.length} days`}>
            {days.map((item) => {
              const feature = item.features[name];
              if (!feature) return <span key={item.day_ms} />;
              const share = Math.round(strength(feature.score, feature.threshold, feature.method) * 100);
              const base = feature.drifted ? "--t-bad" : "--t-forecast";
              return (
                <span key={item.day_ms} style={{ background: `color-mix(in srgb, var(${base}) ${feature.drifted ? 35 + share * 0.65 : share * 0.5}%, var(--t-ground))` }}
                  title={`${day(item.day_ms)} ${name}: ${feature.method} ${number(feature.score)} (threshold ${number(feature.threshold)})`} />
              );
            })}
          </div>
        </div>
      ))}
      {days.length > 0 && (
        <div className="row"><div /><div className="legend" style={{ justifyContent: "space-between" }}><span>{day(days[0].day_ms)}</span><span>red: past its threshold</span><span>{day(days[days.length - 1].day_ms)}</span></div></div>
      )}
    </div>
  );
}
