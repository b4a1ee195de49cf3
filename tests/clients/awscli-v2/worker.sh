#!/usr/bin/env bash
# A shell worker with the aws CLI, version 2, as old as Debian 12 has it: 2.9 reads no endpoint variable.

# Answers as JSON whatever the user has configured, and no pager.
export AWS_DEFAULT_OUTPUT=json AWS_PAGER=''

aws() {
  command aws ${AWS_ENDPOINT_URL_CODEPIPELINE:+--endpoint-url "$AWS_ENDPOINT_URL_CODEPIPELINE"} "$@"
}

. "$(dirname "${BASH_SOURCE[0]}")/../awscli-v1/session.sh"
