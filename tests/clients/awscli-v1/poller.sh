# A worker that never ends by itself: takes jobs as they come until it is stopped by SIGTERM. Sourced by session.sh.

# What a call can't do after its retries is left to the next round, or to another worker.
work() {
  local id=$1 nonce=$2 status
  status=$(aws codepipeline acknowledge-job --job-id "$id" --nonce "$nonce" --query status --output text) || return 0
  [ "$status" = InProgress ] || return 0
  case $id in
    *[0-3])
      aws codepipeline put-job-failure-result --job-id "$id" \
        --failure-details 'type=JobFailed,message=as its id wants it' || true
      ;;
    *) aws codepipeline put-job-success-result --job-id "$id" || true ;;
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
