package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/aws/smithy-go"
)

// takeJobs never ends by itself: it takes jobs as they come until SIGTERM stops it.
func (w worker) takeJobs(ctx context.Context) error {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	for {
		answer, err := w.client.PollForJobs(ctx, &codepipeline.PollForJobsInput{
			ActionTypeId: actionType(types.ActionCategoryBuild, types.ActionOwnerCustom, "ExampleFleet"),
			MaxBatchSize: aws.Int32(2),
		})
		if err != nil {
			return err
		}
		for _, job := range answer.Jobs {
			if err := w.work(ctx, job); err != nil {
				return err
			}
		}
		pause := time.Duration(0)
		if len(answer.Jobs) == 0 {
			pause = 200 * time.Millisecond
		}
		select {
		case <-stop:
			return nil
		case <-time.After(pause):
		}
	}
}

func (w worker) work(ctx context.Context, job types.Job) error {
	id := aws.ToString(job.Id)
	status, err := w.client.AcknowledgeJob(ctx, &codepipeline.AcknowledgeJobInput{JobId: job.Id, Nonce: job.Nonce})
	if err := attempted("acknowledge "+id, status, err); err != nil {
		return err
	}
	if err != nil || status.Status != types.JobStatusInProgress {
		return nil
	}
	if strings.ContainsAny(id[len(id)-1:], "0123") {
		failure, err := w.client.PutJobFailureResult(ctx, &codepipeline.PutJobFailureResultInput{
			JobId:          job.Id,
			FailureDetails: &types.FailureDetails{Type: types.FailureTypeJobFailed, Message: aws.String("as its id wants it")},
		})
		return attempted("fail "+id, failure, err)
	}
	success, err := w.client.PutJobSuccessResult(ctx, &codepipeline.PutJobSuccessResultInput{JobId: job.Id})
	return attempted("succeed "+id, success, err)
}

// attempted prints how a call ended whose refusal leaves the job to another worker.
func attempted(step string, result any, err error) error {
	var refusal smithy.APIError
	switch {
	case err == nil:
		return printResult(step, result)
	case errors.As(err, &refusal):
		return printError(step, refusal)
	default:
		return err
	}
}
