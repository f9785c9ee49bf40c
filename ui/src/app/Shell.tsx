import { useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { useEffect, useRef, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { useDeployments } from "../api/queries";
import { Shortcuts } from "./Shortcuts";

function NavLink({ to, children }: { to: string; children: ReactNode }) {
  const [location] = useLocation();
  // A run's page belongs to experiments as well as to pipelines.
  const here = to === "/" || to === "/runs" ? location === to : location.startsWith(to);
  return (
    <Link href={to} aria-current={here ? "page" : undefined}>
      {children}
    </Link>
  );
}

function SchemeButton() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  const next = scheme === "dark" ? "light" : "dark";
  return (
    <button type="button" onClick={() => setColorScheme(next)} aria-label={`Switch to ${next} colours`}>
      {next === "dark" ? "Dark" : "Light"}
    </button>
  );
}

export function Shell({ connected, children }: { connected: boolean; children: ReactNode }) {
  const deployments = useDeployments();
  const [location] = useLocation();
  const main = useRef<HTMLElement>(null);
  // A new page begins at its top, for the eye and for the keyboard.
  // In braces: scrollTo() answers with a promise in newer browsers, and an effect may only return a function.
  useEffect(() => {
    window.scrollTo(0, 0);
  }, [location]);
  return (
    <div className="shell">
      <a className="skip" href="#main" onClick={() => main.current?.focus()}>
        Skip to the content
      </a>
      <header className="rail">
        <Link href="/" className="brand">
          <img src="/treadle.svg" alt="" width="26" height="26" />
          Treadle
        </Link>
        <nav aria-label="Main">
          <NavLink to="/">Overview</NavLink>
          <NavLink to="/experiments">Experiments</NavLink>
          <NavLink to="/runs">Pipeline runs</NavLink>
          <NavLink to="/models">Models</NavLink>
          {deployments.data && deployments.data.length > 0 && <div className="section">Forecasts</div>}
          {deployments.data?.map((deployment) => (
            <NavLink key={deployment.name} to={`/forecast/${encodeURIComponent(deployment.name)}`}>
              {deployment.name}
            </NavLink>
          ))}
        </nav>
        <div className="foot">
          <span role="status">{connected ? "Live" : "Reconnecting…"}</span>
          <Shortcuts />
          <SchemeButton />
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}
