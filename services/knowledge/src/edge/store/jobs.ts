import type { JobKind } from "@benchai/contract/jobs";
import { jobRows } from "@benchai/jobs/job-rows";

/** The functions on this service's table of jobs. */
export const {
  createJob,
  claimJob,
  reportProgress,
  endJob,
  cancelJob,
  retryJob,
  requeueInterrupted,
  waitingJobs,
  listJobs,
  jobById,
} = jobRows<JobKind>();
