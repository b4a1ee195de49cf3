# The session that ../README.md describes, as a shell worker with the aws CLI and jq. Sourced by worker.sh.
set -euo pipefail

unknown_job=00000000-0000-4000-8000-000000000000

# Makes a call, and prints its answer as one line. A call without output has an empty result.
call() {
  local step=$1
  shift
  answer=$(aws codepipeline "$@")
  jq --null-input --compact-output --arg step "$step" --argjson result "${answer:-{\}}" '{step: $step, result: $result}'
}

# `An error occurred (CODE) when calling the OPERATION operation: MESSAGE`, after an empty line.
report_error() {
  jq --null-input --compact-output --arg step "$1" --arg text "$2" '
    $text
    | capture("^\\n?An error occurred \\((?<code>[^)]*)\\) when calling the \\w+ operation[^:]*: (?<message>.*)$"; "s")
    | {step: $step, error: .}'
}

# Makes a call that has to be refused with this error.
refused() {
  local step=$1 code=$2 error
  shift 2
  if error=$(aws codepipeline "$@" 2>&1 >/dev/null); then
    echo "$step: was not refused" >&2
    return 1
  fi
  case $error in
    *"($code)"*) report_error "$step" "$error" ;;
    *) printf '%s: %s\n' "$step" "$error" >&2; return 1 ;;
  esac
}

poll() {
  local step=$1 category=$2 provider=$3
  shift 3
  call "$step" poll-for-jobs --max-batch-size 1 \
    --action-type-id "category=$category,owner=Custom,provider=$provider,version=1" "$@"
  job=$(jq --raw-output '.jobs[0].id // empty' <<<"$answer")
  nonce=$(jq --raw-output '.jobs[0].nonce // empty' <<<"$answer")
}

acknowledge() {
  call "$1" acknowledge-job --job-id "$job" --nonce "$nonce"
  [ "$(jq --raw-output .status <<<"$answer")" = InProgress ]
}

build() {
  poll build-poll Build ExampleBuilder --query-param ProjectName=Example_Project-1
  refused build-wrong-nonce InvalidNonceException acknowledge-job --job-id "$job" --nonce not-the-nonce
  acknowledge build-acknowledge
  refused build-acknowledge-again InvalidNonceException acknowledge-job --job-id "$job" --nonce "$nonce"
  call build-details get-job-details --job-id "$job"
  refused unknown-job JobNotFoundException acknowledge-job --job-id "$unknown_job" --nonce 1
  call build-success put-job-success-result --job-id "$job" \
    --current-revision '{"revision": "c0ffee", "changeIdentifier": "change-42", "created": "2015-06-10T18:30:00.5Z", "revisionSummary": "Größer, schöner, 速い"}' \
    --execution-details 'summary=Built ✓,externalExecutionId=build-17,percentComplete=100' \
    --output-variables 'ImageTag=v1.2.3,ImageDigest=sha256:abc,Stage=grün'
  poll build-poll-empty Build ExampleBuilder --query-param ProjectName=Example_Project-1
}

test_job() {
  poll test-poll Test ExampleTester
  acknowledge test-acknowledge
  local details
  details=$(jq --null-input --arg message $'Prüfung „Öl“ fehlgeschlagen:\n\t3 of 7 "cases" < 100 % & C:\\tmp\\ログ 💥' \
    '{type: "JobFailed", message: $message, externalExecutionId: "test-18"}')
  call test-failure put-job-failure-result --job-id "$job" --failure-details "$details"
}

deploy() {
  poll deploy-poll Deploy ExampleDeployer
  acknowledge deploy-acknowledge
  call deploy-continue put-job-success-result --job-id "$job" \
    --continuation-token wave-2-of-2 --execution-details 'summary=Half of the fleet,percentComplete=50'
  poll deploy-poll-continued Deploy ExampleDeployer
  acknowledge deploy-acknowledge-continued
  call deploy-success put-job-success-result --job-id "$job"
}

token_of() {
  case $1 in
    11111111-2222-4333-8444-555555555555) echo FAKE-token-of-the-first-client ;;
    66666666-7777-4888-8999-000000000000) echo FAKE-token-of-the-second-client ;;
  esac
}

# Takes the third-party job at this place of the poll's answer.
partner_take() {
  local step=$1 jobs=$2 place=$3
  job=$(jq --raw-output ".jobs[$place].jobId" <<<"$jobs")
  token=$(token_of "$(jq --raw-output ".jobs[$place].clientId" <<<"$jobs")")
  call "$step-details" get-third-party-job-details --job-id "$job" --client-token "$token"
  nonce=$(jq --raw-output .jobDetails.nonce <<<"$answer")
  call "$step-acknowledge" acknowledge-third-party-job \
    --job-id "$job" --nonce "$nonce" --client-token "$token"
}

third_party() {
  local jobs
  call partner-poll poll-for-third-party-jobs --max-batch-size 2 \
    --action-type-id category=Test,owner=ThirdParty,provider=ExamplePartner,version=1
  jobs=$answer
  refused partner-wrong-token InvalidClientTokenException get-third-party-job-details \
    --job-id "$(jq --raw-output '.jobs[0].jobId' <<<"$jobs")" --client-token not-the-token
  partner_take partner-first "$jobs" 0
  call partner-first-success put-third-party-job-success-result \
    --job-id "$job" --client-token "$token" --execution-details summary=Scanned,percentComplete=100
  partner_take partner-second "$jobs" 1
  call partner-second-failure put-third-party-job-failure-result \
    --job-id "$job" --client-token "$token" --failure-details 'type=ConfigurationError,message=kein Prüfplan'
}

# A call that is on no tape: how pipetape's answer reaches the user.
miss() {
  local error
  if error=$(aws codepipeline acknowledge-job \
    --job-id 5f8c1d2e-0001-4b7a-9c3d-0a1b2c3d4e5f --nonce never-recorded 2>&1 >/dev/null); then
    return 1
  fi
  report_error miss "$error"
}

case ${1-} in
  miss) miss ;;
  poll) . "$(dirname "${BASH_SOURCE[0]}")/poller.sh" ;;
  *)
    build
    test_job
    deploy
    third_party
    ;;
esac
