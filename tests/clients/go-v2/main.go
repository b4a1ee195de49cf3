// A job worker with the AWS SDK for Go v2: works through the session that ../README.md describes.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline"
	"github.com/aws/aws-sdk-go-v2/service/codepipeline/types"
	"github.com/aws/smithy-go"
)

const unknownJob = "00000000-0000-4000-8000-000000000000"

var clientTokens = map[string]string{
	"11111111-2222-4333-8444-555555555555": "FAKE-token-of-the-first-client",
	"66666666-7777-4888-8999-000000000000": "FAKE-token-of-the-second-client",
}

type worker struct {
	client *codepipeline.Client
}

func main() {
	log.SetFlags(0)
	ctx := context.Background()
	// Every setting comes from the environment: endpoint, region, credentials.
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		log.Fatal(err)
	}
	w := worker{client: codepipeline.NewFromConfig(settings)}
	switch {
	case slices.Contains(os.Args[1:], "miss"):
		err = w.miss(ctx)
	case slices.Contains(os.Args[1:], "poll"):
		err = w.takeJobs(ctx)
	default:
		err = w.session(ctx)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func (w worker) session(ctx context.Context) error {
	for _, part := range []func(context.Context) error{w.build, w.test, w.deploy, w.thirdParty} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// done prints what a call returned.
func done[T any](step string, result *T, err error) (*T, error) {
	if err != nil {
		return nil, fmt.Errorf("%s: %w", step, err)
	}
	return result, printResult(step, result)
}

// refused prints the error of a call that has to end in one of this type.
func refused[E smithy.APIError](step string, err error) error {
	var expected E
	if !errors.As(err, &expected) {
		return fmt.Errorf("%s: not refused as expected: %w", step, err)
	}
	return printError(step, expected)
}

func actionType(category types.ActionCategory, owner types.ActionOwner, provider string) *types.ActionTypeId {
	return &types.ActionTypeId{Category: category, Owner: owner, Provider: aws.String(provider), Version: aws.String("1")}
}

func (w worker) poll(
	ctx context.Context, step string, category types.ActionCategory, provider string, query map[string]string,
) ([]types.Job, error) {
	answer, err := w.client.PollForJobs(ctx, &codepipeline.PollForJobsInput{
		ActionTypeId: actionType(category, types.ActionOwnerCustom, provider),
		MaxBatchSize: aws.Int32(1),
		QueryParam:   query,
	})
	if answer, err = done(step, answer, err); err != nil {
		return nil, err
	}
	return answer.Jobs, nil
}

// take polls for a job, which has to be there, and acknowledges it.
func (w worker) take(
	ctx context.Context, poll, acknowledge string, category types.ActionCategory, provider string,
) (*string, error) {
	jobs, err := w.poll(ctx, poll, category, provider, nil)
	if err != nil {
		return nil, err
	}
	if len(jobs) == 0 {
		return nil, fmt.Errorf("%s: no job", poll)
	}
	return jobs[0].Id, w.acknowledge(ctx, acknowledge, jobs[0])
}

func (w worker) acknowledge(ctx context.Context, step string, job types.Job) error {
	answer, err := w.client.AcknowledgeJob(ctx, &codepipeline.AcknowledgeJobInput{JobId: job.Id, Nonce: job.Nonce})
	if answer, err = done(step, answer, err); err != nil {
		return err
	}
	if answer.Status != types.JobStatusInProgress {
		return fmt.Errorf("%s: the job is someone else's", step)
	}
	return nil
}

func (w worker) build(ctx context.Context) error {
	query := map[string]string{"ProjectName": "Example_Project-1"}
	jobs, err := w.poll(ctx, "build-poll", types.ActionCategoryBuild, "ExampleBuilder", query)
	if err != nil {
		return err
	}
	if len(jobs) == 0 {
		return errors.New("build-poll: no job")
	}
	job := jobs[0]
	_, err = w.client.AcknowledgeJob(ctx, &codepipeline.AcknowledgeJobInput{JobId: job.Id, Nonce: aws.String("not-the-nonce")})
	if err = refused[*types.InvalidNonceException]("build-wrong-nonce", err); err != nil {
		return err
	}
	if err = w.acknowledge(ctx, "build-acknowledge", job); err != nil {
		return err
	}
	_, err = w.client.AcknowledgeJob(ctx, &codepipeline.AcknowledgeJobInput{JobId: job.Id, Nonce: job.Nonce})
	if err = refused[*types.InvalidNonceException]("build-acknowledge-again", err); err != nil {
		return err
	}
	details, err := w.client.GetJobDetails(ctx, &codepipeline.GetJobDetailsInput{JobId: job.Id})
	if _, err = done("build-details", details, err); err != nil {
		return err
	}
	_, err = w.client.AcknowledgeJob(ctx, &codepipeline.AcknowledgeJobInput{JobId: aws.String(unknownJob), Nonce: aws.String("1")})
	if err = refused[*types.JobNotFoundException]("unknown-job", err); err != nil {
		return err
	}
	success, err := w.client.PutJobSuccessResult(ctx, &codepipeline.PutJobSuccessResultInput{
		JobId: job.Id,
		CurrentRevision: &types.CurrentRevision{
			Revision:         aws.String("c0ffee"),
			ChangeIdentifier: aws.String("change-42"),
			Created:          aws.Time(time.UnixMilli(1433961000500)),
			RevisionSummary:  aws.String("Größer, schöner, 速い"),
		},
		ExecutionDetails: &types.ExecutionDetails{
			Summary:             aws.String("Built ✓"),
			ExternalExecutionId: aws.String("build-17"),
			PercentComplete:     aws.Int32(100),
		},
		OutputVariables: map[string]string{"ImageTag": "v1.2.3", "ImageDigest": "sha256:abc", "Stage": "grün"},
	})
	if _, err = done("build-success", success, err); err != nil {
		return err
	}
	_, err = w.poll(ctx, "build-poll-empty", types.ActionCategoryBuild, "ExampleBuilder", query)
	return err
}

func (w worker) test(ctx context.Context) error {
	job, err := w.take(ctx, "test-poll", "test-acknowledge", types.ActionCategoryTest, "ExampleTester")
	if err != nil {
		return err
	}
	failure, err := w.client.PutJobFailureResult(ctx, &codepipeline.PutJobFailureResultInput{
		JobId: job,
		FailureDetails: &types.FailureDetails{
			Type:                types.FailureTypeJobFailed,
			Message:             aws.String("Prüfung „Öl“ fehlgeschlagen:\n\t3 of 7 \"cases\" < 100 % & C:\\tmp\\ログ 💥"),
			ExternalExecutionId: aws.String("test-18"),
		},
	})
	_, err = done("test-failure", failure, err)
	return err
}

func (w worker) deploy(ctx context.Context) error {
	job, err := w.take(ctx, "deploy-poll", "deploy-acknowledge", types.ActionCategoryDeploy, "ExampleDeployer")
	if err != nil {
		return err
	}
	half, err := w.client.PutJobSuccessResult(ctx, &codepipeline.PutJobSuccessResultInput{
		JobId:             job,
		ContinuationToken: aws.String("wave-2-of-2"),
		ExecutionDetails: &types.ExecutionDetails{
			Summary:         aws.String("Half of the fleet"),
			PercentComplete: aws.Int32(50),
		},
	})
	if _, err = done("deploy-continue", half, err); err != nil {
		return err
	}
	job, err = w.take(
		ctx, "deploy-poll-continued", "deploy-acknowledge-continued", types.ActionCategoryDeploy, "ExampleDeployer",
	)
	if err != nil {
		return err
	}
	whole, err := w.client.PutJobSuccessResult(ctx, &codepipeline.PutJobSuccessResultInput{JobId: job})
	_, err = done("deploy-success", whole, err)
	return err
}

func (w worker) thirdParty(ctx context.Context) error {
	answer, err := w.client.PollForThirdPartyJobs(ctx, &codepipeline.PollForThirdPartyJobsInput{
		ActionTypeId: actionType(types.ActionCategoryTest, types.ActionOwnerThirdParty, "ExamplePartner"),
		MaxBatchSize: aws.Int32(2),
	})
	if answer, err = done("partner-poll", answer, err); err != nil {
		return err
	}
	if len(answer.Jobs) != 2 {
		return fmt.Errorf("partner-poll: %d jobs", len(answer.Jobs))
	}
	first, second := answer.Jobs[0], answer.Jobs[1]
	_, err = w.client.GetThirdPartyJobDetails(ctx, &codepipeline.GetThirdPartyJobDetailsInput{
		JobId: first.JobId, ClientToken: aws.String("not-the-token"),
	})
	if err = refused[*types.InvalidClientTokenException]("partner-wrong-token", err); err != nil {
		return err
	}
	token, err := w.partnerTake(ctx, "partner-first", first)
	if err != nil {
		return err
	}
	success, err := w.client.PutThirdPartyJobSuccessResult(ctx, &codepipeline.PutThirdPartyJobSuccessResultInput{
		JobId:            first.JobId,
		ClientToken:      token,
		ExecutionDetails: &types.ExecutionDetails{Summary: aws.String("Scanned"), PercentComplete: aws.Int32(100)},
	})
	if _, err = done("partner-first-success", success, err); err != nil {
		return err
	}
	if token, err = w.partnerTake(ctx, "partner-second", second); err != nil {
		return err
	}
	failure, err := w.client.PutThirdPartyJobFailureResult(ctx, &codepipeline.PutThirdPartyJobFailureResultInput{
		JobId:       second.JobId,
		ClientToken: token,
		FailureDetails: &types.FailureDetails{
			Type:    types.FailureTypeConfigurationError,
			Message: aws.String("kein Prüfplan"),
		},
	})
	_, err = done("partner-second-failure", failure, err)
	return err
}

// partnerTake reads a job's details and acknowledges it; gives the token that goes with the job.
func (w worker) partnerTake(ctx context.Context, step string, job types.ThirdPartyJob) (*string, error) {
	token := aws.String(clientTokens[aws.ToString(job.ClientId)])
	answer, err := w.client.GetThirdPartyJobDetails(ctx, &codepipeline.GetThirdPartyJobDetailsInput{
		JobId: job.JobId, ClientToken: token,
	})
	if answer, err = done(step+"-details", answer, err); err != nil {
		return nil, err
	}
	status, err := w.client.AcknowledgeThirdPartyJob(ctx, &codepipeline.AcknowledgeThirdPartyJobInput{
		JobId: job.JobId, ClientToken: token, Nonce: answer.JobDetails.Nonce,
	})
	_, err = done(step+"-acknowledge", status, err)
	return token, err
}

// miss makes a call that is on no tape: how pipetape's answer reaches the user.
func (w worker) miss(ctx context.Context) error {
	_, err := w.client.AcknowledgeJob(ctx, &codepipeline.AcknowledgeJobInput{
		JobId: aws.String("5f8c1d2e-0001-4b7a-9c3d-0a1b2c3d4e5f"), Nonce: aws.String("never-recorded"),
	})
	return refused[smithy.APIError]("miss", err)
}
