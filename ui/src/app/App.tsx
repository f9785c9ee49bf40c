import type { QueryClient } from "@tanstack/react-query";
import { lazy, Suspense, type ReactNode } from "react";
import { Route, Switch } from "wouter";
import { Empty, Loading } from "../components/State";
import { OverviewPage } from "../features/overview/OverviewPage";
import { useLive } from "./live";
import { Shell } from "./Shell";

const ForecastPage = lazy(() => import("../features/forecast/ForecastPage"));
const ExperimentsPage = lazy(() => import("../features/experiments/ExperimentsPage"));
const ExperimentPage = lazy(() => import("../features/experiments/ExperimentPage"));
const ComparePage = lazy(() => import("../features/compare/ComparePage"));
const TracesPage = lazy(() => import("../features/traces/TracesPage"));
const TracePage = lazy(() => import("../features/traces/TracePage"));
const RunsPage = lazy(() => import("../features/runs/RunsPage"));
const RunPage = lazy(() => import("../features/runs/RunPage"));
const ModelsPage = lazy(() => import("../features/models/ModelsPage"));
const ModelPage = lazy(() => import("../features/models/ModelPage"));

const page = (content: ReactNode) => <Suspense fallback={<Loading height={320} />}>{content}</Suspense>;

export function App({ queries }: { queries: QueryClient }) {
  const connected = useLive(queries);
  return (
    <Shell connected={connected}>
      <Switch>
        <Route path="/">
          <OverviewPage />
        </Route>
        <Route path="/forecast/:name">{({ name }) => page(<ForecastPage name={decodeURIComponent(name)} />)}</Route>
        <Route path="/experiments">{page(<ExperimentsPage />)}</Route>
        <Route path="/experiments/:id">{({ id }) => page(<ExperimentPage key={id} id={decodeURIComponent(id)} />)}</Route>
        <Route path="/experiments/:id/traces">{({ id }) => page(<TracesPage key={id} experiment={decodeURIComponent(id)} />)}</Route>
        <Route path="/traces/:id">{({ id }) => page(<TracePage id={decodeURIComponent(id)} />)}</Route>
        <Route path="/compare">{page(<ComparePage />)}</Route>
        <Route path="/runs">{page(<RunsPage />)}</Route>
        <Route path="/runs/:id">{({ id }) => page(<RunPage id={id} />)}</Route>
        <Route path="/models">{page(<ModelsPage />)}</Route>
        <Route path="/models/:name">{({ name }) => page(<ModelPage name={decodeURIComponent(name)} />)}</Route>
        <Route>
          <Empty>There is no such page. The menu on the left shows what there is.</Empty>
        </Route>
      </Switch>
    </Shell>
  );
}
