import { createHash } from "node:crypto";
import { type StageName, STAGES } from "../../../functions/_stages/index.ts";

export { type StageName, STAGES };

/** A message as one reading of it leased it. */
export interface Lease {
  stage: StageName;
  msgId: string;
  readCount: number;
  jobId: string;
  documentId: string;
  userId: string;
  /** Of a lease on `parse` whose worker has recorded that it is about to submit. */
  submissionId?: string;
}

/** A settlement that was tried, and whether it took effect. Its id is its message, so that its event can be told. */
export interface Tried {
  id: string;
  lease: Lease;
  outcome: string;
  tookEffect: boolean;
}

/** What the test knows of what it has done, to hold against what the database says. */
export class Ledger {
  readonly jobs = new Map<string, { documentId: string; rawPath: string }>();
  readonly deletedJobs = new Set<string>();
  /** Leases in the hands of workers that are alive. */
  readonly held: Lease[] = [];
  /** Leases that a worker lost, gave up or has used already: what comes late, or twice. */
  readonly forgotten: Lease[] = [];
  /** Messages taken out of their queue behind the engine's back. */
  readonly lostMessages = new Set<string>();
  readonly tried: Tried[] = [];
  readonly violations: string[] = [];
  /** What happened, latest last; for whoever has to understand a failure. */
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

  /** Whether somebody is known to have read the message since; then the lease is void for good. */
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
          "though somebody else had read the message",
      );
    }
    if (!once(this.#settled, leaseKey(tried.lease))) {
      this.violate(`${leaseKey(tried.lease)} was settled twice`);
    }
  }

  /** The latest of the leases that their holders do not know to be lost. */
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

/** What the chunker of this version makes of the document: always the same. Some texts are in other documents too. */
export function piecesOf(documentId: string, version: string): string[] {
  const count = 1 + numberOf(`${documentId}:${version}`, 4);
  return Array.from({ length: count }, (_, ord) => {
    if (ord === 0) return "A preamble that every document has.";
    if (ord % 2 === 0) return `Piece ${ord} of ${documentId}.`;
    return `Piece ${ord} of ${documentId}, as version ${version} cuts it.`;
  });
}

/** Which of the vector's 1,536 numbers is 1 for this text; the others are 0. */
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
