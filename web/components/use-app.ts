// The models, for any component below the page.

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { App } from "../state/app.ts";

export const AppContext = createContext<App | null>(null);

export function useApp(): App {
  const app = useContext(AppContext);
  if (app === null) throw new Error("This component stands outside of AppContext.");
  return app;
}
