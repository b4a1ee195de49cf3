package main

import (
	"errors"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/awserr"
	"github.com/aws/aws-sdk-go/service/codepipeline"
)

// takeJobs never ends by itself: it takes jobs as they come until SIGTERM stops it.
func (w worker) takeJobs() error {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	for {
		answer, err := w.client.PollForJobs(&codepipeline.PollForJobsInput{
			ActionTypeId: actionType(codepipeline.ActionCategoryBuild, codepipeline.ActionOwnerCustom, "ExampleFleet"),
			MaxBatchSize: aws.Int64(2),
		})
		if err != nil {
			return err
		}
		for _, job := range answer.Jobs {
			if err := w.work(job); err != nil {
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

func (w worker) work(job *codepipeline.Job) error {
	id := aws.StringValue(job.Id)
	status, err := w.client.AcknowledgeJob(&codepipeline.AcknowledgeJobInput{JobId: job.Id, Nonce: job.Nonce})
	if err := attempted("acknowledge "+id, status, err); err != nil {
		return err
	}
	if err != nil || aws.StringValue(status.Status) != codepipeline.JobStatusInProgress {
		return nil
	}
	if strings.ContainsAny(id[len(id)-1:], "0123") {
		failure, err := w.client.PutJobFailureResult(&codepipeline.PutJobFailureResultInput{
			JobId: job.Id,
			FailureDetails: &codepipeline.FailureDetails{
				Type: aws.String(codepipeline.FailureTypeJobFailed), Message: aws.String("as its id wants it"),
			},
		})
		return attempted("fail "+id, failure, err)
	}
	success, err := w.client.PutJobSuccessResult(&codepipeline.PutJobSuccessResultInput{JobId: job.Id})
	return attempted("succeed "+id, success, err)
}

// attempted prints how a call ended whose refusal leaves the job to another worker.
func attempted[T any](step string, result *T, err error) error {
	var refusal awserr.RequestFailure
	if errors.As(err, &refusal) {
		return printError(step, refusal)
	}
	_, err = done(step, result, err)
	return err
}
