/**
 * CPU that a process's first thread has used, in milliseconds: the thread on which Deno runs the function, as hosted's
 * clock is that of the isolate's thread (CLOCK_THREAD_CPUTIME_ID). Undefined if the process is gone, or where there is
 * no /proc. The kernel's scheduler counts it in nanoseconds. https://docs.kernel.org/scheduler/sched-stats.html
 */
export function threadCpuMs(pid: number): number | undefined {
  try {
    const statistics = Deno.readTextFileSync(
      `/proc/${pid}/task/${pid}/schedstat`,
    );
    return Number(statistics.split(" ")[0]) / 1e6;
  } catch {
    return undefined;
  }
}
