// A driver in another language than the suite's. It keeps to the protocol, and has nothing behind it: no run leaves a
// trace.
//
//     node canned.mjs [FAULT [OPERATION]]
//
// With a fault it breaks the protocol when it is asked for that operation, or at the end of its input.

import { statSync } from "node:fs";

const [fault = "none", at = "project"] = process.argv.slice(2);
const HELLO = { protocol: 1, name: "canned", version: "0.1", language: "JavaScript", spec: "1.0.0-draft" };
const SOURCES = [undefined, "local_implicit", "explicit"];
let open = false;

// --- arguments -------------------------------------------------------------------------------------------------------

const isString = (value) => typeof value === "string";
const isAbsent = (value) => value === undefined || value === null;
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isId = (value) => Number.isInteger(value) && value >= 0;
const isRun = (run) => isObject(run) && isString(run.run_id) && isObject(run.checkpoint);
const isTenant = (tenant) =>
  isObject(tenant) &&
  [tenant.org_id, tenant.workspace_id].every(isString) &&
  [tenant.deployment_id, tenant.actor_id].every((value) => isAbsent(value) || isString(value)) &&
  SOURCES.includes(tenant.source);

class Refusal extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

function expect(right, message) {
  if (!right) throw new Refusal("invalid_input", message);
}

function expectView(request) {
  expect(isTenant(request.tenant), "expected a tenant at $.tenant");
  expect(isString(request.run_id), "expected a string at $.run_id");
}

// --- operations ------------------------------------------------------------------------------------------------------

const OPERATIONS = {
  hello({ protocols }) {
    expect(Array.isArray(protocols), "expected a list at $.protocols");
    if (!protocols.includes(1)) throw new Refusal("unsupported", "this driver speaks version 1 only");
    return { ...HELLO, capabilities: [] };
  },
  open({ store }) {
    expect(isString(store), "expected a string at $.store");
    if (!statSync(store, { throwIfNoEntry: false })?.isDirectory()) throw new Refusal("storage", `${store}: not there`);
    open = true;
    return {};
  },
  project(request) {
    if ("run_json" in request) throw new Refusal("unsupported", "this driver does not read run_json");
    expect(isRun(request.run), "expected a run record at $.run");
    return { projected: 0 };
  },
  events(request) {
    expectView(request);
    return { events: [] };
  },
  snapshots(request) {
    expectView(request);
    return { snapshots: [] };
  },
};

function perform(request) {
  if (!Object.hasOwn(OPERATIONS, request.op)) throw new Refusal("unsupported", `no operation ${request.op}`);
  expect(open || ["hello", "open"].includes(request.op), "expected open first");
  return OPERATIONS[request.op](request);
}

// Strict: Node's own decoding puts U+FFFD in the place of what is no UTF-8 (DRIVER-12).
const TEXT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function read(line) {
  try {
    return JSON.parse(TEXT.decode(Buffer.from(line, "latin1")));
  } catch (error) {
    throw new Refusal("invalid_input", error.message);
  }
}

function answer(line) {
  let id = null;
  try {
    const request = read(line);
    expect(isObject(request) && isId(request.id), "expected an object with an id");
    id = request.id;
    return { id, ok: perform(request) };
  } catch (error) {
    return { id, error: { kind: error.kind ?? "internal", message: error.message } };
  }
}

// --- faults ----------------------------------------------------------------------------------------------------------

const write = (value) => process.stdout.write(JSON.stringify(value) + "\n");

const FAULTS = {
  crash() {
    process.stderr.write("canned: out of memory\n");
    process.exit(3);
  },
  stray(said) {
    console.log("projecting …");
    write(said);
  },
};

function respond(line) {
  const said = answer(line);
  const isAt = line.includes(`"op":"${at}"`);
  return isAt && Object.hasOwn(FAULTS, fault) ? FAULTS[fault](said) : write(said);
}

// Not by the module readline: it takes U+2028, which may stand in a request, for the end of a line. A byte is a letter
// until a line is read.
let unread = "";
process.stdin.setEncoding("latin1");
process.stdin.on("data", (chunk) => {
  const lines = (unread + chunk).split("\n");
  unread = lines.pop();
  lines.forEach(respond);
});
process.stdin.on("end", () => {
  process.exitCode = fault === "status" ? 1 : 0;
});
