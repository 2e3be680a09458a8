// A page that is nothing but a field: what a key and a stream cost in this browser whatever the page does. Asked to, it
// reads an answer from the bare pipe and shows how much has come, in one line.

import { once } from "node:events";
import { createServer, request as ask } from "node:http";

export type EmptyPage = { url: string; close(): Promise<void> };

const PAGE = `<!doctype html>
<html lang="en">
  <title>Empty</title>
  <p id="shown">Nothing</p>
  <textarea autofocus></textarea>
  <script>
    async function read(body) {
      const { body: stream } = await fetch("/stream", { method: "POST", body });
      let units = 0;
      for await (const text of stream.pipeThrough(new TextDecoderStream())) shown.textContent = units += text.length;
    }
  </script>
</html>
`;

/** `POST /stream` is handed on to the pipe. */
export async function startEmptyPage(pipeUrl: string): Promise<EmptyPage> {
  const server = createServer((asked, answer) => {
    if (asked.url !== "/stream") return void answer.writeHead(200, { "Content-Type": "text/html" }).end(PAGE);
    const onward = ask(pipeUrl, { method: "POST" }, (answered) => {
      answer.writeHead(answered.statusCode ?? 502, answered.headers);
      answered.pipe(answer);
    });
    onward.on("error", () => answer.destroy());
    answer.once("close", () => onward.destroy());
    asked.pipe(onward);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the empty page has no port");
  return {
    url: `http://127.0.0.1:${address.port}/`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
