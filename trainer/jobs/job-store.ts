import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError, messageOf } from '../../core/errors.js';
import { makeDirectory, replaceFile, syncDirectory } from '../../core/durable/durable-files.js';
import { isDirectory } from '../../core/durable/is-directory.js';
import { hasEnded, isJobName, jobName } from './job.js';
import type { Job, JobChange } from './job.js';
import { formatRecord, parseRecord } from './job-record.js';
import type { JobSpec } from './job-spec.js';
import { removeLeftovers } from './leftovers.js';

/** A directory below the root that holds no job that can be read. */
interface UnreadableJob {
  readonly directory: string;
  readonly reason: string;
}

/**
 * Jobs in memory, and one directory with a `job.json` each. One process at a time may open a root.
 * Every change is visible at once and to whoever listens; it is on disk when `save` has resolved.
 */
export interface JobStore {
  readonly root: string;
  /** What was found at the start and left alone. */
  readonly unreadable: readonly UnreadableJob[];
  /** Oldest first. */
  list(): readonly Job[];
  /** @throws not-found */
  get(name: string): Job;
  findRequest(requestId: string): Job | undefined;
  /** Where a job keeps its files. @throws not-found */
  directory(name: string): string;
  /** A new job, queued; it is on disk when this resolves. */
  create(spec: JobSpec, requestId: string): Promise<Job>;
  change(name: string, change: JobChange): Job;
  /** Resolves when the job as it is now (or newer) is on disk. */
  save(name: string): Promise<void>;
  /** Called with each job after each change. @returns stops it */
  listen(listener: (job: Job) => void): () => void;
}

/**
 * A progress report is not written at once, so what watchers have seen may be ahead of the disk when a service is killed.
 * Sequences continue this far above what was read, more than are given between two writes.
 */
const SEQUENCE_JUMP = 10_000;

interface Entry {
  job: Job;
  /** Its directory is there. Others find the job as soon as it is asked for, and may save it before it is. */
  readonly born: Promise<unknown>;
  savedSequence: number;
  saving?: Promise<void> | undefined;
}

/** Opens (or makes) a directory of jobs. */
export async function openJobStore(root: string): Promise<JobStore> {
  await makeDirectory(root);
  const entries = new Map<string, Entry>();
  const requests = new Map<string, string>();
  const unreadable: UnreadableJob[] = [];
  const listeners = new Set<(job: Job) => void>();
  for (const name of (await readdir(root)).sort((a, b) => (a < b ? -1 : 1))) {
    const directory = join(root, name);
    if (!(await isDirectory(directory))) continue;
    if (isJobName(name) && (await removeUnborn(directory))) continue;
    try {
      const job = await readJob(directory, name);
      entries.set(job.name, { job, born: Promise.resolve(), savedSequence: job.sequence });
      if (job.requestId !== '') requests.set(job.requestId, job.name);
    } catch (error) {
      unreadable.push({ directory, reason: messageOf(error) });
    }
  }
  // The newest name so far: names never go back, even if the clock does.
  let newest = Math.max(0, ...[...entries.values()].map(({ job }) => Date.parse(job.createTime)));

  const entry = (name: string): Entry => {
    const found = entries.get(name);
    if (found === undefined) throw new DomainError('not-found', `name: expected a job, got ${describe(name)}`);
    return found;
  };
  const write = async (name: string, of: Entry): Promise<void> => {
    await of.born;
    const { job } = of;
    await replaceFile(join(root, name, 'job.json'), formatRecord(job));
    of.savedSequence = job.sequence;
  };
  const save = async (name: string): Promise<void> => {
    const of = entry(name);
    const wanted = of.job.sequence;
    while (of.savedSequence < wanted) {
      of.saving ??= write(name, of).finally(() => (of.saving = undefined));
      await of.saving;
    }
  };

  return {
    root,
    unreadable,
    list: () => [...entries.values()].map(({ job }) => job),
    get: (name) => entry(name).job,
    findRequest: (requestId) => {
      const name = requests.get(requestId);
      return name === undefined ? undefined : entries.get(name)?.job;
    },
    directory: (name) => join(root, entry(name).job.name),
    create: async (spec, requestId) => {
      newest = Math.max(Date.now(), newest + 1);
      const time = new Date(newest);
      const job = newJob(jobName(time, randomBytes(3).toString('hex')), spec, requestId, time.toISOString());
      entries.set(job.name, { job, born: mkdir(join(root, job.name)), savedSequence: 0 });
      if (requestId !== '') requests.set(requestId, job.name);
      try {
        await save(job.name);
        await syncDirectory(root);
      } catch (error) {
        entries.delete(job.name);
        if (requestId !== '') requests.delete(requestId);
        await rm(join(root, job.name), { recursive: true, force: true });
        throw error;
      }
      return job;
    },
    change: (name, change) => {
      const of = entry(name);
      of.job = applyChange(of.job, change);
      for (const listener of listeners) listener(of.job);
      return of.job;
    },
    save,
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

async function readJob(directory: string, name: string): Promise<Job> {
  if (!isJobName(name)) throw new Error('not the name of a job');
  await removeLeftovers(directory);
  const job = parseRecord(await readFile(join(directory, 'job.json'), 'utf8'));
  if (job.name !== name) throw new Error(`job.json: expected the job ${name}, got ${job.name}`);
  return hasEnded(job) ? job : { ...job, sequence: job.sequence + SEQUENCE_JUMP };
}

/** A job whose creation was cut short before anyone was told of it leaves an empty directory. @returns whether it was one */
async function removeUnborn(directory: string): Promise<boolean> {
  await removeLeftovers(directory);
  if ((await readdir(directory)).length > 0) return false;
  await rmdir(directory);
  return true;
}

function newJob(name: string, spec: JobSpec, requestId: string, time: string): Job {
  return {
    name,
    spec,
    requestId,
    state: 'queued',
    sequence: 1,
    error: '',
    createTime: time,
    queueTime: time,
    cancelRequested: false,
    restarts: 0,
    publishedVersion: 0,
  };
}

function applyChange(job: Job, change: JobChange): Job {
  const merged = { ...job, ...change, sequence: job.sequence + 1 };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined)) as unknown as Job;
}

function describe(name: string): string {
  return isJobName(name) ? name : `${JSON.stringify(name.slice(0, 80))}, which is not the name of one`;
}
