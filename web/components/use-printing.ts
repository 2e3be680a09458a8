// Before paper and after it: what is drawn only in part has to be whole by then.

import { useEffect, useRef } from "preact/hooks";

/** What `onPrint` changes is drawn before the browser lays out the pages: it waits for the turn to end. */
export function usePrinting(onPrint: (isPrinting: boolean) => void): void {
  const latest = useRef(onPrint);
  latest.current = onPrint;
  useEffect(() => {
    const begin = () => latest.current(true);
    const end = () => latest.current(false);
    addEventListener("beforeprint", begin);
    addEventListener("afterprint", end);
    return () => {
      removeEventListener("beforeprint", begin);
      removeEventListener("afterprint", end);
    };
  }, []);
}
