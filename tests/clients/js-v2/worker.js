// A job worker with the AWS SDK for JavaScript v2: works through the session that ../README.md describes.

const { setTimeout } = require("node:timers/promises");

const CodePipeline = require("aws-sdk/clients/codepipeline");
const { HttpsProxyAgent } = require("https-proxy-agent");

// Version 2 reads neither an endpoint variable nor a proxy variable, so the code hands both over. Unset, it is the service's own
// endpoint, and no proxy.
const proxy = process.env.HTTPS_PROXY;
const codepipeline = new CodePipeline({
  endpoint: process.env.AWS_ENDPOINT_URL_CODEPIPELINE,
  httpOptions: { agent: proxy && new HttpsProxyAgent(proxy) },
});

const UNKNOWN_JOB = "00000000-0000-4000-8000-000000000000";
const CLIENT_TOKENS = {
  "11111111-2222-4333-8444-555555555555": "FAKE-token-of-the-first-client",
  "66666666-7777-4888-8999-000000000000": "FAKE-token-of-the-second-client",
};

/** Makes a call and prints what it returned, in the API's own names. */
async function call(step, request) {
  const { $response, ...result } = await request.promise();
  console.log(JSON.stringify({ step, result }));
  return result;
}

function reportError(step, error) {
  console.log(JSON.stringify({ step, error: { code: error.code, message: error.message } }));
}

/** Makes a call that has to end in this error; without one, in any that the service answered. */
async function refused(step, code, request) {
  try {
    await request.promise();
  } catch (error) {
    if (error.statusCode === undefined || (code && error.code !== code)) throw error;
    reportError(step, error);
    return;
  }
  throw new Error(`${step}: was not refused`);
}

async function poll(step, category, provider, options) {
  const actionTypeId = { category, owner: "Custom", provider, version: "1" };
  const { jobs } = await call(step, codepipeline.pollForJobs({ actionTypeId, maxBatchSize: 1, ...options }));
  return jobs[0];
}

async function acknowledge(step, job) {
  const { status } = await call(step, codepipeline.acknowledgeJob({ jobId: job.id, nonce: job.nonce }));
  if (status !== "InProgress") throw new Error(`${step}: the job is someone else's`);
}

async function build() {
  const query = { queryParam: { ProjectName: "Example_Project-1" } };
  const job = await poll("build-poll", "Build", "ExampleBuilder", query);
  const jobId = job.id;
  await refused(
    "build-wrong-nonce",
    "InvalidNonceException",
    codepipeline.acknowledgeJob({ jobId, nonce: "not-the-nonce" }),
  );
  await acknowledge("build-acknowledge", job);
  await refused(
    "build-acknowledge-again",
    "InvalidNonceException",
    codepipeline.acknowledgeJob({ jobId, nonce: job.nonce }),
  );
  await call("build-details", codepipeline.getJobDetails({ jobId }));
  await refused(
    "unknown-job",
    "JobNotFoundException",
    codepipeline.acknowledgeJob({ jobId: UNKNOWN_JOB, nonce: "1" }),
  );
  await call(
    "build-success",
    codepipeline.putJobSuccessResult({
      outputVariables: { ImageTag: "v1.2.3", Stage: "grün", ImageDigest: "sha256:abc" },
      executionDetails: { percentComplete: 100, externalExecutionId: "build-17", summary: "Built ✓" },
      currentRevision: {
        created: new Date(1433961000500),
        revisionSummary: "Größer, schöner, 速い",
        changeIdentifier: "change-42",
        revision: "c0ffee",
      },
      jobId,
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
  await call("test-failure", codepipeline.putJobFailureResult({ jobId: job.id, failureDetails }));
}

async function deploy() {
  const job = await poll("deploy-poll", "Deploy", "ExampleDeployer");
  await acknowledge("deploy-acknowledge", job);
  await call(
    "deploy-continue",
    codepipeline.putJobSuccessResult({
      jobId: job.id,
      continuationToken: "wave-2-of-2",
      executionDetails: { summary: "Half of the fleet", percentComplete: 50 },
    }),
  );
  const next = await poll("deploy-poll-continued", "Deploy", "ExampleDeployer");
  await acknowledge("deploy-acknowledge-continued", next);
  await call("deploy-success", codepipeline.putJobSuccessResult({ jobId: next.id }));
}

async function thirdParty() {
  const actionTypeId = { category: "Test", owner: "ThirdParty", provider: "ExamplePartner", version: "1" };
  const answer = await call("partner-poll", codepipeline.pollForThirdPartyJobs({ actionTypeId, maxBatchSize: 2 }));
  const [first, second] = answer.jobs;
  await refused(
    "partner-wrong-token",
    "InvalidClientTokenException",
    codepipeline.getThirdPartyJobDetails({ jobId: first.jobId, clientToken: "not-the-token" }),
  );
  let names = await partnerTake("partner-first", first);
  const executionDetails = { summary: "Scanned", percentComplete: 100 };
  await call("partner-first-success", codepipeline.putThirdPartyJobSuccessResult({ ...names, executionDetails }));
  names = await partnerTake("partner-second", second);
  const failureDetails = { type: "ConfigurationError", message: "kein Prüfplan" };
  await call("partner-second-failure", codepipeline.putThirdPartyJobFailureResult({ ...names, failureDetails }));
}

async function partnerTake(step, job) {
  const names = { jobId: job.jobId, clientToken: CLIENT_TOKENS[job.clientId] };
  const { jobDetails } = await call(`${step}-details`, codepipeline.getThirdPartyJobDetails(names));
  const { nonce } = jobDetails;
  await call(`${step}-acknowledge`, codepipeline.acknowledgeThirdPartyJob({ ...names, nonce }));
  return names;
}

/** A call that is on no tape: how pipetape's answer reaches the user. */
async function miss() {
  const jobId = "5f8c1d2e-0001-4b7a-9c3d-0a1b2c3d4e5f";
  await refused("miss", undefined, codepipeline.acknowledgeJob({ jobId, nonce: "never-recorded" }));
}

async function session() {
  await build();
  await test();
  await deploy();
  await thirdParty();
}

/** Never ends by itself: takes jobs as they come until SIGTERM stops it. */
async function takeJobs() {
  const actionTypeId = { category: "Build", owner: "Custom", provider: "ExampleFleet", version: "1" };
  let stopped = false;
  process.once("SIGTERM", () => (stopped = true));
  while (!stopped) {
    const { jobs } = await codepipeline.pollForJobs({ actionTypeId, maxBatchSize: 2 }).promise();
    for (const job of jobs) await work(job);
    if (jobs.length === 0) await setTimeout(200);
  }
}

async function work({ id: jobId, nonce }) {
  const acknowledged = await attempt(`acknowledge ${jobId}`, codepipeline.acknowledgeJob({ jobId, nonce }));
  if (acknowledged?.status !== "InProgress") return;
  if (/[0-3]$/.test(jobId)) {
    const failureDetails = { type: "JobFailed", message: "as its id wants it" };
    await attempt(`fail ${jobId}`, codepipeline.putJobFailureResult({ jobId, failureDetails }));
  } else {
    await attempt(`succeed ${jobId}`, codepipeline.putJobSuccessResult({ jobId }));
  }
}

/** Makes a call whose refusal leaves the job to another worker. */
async function attempt(step, request) {
  try {
    return await call(step, request);
  } catch (error) {
    if (error.statusCode === undefined) throw error;
    reportError(step, error);
  }
}

const run = { miss, poll: takeJobs }[process.argv[2]] ?? session;
run().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
