import { expect, test } from "vitest";
import { areaOf, parseSamples } from "./areas.ts";

const WORKERD = "/app/node_modules/@cloudflare/workerd-linux-64/bin/workerd";

test.each([
  ["finish_task_switch", "[kernel.kallsyms]", "kernel"],
  ["Builtins_FastNewClosure", WORKERD, "V8"],
  ["v8::internal::Scavenger::ScavengePage", WORKERD, "GC"],
  ["cppgc::internal::MarkerBase::Step", WORKERD, "GC"],
  ["[unknown]", "/tmp/perf-17.map", "JavaScript"],
  ["[unknown]", "//anon", "JavaScript"],
  ["workerd::IoContext::now", WORKERD, "workerd"],
  ["kj::Function<void (workerd::Worker::Lock&)>::Impl<workerd::IoContext>::operator()", WORKERD, "workerd"],
  ["kj::_::ExecutorImpl::addRef", WORKERD, "kj"],
  ["<hyper::proto::h1::dispatch::Dispatcher>::poll", WORKERD, "Rust"],
  ["<workerd_server::net::Connection as tokio::io::AsyncRead>::poll_read", WORKERD, "Rust"],
  ["sqlite3VdbeExec", WORKERD, "SQLite"],
  ["resolveExprStep", WORKERD, "SQLite"],
  ["workerd::SqliteDatabase::Query::nextRow", WORKERD, "SQLite"],
  ["TCMallocInternalNewArray", WORKERD, "memory"],
  ["operator delete", WORKERD, "memory"],
  ["__memmove_avx_unaligned_erms", "/usr/lib/x86_64-linux-gnu/libc.so.6", "memory"],
  ["pthread_mutex_lock", "/usr/lib/x86_64-linux-gnu/libc.so.6", "rest"],
  ["ada::parser::parse_url_impl<ada::url_aggregator, true>", WORKERD, "rest"],
])("%s of %s is %s", (symbol, binary, area) => {
  expect(areaOf(symbol, binary)).toBe(area);
});

test("samples are added up by area, and lines that are none are passed over", () => {
  const printed = [
    `     5632a48e8280 kj::_::ExecutorImpl::addRef (${WORKERD})`,
    `     5632a28a6a13 v8::Object::SetAlignedPointerInInternalField (${WORKERD})`,
    `     5632a2a8aa45 v8::internal::Factory::JSFunctionBuilder::BuildRaw (${WORKERD})`,
    " ffffffff8164897a kfree ([kernel.kallsyms])",
    "a warning of perf's own",
    "",
  ].join("\n");
  expect(parseSamples(printed, 0.5)).toEqual({ kj: 0.5, V8: 1, kernel: 0.5 });
});
