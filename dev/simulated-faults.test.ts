// The simulated model's faults as they stand on the wire, byte by byte, by a raw socket: an HTTP client would hide them.
import { connect, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { expectedText, startSimulatedLlm, type SimulatedLlm } from "./simulated-llm.ts";

let llm: SimulatedLlm;
const sockets: Socket[] = [];

beforeAll(async () => {
  llm = await startSimulatedLlm();
});

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

afterAll(() => llm.close());

type Wire = { socket: Socket; chunks: Buffer[]; text(): string; ended: Promise<"fin" | "reset"> };

/** Sends one request, keep-alive as clients do, and collects all that comes. */
function ask(settings: string, body: object = {}): Wire {
  const json = JSON.stringify({
    model: `brink-simulated:first=0,rate=0,${settings}`,
    messages: [{ role: "user", content: "x" }],
    stream: true,
    ...body,
  });
  const socket = connect({ port: Number(new URL(llm.url).port), host: "127.0.0.1" });
  sockets.push(socket);
  const chunks: Buffer[] = [];
  const ended = new Promise<"fin" | "reset">((resolve, reject) => {
    socket.on("end", () => resolve("fin"));
    socket.on("error", (error) => ("code" in error && error.code === "ECONNRESET" ? resolve("reset") : reject(error)));
  });
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`,
  );
  return { socket, chunks, text: () => Buffer.concat(chunks).toString("utf8"), ended };
}

/** What a well-meaning reader would have of it: the deltas joined, chunk framing taken off. */
function contentOf(wire: Wire): string {
  const body = wire.text().split("\r\n\r\n").slice(1).join("\r\n\r\n");
  const deltas = body.replace(/\r\n[0-9a-f]+\r\n/g, "").matchAll(/"delta":\{"content":("(?:[^"\\]|\\.)*")\}/g);
  return [...deltas].map((match) => String(JSON.parse(match[1] ?? '""'))).join("");
}

const CHUNKED_END = "\r\n0\r\n\r\n";

test("a whole answer ends with finish_reason, [DONE] and the last chunk, and the line stays for the next request", async () => {
  const wire = ask("tokens=8,seed=1");
  await vi.waitFor(() => expect(wire.text()).toContain(CHUNKED_END));
  expect(wire.text()).toMatch(/"finish_reason":"stop"[^]*data: \[DONE\]\n\n\r\n0\r\n\r\n$/);
  expect(wire.text()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*content-type: text\/event-stream/i);
  expect(contentOf(wire)).toBe(expectedText("brink-simulated:tokens=8,seed=1"));
  wire.socket.write("GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n");
  await vi.waitFor(() => expect(wire.text()).toMatch(/0\r\n\r\nHTTP\/1\.1 200 OK[^]*"object":"list"/));
});

test("cut: the body ends after N tokens by FIN alone, without finish_reason, and HTTP sees nothing wrong", async () => {
  const wire = ask("tokens=30,seed=1,fault=cut@6");
  expect(await wire.ended).toBe("fin");
  expect(wire.text()).not.toMatch(/transfer-encoding|content-length|"finish_reason":"|DONE/i);
  expect(contentOf(wire)).toBe(expectedText("brink-simulated:tokens=30,seed=1,fault=cut@6"));
  const answer = await fetch(`${llm.url}/chat/completions`, {
    method: "POST",
    body: JSON.stringify({
      model: "brink-simulated:first=0,tokens=30,fault=cut@6",
      messages: [{ role: "user", content: "x" }],
      stream: true,
    }),
  });
  await expect(answer.text()).resolves.toContain("data: ");
});

test("fin: the line closes in the middle of a chunked body", async () => {
  const wire = ask("tokens=30,seed=1,fault=fin@6");
  expect(await wire.ended).toBe("fin");
  expect(wire.text()).toMatch(/transfer-encoding: chunked/i);
  expect(wire.text()).not.toContain(CHUNKED_END);
  expect(contentOf(wire)).toBe(expectedText("brink-simulated:tokens=30,seed=1,fault=fin@6"));
});

test("rst: the line is reset after N tokens", async () => {
  const wire = ask("tokens=30,seed=1,fault=rst@6");
  expect(await wire.ended).toBe("reset");
  expect(wire.text()).not.toMatch(/"finish_reason":"|DONE/);
  expect(contentOf(wire)).toBe(expectedText("brink-simulated:tokens=30,seed=1,fault=rst@6"));
});

test("stall: N tokens come, then nothing, and the request is live until its client leaves", async () => {
  const wire = ask("tokens=30,seed=1,fault=stall@6");
  const text = expectedText("brink-simulated:tokens=30,seed=1,fault=stall@6");
  await vi.waitFor(() => expect(contentOf(wire)).toBe(text));
  expect(llm.requests().at(-1)).toMatchObject({ outcome: "live", tokensSent: 6 });
  wire.socket.end(); // A FIN is enough: nobody waits half-closed.
  await vi.waitFor(() => expect(llm.requests().at(-1)).toMatchObject({ outcome: "aborted", tokensSent: 6 }));
  expect(contentOf(wire)).toBe(text);
});

test("stall gives awkward text to the last byte too", async () => {
  const wire = ask("tokens=30,seed=3,text=unicode,fault=stall@11");
  const text = expectedText("brink-simulated:tokens=30,seed=3,text=unicode,fault=stall@11");
  await vi.waitFor(() => expect(contentOf(wire)).toBe(text));
});

test("error: an error object in the stream, then the end of the body without [DONE]", async () => {
  const wire = ask("tokens=30,seed=1,fault=error@2");
  await vi.waitFor(() => expect(wire.text()).toContain(CHUNKED_END));
  expect(wire.text()).toMatch(/data: \{"error":\{"message":"[^"]+","type":"server_error"/);
  expect(wire.text()).not.toMatch(/DONE|"finish_reason":"/);
});

test("nodone has finish_reason and no [DONE], nofinish the other way about", async () => {
  const nodone = ask("tokens=3,fault=nodone");
  await vi.waitFor(() => expect(nodone.text()).toContain(CHUNKED_END));
  expect(nodone.text()).toContain('"finish_reason":"stop"');
  expect(nodone.text()).not.toContain("DONE");
  const nofinish = ask("tokens=3,fault=nofinish");
  await vi.waitFor(() => expect(nofinish.text()).toContain(CHUNKED_END));
  expect(nofinish.text()).toContain("data: [DONE]");
  expect(nofinish.text()).not.toContain('"finish_reason":"');
});

test("late-fin: [DONE] comes, the end of the body does not, and a client that leaves then has completed", async () => {
  const wire = ask("tokens=3,fault=late-fin");
  await vi.waitFor(() => expect(wire.text()).toContain("data: [DONE]"));
  expect(wire.text()).not.toContain(CHUNKED_END);
  expect(llm.requests().at(-1)?.outcome).toBe("live");
  wire.socket.destroy();
  await vi.waitFor(() => expect(llm.requests().at(-1)?.outcome).toBe("completed"));
});

test("html: 200 with a page", async () => {
  const wire = ask("fault=html");
  await vi.waitFor(() => expect(wire.text()).toContain("</html>"));
  expect(wire.text()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*content-type: text\/html/i);
});

test("a fault beyond the end of the answer does not strike", async () => {
  const wire = ask("tokens=3,fault=rst@4");
  await vi.waitFor(() => expect(wire.text()).toContain(CHUNKED_END));
  expect(wire.text()).toContain("data: [DONE]");
});

test("a cut at the very end still takes away finish_reason", async () => {
  const wire = ask("tokens=3,fault=cut@3");
  expect(await wire.ended).toBe("fin");
  expect(wire.text()).not.toContain('"finish_reason":"');
});

test.each(["cut@2", "fin@2", "rst@2"])("not streamed, %s is a reset without an answer", async (fault) => {
  const wire = ask(`tokens=3,fault=${fault}`, { stream: false });
  expect(await wire.ended).toBe("reset");
  expect(wire.text()).toBe("");
});

test("not streamed, an error is a 500 and a missing finish_reason is null", async () => {
  const error = ask("tokens=3,fault=error@1", { stream: false });
  await vi.waitFor(() => expect(error.text()).toMatch(/^HTTP\/1\.1 500[^]*"type":"server_error"/));
  const nofinish = ask("tokens=3,fault=nofinish", { stream: false });
  await vi.waitFor(() => expect(nofinish.text()).toContain('"finish_reason":null'));
});

test("awkward text comes in writes that end inside a character", async () => {
  const wire = ask("first=0,rate=100,tokens=40,seed=2,text=unicode");
  await vi.waitFor(() => expect(wire.text()).toContain(CHUNKED_END), { timeout: 10_000 });
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const broken = wire.chunks.filter((chunk) => {
    try {
      decoder.decode(chunk);
      return false;
    } catch {
      return true;
    }
  });
  expect(broken.length).toBeGreaterThan(5);
});

test("a reader that does not read holds back its own stream, not the server", async () => {
  const wire = ask("tokens=200000,seed=1");
  wire.socket.pause();
  const slow = await vi.waitFor(() => {
    const request = llm.requests().find(({ model }) => model.endsWith("tokens=200000,seed=1"));
    expect(request?.tokensSent).toBeGreaterThan(0);
    return request;
  });
  const quick = ask("tokens=2000,seed=2");
  await vi.waitFor(() => expect(quick.text()).toContain(CHUNKED_END));
  expect(slow).toMatchObject({ outcome: "live" });
  expect(slow?.tokensSent).toBeLessThan(200_000);
  wire.socket.resume();
  await vi.waitFor(() => expect(slow).toMatchObject({ outcome: "completed", tokensSent: 200_000 }), {
    timeout: 15_000,
  });
});
