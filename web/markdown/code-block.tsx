// A block of code: its language, if it says one, and a button that copies it as it was written.

import { CopyButton } from "../components/copy-button.tsx";
import "./code-block.css";

export function CodeBlock({ language, text }: { language: string; text: string }) {
  // The last line's break belongs to the fence, not to the code.
  const code = text.replace(/\n$/, "");
  return (
    <figure class="code-block">
      <figcaption>
        <span class="code-language">{language || "text"}</span>
        <CopyButton text={code} label="Copy code" />
      </figcaption>
      <pre tabIndex={0}>
        <code>{code}</code>
      </pre>
    </figure>
  );
}
