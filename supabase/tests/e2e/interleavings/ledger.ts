import { createHash } from "node:crypto";
import { type StageName, STAGES } from "../../../functions/_stages/index.ts";

export { type StageName, STAGES };

/** A lease on a message. */
export interface Lease {
  stage: StageName;
  msgId: string;
  readCount: number;
  jobId: string;
  documentId: string;
  userId: string;
  /** Of a lease on `parse` whose worker has recorded a submission. */
  submissionId?: string;
}

/** A settlement that was tried, and whether it took effect. Its id is its message, which identifies its event. */
export interface Tried {
  id: string;
  lease: Lease;
  outcome: string;
  tookEffect: boolean;
}

/** The test's own record of its actions, to compare with the database. */
export class Ledger {
  readonly jobs = new Map<string, { documentId: string; rawPath: string }>();
  readonly deletedJobs = new Set<string>();
  /** Leases of living workers. */
  readonly held: Lease[] = [];
  /** Leases that a worker lost, gave up or used already: for late and repeated settlements. */
  readonly forgotten: Lease[] = [];
  /** Messages that were deleted from their queue without the engine. */
  readonly lostMessages = new Set<string>();
  readonly tried: Tried[] = [];
  readonly violations: string[] = [];
  /** The actions in order, for analysing a failure. */
  readonly history: string[] = [];
  readonly #readings = new Map<string, number>();
  readonly #settled = new Set<string>();
  readonly #claimed = new Set<string>();

  constructor(readonly userIds: string[]) {}

  claimed(lease: Lease): void {
    if (!once(this.#claimed, leaseKey(lease))) {
      this.violate(`${leaseKey(lease)} was leased twice`);
    }
    const key = messageKey(lease.stage, lease.msgId);
    this.#readings.set(
      key,
      Math.max(lease.readCount, this.#readings.get(key) ?? 0),
    );
    this.held.push(lease);
  }

  /** Whether another claim has certainly read the message since; then the lease is void. */
  isOutdated(lease: Lease): boolean {
    const newest = this.#readings.get(messageKey(lease.stage, lease.msgId));
    return (newest ?? 0) > lease.readCount;
  }

  settled(tried: Tried, wasOutdated: boolean): void {
    this.tried.push(tried);
    if (!tried.tookEffect) return;
    if (wasOutdated) {
      this.violate(
        `${leaseKey(tried.lease)} was settled (${tried.outcome}) ` +
          "although another claim had read the message",
      );
    }
    if (!once(this.#settled, leaseKey(tried.lease))) {
      this.violate(`${leaseKey(tried.lease)} was settled twice`);
    }
  }

  /** The latest leases that their holders do not know to be lost. */
  lostLeases(): Lease[] {
    return this.forgotten.filter((lease) => this.isOutdated(lease)).slice(-5);
  }

  forget(lease: Lease): void {
    const at = this.held.indexOf(lease);
    if (at >= 0) this.held.splice(at, 1);
    if (!this.forgotten.includes(lease)) this.forgotten.push(lease);
    if (this.forgotten.length > 200) this.forgotten.shift();
  }

  violate(what: string): void {
    this.violations.push(what);
  }
}

function once(seen: Set<string>, key: string): boolean {
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}

export function messageKey(stage: string, msgId: string): string {
  return `${stage} message ${msgId}`;
}

function leaseKey({ stage, msgId, readCount }: Lease): string {
  return `${messageKey(stage, msgId)}, reading ${readCount}`;
}

/** The chunks that this chunker version produces for the document, deterministically. Documents share some texts. */
export function piecesOf(documentId: string, version: string): string[] {
  const count = 1 + numberOf(`${documentId}:${version}`, 4);
  return Array.from({ length: count }, (_, ord) => {
    if (ord === 0) return "A preamble that every document has.";
    if (ord % 2 === 0) return `Piece ${ord} of ${documentId}.`;
    return `Piece ${ord} of ${documentId}, as version ${version} cuts it.`;
  });
}

/** The index of the only 1 among the 1,536 numbers of this text's vector. */
export function directionOf(text: string): number {
  return numberOf(text, 1536);
}

export function vectorOf(text: string): string {
  const numbers = new Array(1536).fill(0);
  numbers[directionOf(text)] = 1;
  return `[${numbers.join(",")}]`;
}

function numberOf(text: string, below: number): number {
  return createHash("sha256").update(text).digest().readUInt32BE(0) % below;
}
