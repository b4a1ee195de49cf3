# A worker that never ends by itself: takes jobs as they come until it is stopped by SIGTERM. Prints how each call about
# a job ended, as the session does. Sourced by session.sh.

# What a call can't do after its retries is left to the next round, or to another worker: says whether the job is still ours.
attempt() {
  local step=$1 output
  shift
  if output=$(aws codepipeline "$@" 2>&1); then
    jq --null-input --compact-output --arg step "$step" --argjson result "${output:-{\}}" '{step: $step, result: $result}'
    [ "$(jq --raw-output '.status // "InProgress"' <<<"${output:-{\}}")" = InProgress ]
  else
    report_error "$step" "$output"
    return 1
  fi
}

work() {
  local id=$1 nonce=$2
  attempt "acknowledge $id" acknowledge-job --job-id "$id" --nonce "$nonce" || return 0
  case $id in
    *[0-3])
      attempt "fail $id" put-job-failure-result --job-id "$id" \
        --failure-details 'type=JobFailed,message=as its id wants it' || true
      ;;
    *) attempt "succeed $id" put-job-success-result --job-id "$id" || true ;;
  esac
}

stopped=
trap 'stopped=yes' TERM
while [ -z "$stopped" ]; do
  job=$(aws codepipeline poll-for-jobs --max-batch-size 1 \
    --action-type-id category=Build,owner=Custom,provider=ExampleFleet,version=1 \
    --query 'jobs[0].[id,nonce]' --output text) || continue
  read -r id nonce <<<"$job"
  if [ "$id" = None ]; then
    sleep 0.2
  else
    work "$id" "$nonce"
  fi
done
