// A job worker with the AWS SDK for JavaScript v3: works through the session that ../README.md describes.

import { setTimeout } from "node:timers/promises";

import {
  AcknowledgeJobCommand,
  AcknowledgeThirdPartyJobCommand,
  CodePipelineClient,
  CodePipelineServiceException,
  GetJobDetailsCommand,
  GetThirdPartyJobDetailsCommand,
  InvalidClientTokenException,
  InvalidNonceException,
  JobNotFoundException,
  PollForJobsCommand,
  PollForThirdPartyJobsCommand,
  PutJobFailureResultCommand,
  PutJobSuccessResultCommand,
  PutThirdPartyJobFailureResultCommand,
  PutThirdPartyJobSuccessResultCommand,
} from "@aws-sdk/client-codepipeline";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { HttpsProxyAgent } from "https-proxy-agent";

// Every setting comes from the environment: endpoint, region, credentials. A proxy alone needs an agent.
function settings(proxy) {
  if (!proxy) return {};
  return { requestHandler: new NodeHttpHandler({ httpsAgent: new HttpsProxyAgent(proxy) }) };
}

const client = new CodePipelineClient(settings(process.env.HTTPS_PROXY));

const UNKNOWN_JOB = "00000000-0000-4000-8000-000000000000";
const CLIENT_TOKENS = {
  "11111111-2222-4333-8444-555555555555": "FAKE-token-of-the-first-client",
  "66666666-7777-4888-8999-000000000000": "FAKE-token-of-the-second-client",
};

/** Makes a call and prints what it returned, in the API's own names. */
async function call(step, command) {
  const { $metadata, ...result } = await client.send(command);
  console.log(JSON.stringify({ step, result }));
  return result;
}

function reportError(step, error) {
  console.log(JSON.stringify({ step, error: { code: error.name, message: error.message } }));
}

/** Makes a call that has to end in this exception. */
async function refused(step, exception, command) {
  try {
    await client.send(command);
  } catch (error) {
    if (!(error instanceof exception)) throw error;
    reportError(step, error);
    return;
  }
  throw new Error(`${step}: was not refused`);
}

async function poll(step, category, provider, options) {
  const actionTypeId = { category, owner: "Custom", provider, version: "1" };
  const { jobs } = await call(step, new PollForJobsCommand({ actionTypeId, maxBatchSize: 1, ...options }));
  return jobs[0];
}

async function acknowledge(step, job) {
  const { status } = await call(step, new AcknowledgeJobCommand({ jobId: job.id, nonce: job.nonce }));
  if (status !== "InProgress") throw new Error(`${step}: the job is someone else's`);
}

async function build() {
  const query = { queryParam: { ProjectName: "Example_Project-1" } };
  const job = await poll("build-poll", "Build", "ExampleBuilder", query);
  const jobId = job.id;
  await refused(
    "build-wrong-nonce",
    InvalidNonceException,
    new AcknowledgeJobCommand({ jobId, nonce: "not-the-nonce" }),
  );
  await acknowledge("build-acknowledge", job);
  await refused(
    "build-acknowledge-again",
    InvalidNonceException,
    new AcknowledgeJobCommand({ jobId, nonce: job.nonce }),
  );
  await call("build-details", new GetJobDetailsCommand({ jobId }));
  await refused(
    "unknown-job",
    JobNotFoundException,
    new AcknowledgeJobCommand({ jobId: UNKNOWN_JOB, nonce: "1" }),
  );
  await call(
    "build-success",
    new PutJobSuccessResultCommand({
      jobId,
      currentRevision: {
        revision: "c0ffee",
        changeIdentifier: "change-42",
        created: new Date(1433961000500),
        revisionSummary: "Größer, schöner, 速い",
      },
      executionDetails: { summary: "Built ✓", externalExecutionId: "build-17", percentComplete: 100 },
      outputVariables: { Stage: "grün", ImageTag: "v1.2.3", ImageDigest: "sha256:abc" },
    }),
  );
  await poll("build-poll-empty", "Build", "ExampleBuilder", query);
}

async function test() {
  const job = await poll("test-poll", "Test", "ExampleTester");
  await acknowledge("test-acknowledge", job);
  const failureDetails = {
    type: "JobFailed",
    message: 'Prüfung „Öl“ fehlgeschlagen:\n\t3 of 7 "cases" < 100 % & C:\\tmp\\ログ 💥',
    externalExecutionId: "test-18",
  };
  await call("test-failure", new PutJobFailureResultCommand({ jobId: job.id, failureDetails }));
}

async function deploy() {
  const job = await poll("deploy-poll", "Deploy", "ExampleDeployer");
  await acknowledge("deploy-acknowledge", job);
  await call(
    "deploy-continue",
    new PutJobSuccessResultCommand({
      jobId: job.id,
      continuationToken: "wave-2-of-2",
      executionDetails: { summary: "Half of the fleet", percentComplete: 50 },
    }),
  );
  const next = await poll("deploy-poll-continued", "Deploy", "ExampleDeployer");
  await acknowledge("deploy-acknowledge-continued", next);
  await call("deploy-success", new PutJobSuccessResultCommand({ jobId: next.id }));
}

async function thirdParty() {
  const actionTypeId = { category: "Test", owner: "ThirdParty", provider: "ExamplePartner", version: "1" };
  const answer = await call("partner-poll", new PollForThirdPartyJobsCommand({ actionTypeId, maxBatchSize: 2 }));
  const [first, second] = answer.jobs;
  await refused(
    "partner-wrong-token",
    InvalidClientTokenException,
    new GetThirdPartyJobDetailsCommand({ jobId: first.jobId, clientToken: "not-the-token" }),
  );
  let names = await partnerTake("partner-first", first);
  const executionDetails = { summary: "Scanned", percentComplete: 100 };
  await call("partner-first-success", new PutThirdPartyJobSuccessResultCommand({ ...names, executionDetails }));
  names = await partnerTake("partner-second", second);
  const failureDetails = { type: "ConfigurationError", message: "kein Prüfplan" };
  await call("partner-second-failure", new PutThirdPartyJobFailureResultCommand({ ...names, failureDetails }));
}

async function partnerTake(step, job) {
  const names = { jobId: job.jobId, clientToken: CLIENT_TOKENS[job.clientId] };
  const { jobDetails } = await call(`${step}-details`, new GetThirdPartyJobDetailsCommand(names));
  const { nonce } = jobDetails;
  await call(`${step}-acknowledge`, new AcknowledgeThirdPartyJobCommand({ ...names, nonce }));
  return names;
}

/** A call that is on no tape: how pipetape's answer reaches the user. */
async function miss() {
  await refused(
    "miss",
    CodePipelineServiceException,
    new AcknowledgeJobCommand({ jobId: "5f8c1d2e-0001-4b7a-9c3d-0a1b2c3d4e5f", nonce: "never-recorded" }),
  );
}

/** Never ends by itself: takes jobs as they come until SIGTERM stops it. */
async function takeJobs() {
  const actionTypeId = { category: "Build", owner: "Custom", provider: "ExampleFleet", version: "1" };
  let stopped = false;
  process.once("SIGTERM", () => (stopped = true));
  while (!stopped) {
    const { jobs } = await client.send(new PollForJobsCommand({ actionTypeId, maxBatchSize: 2 }));
    for (const job of jobs) await work(job);
    if (jobs.length === 0) await setTimeout(200);
  }
}

async function work({ id: jobId, nonce }) {
  const acknowledged = await attempt(`acknowledge ${jobId}`, new AcknowledgeJobCommand({ jobId, nonce }));
  if (acknowledged?.status !== "InProgress") return;
  if (/[0-3]$/.test(jobId)) {
    const failureDetails = { type: "JobFailed", message: "as its id wants it" };
    await attempt(`fail ${jobId}`, new PutJobFailureResultCommand({ jobId, failureDetails }));
  } else {
    await attempt(`succeed ${jobId}`, new PutJobSuccessResultCommand({ jobId }));
  }
}

/** Makes a call whose refusal leaves the job to another worker. */
async function attempt(step, command) {
  try {
    return await call(step, command);
  } catch (error) {
    if (!(error instanceof CodePipelineServiceException)) throw error;
    reportError(step, error);
  }
}

if (process.argv[2] === "miss") {
  await miss();
} else if (process.argv[2] === "poll") {
  await takeJobs();
} else {
  await build();
  await test();
  await deploy();
  await thirdParty();
}
